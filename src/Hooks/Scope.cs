namespace Interp.Hooks;

/// <summary>
/// Which part of an activation an intervention changes. Everything that is not narrowed is changed. Narrowing an axis
/// that the hook point does not have is an error, reported before the run.
/// </summary>
public sealed record Scope
{
    /// <summary>The whole activation of every sequence.</summary>
    public static Scope Everything { get; } = new();

    /// <summary>Sequences of the batch.</summary>
    public IndexSet Sequences { get; init; }

    /// <summary>
    /// Token positions; in attention scores and patterns the destination positions. Negative positions count from the
    /// end of each sequence's prompt.
    /// </summary>
    public IndexSet Positions { get; init; }

    /// <summary>Source positions; only attention scores and patterns have them.</summary>
    public IndexSet Sources { get; init; }

    /// <summary>Heads; on keys and values these are key-value heads, at the points of experts the slots.</summary>
    public IndexSet Heads { get; init; }

    /// <summary>Neurons of the FFN; only <c>pre</c>, <c>pre_linear</c> and <c>post</c> have them.</summary>
    public IndexSet Neurons { get; init; }

    /// <summary>Everything at these positions.</summary>
    /// <param name="positions">Positions; in scores and patterns destinations.</param>
    public static Scope At(IndexSet positions) => Everything with { Positions = positions };

    /// <summary>The same, only on these heads.</summary>
    /// <param name="heads">Heads.</param>
    public Scope OnHeads(IndexSet heads) => this with { Heads = heads };

    /// <summary>The same, only on these neurons.</summary>
    /// <param name="neurons">Neurons.</param>
    public Scope OnNeurons(IndexSet neurons) => this with { Neurons = neurons };

    /// <summary>The same, only for these source positions.</summary>
    /// <param name="sources">Source positions.</param>
    public Scope FromSources(IndexSet sources) => this with { Sources = sources };

    /// <summary>The same, only in these sequences of the batch.</summary>
    /// <param name="sequences">Sequences.</param>
    public Scope InSequences(IndexSet sequences) => this with { Sequences = sequences };

    /// <summary>What is narrowed, such as <c>positions -1, heads 3,5</c>; <c>everything</c> when nothing is.</summary>
    public override string ToString()
    {
        string text = string.Join(
            ", ", Parts().Where(part => !part.Set.IsAll).Select(part => $"{part.Name} {part.Set}"));
        return text.Length == 0 ? "everything" : text;
    }

    /// <summary>The parts by the names used in messages and files.</summary>
    internal (string Name, IndexSet Set)[] Parts() =>
    [
        ("sequences", Sequences), ("positions", Positions), ("sources", Sources), ("heads", Heads), ("neurons", Neurons),
    ];
}
