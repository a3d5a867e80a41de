using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>One cell of a sweep: what is replaced in one patched run.</summary>
public sealed record SweepCell
{
    /// <summary>The site as it was asked for: <c>z</c>, or several joined by <c>+</c> that are replaced together.</summary>
    public required string Site { get; init; }

    /// <summary>The point that names the cell; of a window of layers the one in the middle.</summary>
    public required HookPoint Point { get; init; }

    /// <summary>All points that are replaced.</summary>
    public required IReadOnlyList<HookPoint> Points { get; init; }

    /// <summary>The head; null for all, or for <see cref="Heads"/> together.</summary>
    public int? Head { get; init; }

    /// <summary>Heads that are replaced together, each in its layer; empty = all.</summary>
    public IReadOnlyList<HeadRef> Heads { get; init; } = [];

    /// <summary>The (destination) positions.</summary>
    public CellPlace Place { get; init; } = CellPlace.All;

    /// <summary>The source positions of a pattern.</summary>
    public CellPlace Sources { get; init; } = CellPlace.All;

    /// <summary>The neuron, or null for all.</summary>
    public int? Neuron { get; init; }

    /// <summary>Layer of the cell; null outside the blocks.</summary>
    public int? Layer => Point.Layer < 0 ? null : Point.Layer;

    /// <summary>The cell in messages and journals.</summary>
    public override string ToString() =>
        $"{Site} {string.Join('+', Points)} head {Head} pos {Place} src {Sources} neuron {Neuron}"
        + (Heads.Count > 0 ? $" heads {string.Join('+', Heads)}" : "");
}
