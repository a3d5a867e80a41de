namespace Interp.Hooks;

/// <summary>One checked intervention, applied row by row. Writes no memory but the activation.</summary>
internal abstract class InterventionStep(ResolvedScope scope)
{
    /// <summary>Whether a sequence is in scope.</summary>
    protected bool Covers(int sequence) => sequence < scope.Sequences.Length && scope.Sequences[sequence];

    /// <summary>The positions of a sequence from the first to the last in scope, exclusive.</summary>
    public (int First, int End) Touched(int sequence, int length) => !Covers(sequence)
        ? (0, 0)
        : scope.Positions[sequence] is not int[] positions
            ? (0, length)
            : positions.Length == 0 ? (0, 0) : (positions[0], Math.Min(length, positions[^1] + 1));

    /// <summary>Changes the rows in scope that the view holds.</summary>
    public virtual void Apply(in Activation activation)
    {
        if (!Covers(activation.Sequence))
        {
            return;
        }

        int end = activation.FirstPosition + activation.Positions;
        if (scope.Positions[activation.Sequence] is int[] positions)
        {
            foreach (int position in positions)
            {
                if (position >= activation.FirstPosition && position < end)
                {
                    ApplyAt(in activation, position);
                }
            }
        }
        else
        {
            for (int position = activation.FirstPosition; position < end; position++)
            {
                ApplyAt(in activation, position);
            }
        }
    }

    /// <summary>Changes one row between two columns, or only the given columns between them.</summary>
    protected abstract void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns);

    private void ApplyAt(in Activation activation, int position)
    {
        bool overSources = activation.Point.Kind is HookKind.AttnScores or HookKind.Pattern;
        int[]? columns = overSources ? scope.Sources[activation.Sequence] : scope.Neurons;
        foreach (int head in scope.Heads)
        {
            Span<float> row = activation.Row(position, head);
            int first = overSources ? scope.Reach.First(position) : 0;
            int end = overSources ? scope.Reach.End(position, row.Length) : row.Length;
            if (first < end)
            {
                Edit(row, head, position, first, end, columns);
            }
        }
    }
}

/// <summary>Writes one number.</summary>
internal sealed class FillStep(ResolvedScope scope, float value) : InterventionStep(scope)
{
    /// <inheritdoc/>
    protected override void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns)
    {
        if (columns is null)
        {
            row[first..end].Fill(value);
            return;
        }

        foreach (int column in columns)
        {
            if (column >= first && column < end)
            {
                row[column] = value;
            }
        }
    }
}

/// <summary>Hands the whole activation to the user's code.</summary>
internal sealed class CustomStep(ResolvedScope scope, ActivationEdit edit) : InterventionStep(scope)
{
    /// <inheritdoc/>
    public override void Apply(in Activation activation)
    {
        if (Covers(activation.Sequence))
        {
            edit(in activation);
        }
    }

    /// <inheritdoc/>
    protected override void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns) =>
        throw new InvalidOperationException("A custom edit works on whole activations.");
}
