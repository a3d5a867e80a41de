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

    /// <summary>Whether a prompt has all places of the cell.</summary>
    /// <param name="pair">The prompt.</param>
    /// <param name="corrupted">Whether its corrupted prompt is meant.</param>
    /// <param name="map">The model's hook points.</param>
    public bool IsIn(PromptPair pair, bool corrupted, HookMap map) => PointsIn(pair, corrupted, map).Any();

    /// <summary>
    /// The points that are replaced in one prompt. An edge that attention cannot use in a layer, such as one longer than its window, is
    /// nothing to replace there; a prompt that lacks a place has none.
    /// </summary>
    /// <param name="pair">The prompt.</param>
    /// <param name="corrupted">Whether its corrupted prompt is meant.</param>
    /// <param name="map">The model's hook points.</param>
    public IEnumerable<HookPoint> PointsIn(PromptPair pair, bool corrupted, HookMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        int[]? positions = Place.In(pair, corrupted), sources = Sources.In(pair, corrupted);
        if (positions is [] || sources is [])
        {
            return [];
        }

        IEnumerable<HookPoint> points = Heads.Count == 0 ? Points : Points.Where(point => Heads.Any(h => h.Layer == point.Layer));
        return sources is null
            ? points
            : points.Where(point => (positions ?? [.. Enumerable.Range(0, Length(pair, corrupted))])
                .Any(p => sources.Any(s => map.Outline.Reach(point.Layer).Sees(p, s))));
    }

    /// <summary>The part of an activation that the cell names in one prompt.</summary>
    /// <param name="point">The activation, one of <see cref="PointsIn"/>.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="corrupted">Whether its corrupted prompt is meant.</param>
    public Scope Scope(HookPoint point, PromptPair pair, bool corrupted) => new()
    {
        Heads = Head is { } head ? head
            : Heads.Count == 0 ? IndexSet.All : IndexSet.Of([.. Heads.Where(h => h.Layer == point.Layer).Select(h => h.Head).Distinct()]),
        Positions = Set(Place.In(pair, corrupted)),
        Sources = Set(Sources.In(pair, corrupted)),
        Neurons = Neuron is { } neuron ? neuron : IndexSet.All,
    };

    /// <summary>The cell in messages and journals.</summary>
    public override string ToString() =>
        $"{Site} {string.Join('+', Points)} head {Head} pos {Place} src {Sources} neuron {Neuron}"
        + (Heads.Count > 0 ? $" heads {string.Join('+', Heads)}" : "");

    private static int Length(PromptPair pair, bool corrupted) => (corrupted ? pair.Corrupted : pair.Clean).Count;

    private static IndexSet Set(int[]? positions) => positions is null ? IndexSet.All : IndexSet.Of(positions);
}
