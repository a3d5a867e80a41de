namespace Interp.Hooks;

/// <summary>Which part of an activation an intervention touches; everything unless said otherwise.</summary>
public sealed record Scope
{
    /// <summary>The whole activation in every sequence.</summary>
    public static Scope Everything { get; } = new();

    /// <summary>Sequences of the batch.</summary>
    public IndexSet Sequences { get; init; }

    /// <summary>Positions; destination positions in scores and patterns. Negative counts from the prompt's end.</summary>
    public IndexSet Positions { get; init; }

    /// <summary>Source positions; scores and patterns only.</summary>
    public IndexSet Sources { get; init; }

    /// <summary>Heads; key-value heads at k and v.</summary>
    public IndexSet Heads { get; init; }

    /// <summary>Neurons; FFN points only.</summary>
    public IndexSet Neurons { get; init; }

    /// <summary>At these positions.</summary>
    /// <param name="positions">Positions.</param>
    public static Scope At(IndexSet positions) => new() { Positions = positions };

    /// <summary>The same, on these heads only.</summary>
    /// <param name="heads">Heads.</param>
    public Scope OnHeads(IndexSet heads) => this with { Heads = heads };

    /// <summary>The same, on these neurons only.</summary>
    /// <param name="neurons">Neurons.</param>
    public Scope OnNeurons(IndexSet neurons) => this with { Neurons = neurons };

    /// <summary>The same, for these source positions only.</summary>
    /// <param name="sources">Source positions.</param>
    public Scope FromSources(IndexSet sources) => this with { Sources = sources };

    /// <summary>The same, in these sequences of the batch only.</summary>
    /// <param name="sequences">Sequences.</param>
    public Scope InSequences(IndexSet sequences) => this with { Sequences = sequences };

    /// <inheritdoc/>
    public override string ToString()
    {
        (string Name, IndexSet Set)[] parts =
        [
            ("sequences", Sequences), ("positions", Positions), ("sources", Sources), ("heads", Heads), ("neurons", Neurons),
        ];
        string[] limited = [.. parts.Where(p => !p.Set.IsAll).Select(p => $"{p.Name} {p.Set}")];
        return limited.Length == 0 ? "everything" : string.Join(", ", limited);
    }
}

/// <summary>A scope for one sequence, with indices in range and ascending; null = all.</summary>
internal sealed record ResolvedScope(int[]? Positions, int[]? Heads, int[]? Columns);
