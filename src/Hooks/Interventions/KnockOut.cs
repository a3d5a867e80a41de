namespace Interp.Hooks;

/// <summary>
/// Attention knockout (Geva et al. 2023): destination positions are kept from attending to source positions. With
/// renormalising the scores are set to -infinity, so what is left of the attention sums to one (a row with nothing left
/// becomes zero); without, the entries of the pattern are set to zero and the rest stays.
/// </summary>
public sealed record KnockOut : Intervention
{
    /// <summary>Cuts attention in one layer.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="destinations">Positions that attend.</param>
    /// <param name="sources">Positions attended to.</param>
    /// <param name="heads">Heads; all by default.</param>
    /// <param name="renormalize">Whether the remaining attention is brought back to one.</param>
    /// <param name="sequences">Sequences of the batch; all by default.</param>
    public KnockOut(
        int layer, IndexSet destinations, IndexSet sources, IndexSet heads = default, bool renormalize = true,
        IndexSet sequences = default)
        : base(
            renormalize ? Hook.AttnScores(layer) : Hook.Pattern(layer),
            new Scope { Positions = destinations, Sources = sources, Heads = heads, Sequences = sequences })
    {
        Renormalize = renormalize;
    }

    /// <summary>Whether the remaining attention is brought back to one.</summary>
    public bool Renormalize { get; }

    /// <inheritdoc/>
    public override string ToString() => $"KnockOut(layer {Point.Layer}; {Scope}; renormalize {(Renormalize ? "true" : "false")})";

    internal override void Validate(HookMap map, ScopeCheck check)
    {
        ModelOutline outline = map.Outline;
        foreach (int sequence in check.Sequences)
        {
            int end = check.Lengths[sequence] + check.NewTokens;
            int[] destinations = Scope.Positions.Resolve(check.Lengths[sequence]) ?? [.. Enumerable.Range(0, end)];
            int[] sources = Scope.Sources.Resolve(check.Lengths[sequence]) ?? [.. Enumerable.Range(0, end)];
            if (!destinations.Any(d => sources.Any(s => Attends(outline, d, s))))
            {
                throw new InvalidInputException(
                    $"{this}: nothing to cut: in this model position {destinations[0]} never attends to {sources[0]} "
                    + (outline.Causal ? "(attention is causal" : "(attention is bidirectional")
                    + (outline.Window(Point.Layer) is { } window ? $", window {window})" : ")"));
            }
        }
    }

    private protected override void EditRow(Span<float> row, int head, int position) =>
        row.Fill(Renormalize ? float.NegativeInfinity : 0);

    private bool Attends(ModelOutline outline, int destination, int source) =>
        (!outline.Causal || source <= destination)
        && (outline.Window(Point.Layer) is not { } window || source > destination - window);
}
