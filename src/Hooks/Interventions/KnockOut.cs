namespace Interp.Hooks;

/// <summary>
/// Attention knockout: destinations can no longer read from sources (Geva et al. 2023, "Dissecting Recall of Factual
/// Associations in Auto-Regressive Language Models").
/// </summary>
public sealed record KnockOut : Intervention
{
    /// <summary>Blocks attention edges of one layer.</summary>
    /// <param name="layer">0-based layer; a negative one counts from the last when the model is known.</param>
    /// <param name="destinations">Positions that read.</param>
    /// <param name="sources">Positions that are read.</param>
    /// <param name="heads">Heads in which the edges are blocked.</param>
    /// <param name="renormalize">
    /// True: the scores become -inf before the softmax, so the remaining attention sums to one, as in the paper; a row with
    /// nothing left becomes zeros. False: pattern entries become zero after the softmax and the rest stays as it was.
    /// </param>
    /// <param name="sequences">Sequences of the batch.</param>
    public KnockOut(
        int layer, IndexSet destinations, IndexSet sources, IndexSet heads = default, bool renormalize = true,
        IndexSet sequences = default)
        : base(
            new HookPoint(renormalize ? HookKind.AttnScores : HookKind.Pattern, layer),
            new Scope { Sequences = sequences, Positions = destinations, Sources = sources, Heads = heads })
    {
    }

    /// <summary>The layer as given.</summary>
    public int Layer => Point.Layer;

    /// <summary>Positions that read.</summary>
    public IndexSet Destinations => Scope.Positions;

    /// <summary>Positions that are read.</summary>
    public IndexSet Sources => Scope.Sources;

    /// <summary>Heads in which the edges are blocked.</summary>
    public IndexSet Heads => Scope.Heads;

    /// <summary>Sequences of the batch.</summary>
    public IndexSet Sequences => Scope.Sequences;

    /// <summary>Whether the edges are blocked before the softmax.</summary>
    public bool Renormalize => Point.Kind == HookKind.AttnScores;

    private protected override string Verb => "knock out";
}
