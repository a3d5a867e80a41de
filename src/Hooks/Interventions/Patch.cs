namespace Interp.Hooks;

/// <summary>Activation patching: values of another run take the place of this run's (Vig et al. 2020; Meng et al. 2022).</summary>
/// <param name="Point">Where.</param>
/// <param name="Values">The point's activation in a whole run of one sequence, in the point's axes.</param>
/// <param name="Scope">On which part.</param>
public sealed record Patch(HookPoint Point, TensorValue Values, Scope Scope) : Intervention(Point, Scope)
{
    /// <summary>For runs of different length: where each position takes its values from; null = from its own index.</summary>
    public PositionMap? Map { get; init; }

    /// <inheritdoc/>
    public override string ToString() => base.ToString();

    internal override void Validate(HookMap map, ScopeCheck check) => SourceValues.Validate(this, map, Values, Map, check);

    private protected override void EditRow(Span<float> row, int head, int position) =>
        SourceValues.CopyRow(Point.Kind, Values, Map, row, head, position);
}

/// <summary>
/// Holds an attention pattern, attention scores or the scale of a norm at the values of a recorded run, while everything
/// else follows this run.
/// </summary>
/// <param name="Point">A pattern, scores, or the scale of a norm.</param>
/// <param name="Values">The point's activation in a whole run of one sequence.</param>
/// <param name="Scope">On which part.</param>
public sealed record Freeze(HookPoint Point, TensorValue Values, Scope Scope) : Intervention(Point, Scope)
{
    private static readonly HookKind[] Kinds =
    [
        HookKind.Pattern, HookKind.AttnScores, HookKind.EmbedNormScale, HookKind.Ln1Scale, HookKind.Ln2Scale, HookKind.FinalScale,
        HookKind.MlmScale,
    ];

    /// <inheritdoc/>
    public override string ToString() => base.ToString();

    internal override void Validate(HookMap map, ScopeCheck check)
    {
        if (!Kinds.Contains(Point.Kind))
        {
            throw new InvalidInputException(
                $"{this}: expected an attention pattern, attention scores or the scale of a norm; use Patch for other points");
        }

        SourceValues.Validate(this, map, Values, null, check);
    }

    private protected override void EditRow(Span<float> row, int head, int position) =>
        SourceValues.CopyRow(Point.Kind, Values, null, row, head, position);
}
