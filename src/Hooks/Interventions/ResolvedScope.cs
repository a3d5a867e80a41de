namespace Interp.Hooks;

/// <summary>A scope without negative indices, per sequence where lengths differ.</summary>
internal sealed class ResolvedScope
{
    /// <summary>Whether each sequence of the batch is in scope.</summary>
    public required bool[] Sequences { get; init; }

    /// <summary>Ascending positions of each sequence; null = all.</summary>
    public required int[]?[] Positions { get; init; }

    /// <summary>Ascending source positions of each sequence; null = all.</summary>
    public required int[]?[] Sources { get; init; }

    /// <summary>Ascending heads; the single 0 for a point without heads.</summary>
    public required int[] Heads { get; init; }

    /// <summary>Ascending neurons; null = all.</summary>
    public required int[]? Neurons { get; init; }

    /// <summary>Which sources a destination sees.</summary>
    public required AttentionReach Reach { get; init; }
}

/// <summary>Which source positions a destination can attend to in one layer.</summary>
/// <param name="Causal">Whether later positions are hidden.</param>
/// <param name="Window">Positions seen including the own one; null = unlimited.</param>
internal readonly record struct AttentionReach(bool Causal, int? Window)
{
    /// <summary>First source position that is seen.</summary>
    public int First(int destination) => Window is int window ? Math.Max(0, destination - window + 1) : 0;

    /// <summary>End of the source positions that are seen.</summary>
    public int End(int destination, int sources) => Causal
        ? Math.Min(sources, destination + 1)
        : Window is int window ? Math.Min(sources, destination + window) : sources;

    /// <summary>Whether a destination can attend to a source.</summary>
    public bool Sees(int destination, int source) =>
        source >= First(destination) && source < End(destination, int.MaxValue);
}
