using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>One cell of a sweep: what is replaced in one patched run.</summary>
/// <param name="Point">The hook point.</param>
/// <param name="Head">The head, or null for all.</param>
/// <param name="Position">The (destination) position, or null for all.</param>
/// <param name="Source">The source position of a pattern entry, or null for all.</param>
public readonly record struct SweepCell(HookPoint Point, int? Head, int? Position, int? Source)
{
    /// <summary>The part of the activation that the cell names, in one sequence of a batch.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    public Scope Scope(int sequence) => new()
    {
        Sequences = sequence,
        Heads = Of(Head),
        Positions = Of(Position),
        Sources = Of(Source),
    };

    private static IndexSet Of(int? index) => index is { } i ? i : IndexSet.All;
}

/// <summary>The cells of a sweep: sites times layers, and heads and positions where they are told apart.</summary>
public static class SweepCells
{
    private static readonly string[] Axes = ["layer", "head", "pos", "src_pos"];

    /// <summary>Enumerates the cells of one site.</summary>
    /// <param name="map">The model's hook points.</param>
    /// <param name="site">Site, such as <c>resid_pre</c> or <c>z</c>, or any name or glob of hook points.</param>
    /// <param name="by">
    /// What is told apart besides the site: <c>layer</c>, <c>head</c>, <c>pos</c>, <c>src_pos</c>; empty = layer and head
    /// where the site has heads, else layer and position.
    /// </param>
    /// <param name="positions">Length of the longest prompt.</param>
    /// <exception cref="InvalidInputException">The site or an axis does not exist.</exception>
    public static IReadOnlyList<SweepCell> Of(HookMap map, string site, IReadOnlyList<string> by, int positions)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(by);
        foreach (string axis in by)
        {
            if (!Axes.Contains(axis))
            {
                throw new InvalidInputException($"by '{axis}': expected some of {string.Join(", ", Axes)}");
            }
        }

        return [.. map.Match([site]).SelectMany(point => Of(map, point, by, positions))];
    }

    private static IEnumerable<SweepCell> Of(HookMap map, HookPoint point, IReadOnlyList<string> by, int positions)
    {
        int heads = map.Heads(point);
        bool pairs = point.Kind is HookKind.Pattern or HookKind.AttnScores;
        bool byHead = by.Count == 0 ? heads > 0 : by.Contains("head");
        bool byPosition = by.Count == 0 ? heads == 0 : by.Contains("pos");
        bool bySource = by.Contains("src_pos");
        if (byHead && heads == 0)
        {
            throw new InvalidInputException($"by head: {map.Name(point)} has no heads");
        }

        if (bySource && !(pairs && byPosition))
        {
            throw new InvalidInputException(
                $"by src_pos: expected with pos, at pattern or attn_scores; {map.Name(point)} was asked for");
        }

        return
            from head in byHead ? Enumerable.Range(0, heads).Select(h => (int?)h) : [null]
            from position in byPosition ? Enumerable.Range(0, positions).Select(p => (int?)p) : [null]
            from source in bySource ? Sources(map.Outline, point.Layer, position!.Value, positions) : [null]
            select new SweepCell(point, head, position, source);
    }

    // Entries that the mask keeps at zero in every run are not cells.
    private static IEnumerable<int?> Sources(ModelOutline outline, int layer, int position, int positions)
    {
        AttentionReach reach = outline.Reach(layer);
        int first = reach.First(position), end = reach.End(position, positions);
        return Enumerable.Range(first, end - first).Select(s => (int?)s);
    }
}
