namespace Interp.Hooks;

/// <summary>
/// Something done to an activation on its way: a value that can be compared, printed, saved and hashed. See
/// <see cref="Patch"/>, <see cref="Ablate"/>, <see cref="KnockOut"/>, <see cref="Steer"/>, <see cref="Freeze"/> and, for
/// anything else, <see cref="Custom"/>.
/// </summary>
/// <param name="Point">Where it is done.</param>
/// <param name="Scope">On which part of the activation.</param>
public abstract record Intervention(HookPoint Point, Scope Scope)
{
    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}({Point}; {Scope})";

    /// <summary>Checks against a model and a batch before the run; throws <see cref="InvalidInputException"/>.</summary>
    internal virtual void Validate(HookMap map, ScopeCheck check)
    {
    }

    /// <summary>Changes the scoped part of an activation.</summary>
    internal virtual void Apply(in Activation activation, ResolvedScope scope)
    {
        int first = activation.FirstPosition, end = first + activation.Positions;
        float[]? kept = scope.Columns is null ? null : new float[activation.Width];
        for (int position = first; position < end; position++)
        {
            if (scope.Positions is not null && Array.BinarySearch(scope.Positions, position) < 0)
            {
                continue;
            }

            for (int head = 0; head < activation.Heads; head++)
            {
                if (scope.Heads is not null && Array.BinarySearch(scope.Heads, head) < 0)
                {
                    continue;
                }

                Span<float> row = activation.Row(head, position);
                if (kept is null)
                {
                    EditRow(row, head, position);
                    continue;
                }

                row.CopyTo(kept);
                EditRow(kept, head, position);
                foreach (int column in scope.Columns!)
                {
                    if (column < row.Length)
                    {
                        row[column] = kept[column];
                    }
                }
            }
        }
    }

    /// <summary>Changes the values of one head at one position.</summary>
    private protected virtual void EditRow(Span<float> row, int head, int position)
    {
    }

    /// <summary>The shape that an activation of this point has.</summary>
    private protected InvalidInputException WrongShape(string what, string expected, TensorValue found) =>
        new($"{this}: {what}: expected shape {expected}, found {TensorValue.Format(found.Shape)}");
}

/// <summary>What a check before the run knows of the batch.</summary>
/// <param name="Lengths">Prompt length of each sequence.</param>
/// <param name="NewTokens">How many positions generation may add.</param>
/// <param name="Sequences">The scoped sequences.</param>
internal sealed record ScopeCheck(IReadOnlyList<int> Lengths, int NewTokens, int[] Sequences);
