using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>A cell of a sweep in one prompt: which hook points it covers there, and which part of each.</summary>
public readonly struct PromptCell
{
    private readonly HookMap _map;
    private readonly bool _corrupted;

    internal PromptCell(HookMap map, SweepCell cell, PromptPair pair, int prompt, bool corrupted)
    {
        _map = map;
        _corrupted = corrupted;
        Cell = cell;
        Pair = pair;
        Prompt = prompt;
    }

    /// <summary>The cell.</summary>
    public SweepCell Cell { get; }

    /// <summary>The prompt.</summary>
    public PromptPair Pair { get; }

    /// <summary>0-based index of the prompt among those of the sweep.</summary>
    public int Prompt { get; }

    /// <summary>Length of the prompt whose run is changed.</summary>
    public int Length => (_corrupted ? Pair.Corrupted : Pair.Clean).Count;

    /// <summary>
    /// The points that are replaced. An edge that attention cannot use in a layer, such as one longer than its window, is nothing to replace
    /// there; a prompt that lacks a place has none.
    /// </summary>
    public IEnumerable<HookPoint> Points
    {
        get
        {
            int[]? positions = Cell.Place.In(Pair, _corrupted), sources = Cell.Sources.In(Pair, _corrupted);
            if (positions is [] || sources is [])
            {
                return [];
            }

            SweepCell cell = Cell;
            HookMap map = _map;
            int length = Length;
            IEnumerable<HookPoint> points =
                cell.Heads.Count == 0 ? cell.Points : cell.Points.Where(point => cell.Heads.Any(h => h.Layer == point.Layer));
            return sources is null
                ? points
                : points.Where(point => (positions ?? [.. Enumerable.Range(0, length)])
                    .Any(p => sources.Any(s => map.Outline.Reach(point.Layer).Sees(p, s))));
        }
    }

    /// <summary>Whether the prompt has all places of the cell.</summary>
    public bool Exists => Points.Any();

    /// <summary>The part of an activation that the cell names.</summary>
    /// <param name="point">The activation, one of <see cref="Points"/>.</param>
    public Scope Scope(HookPoint point) => new()
    {
        Heads = Cell.Head is { } head ? head
            : Cell.Heads.Count == 0 ? IndexSet.All : IndexSet.Of([.. Cell.Heads.Where(h => h.Layer == point.Layer).Select(h => h.Head).Distinct()]),
        Positions = Set(Cell.Place.In(Pair, _corrupted)),
        Sources = Set(Cell.Sources.In(Pair, _corrupted)),
        Neurons = Cell.Neuron is { } neuron ? neuron : IndexSet.All,
    };

    /// <summary>The destination position that a row of the table names; null when there are more.</summary>
    internal int? Position => Single(Cell.Place);

    /// <summary>The source position that a row of the table names; null when there are more.</summary>
    internal int? Source => Single(Cell.Sources);

    private static IndexSet Set(int[]? positions) => positions is null ? IndexSet.All : IndexSet.Of(positions);

    private int? Single(CellPlace place) => place.In(Pair, _corrupted) is [int only] ? only : null;
}
