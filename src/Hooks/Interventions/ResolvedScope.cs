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
