using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>The index columns that rows of patching and of ablation share.</summary>
/// <param name="map">The model's hook points.</param>
/// <param name="pairs">The prompts.</param>
/// <param name="corrupted">Whether positions are those of the corrupted prompts.</param>
internal sealed class SweepIndex(HookMap map, IReadOnlyList<PromptPair> pairs, bool corrupted)
{
    private SweepCell? _cell;
    private string _hook = "";

    /// <summary>The name of a cell's hook point; of points that are replaced together, all of the layer, joined by <c>+</c>.</summary>
    public string Hook(SweepCell cell)
    {
        // The rows of a cell come one after the other.
        if (!ReferenceEquals(cell, _cell))
        {
            _cell = cell;
            _hook = cell.Points.Count > 1 && cell.Site.Contains('+', StringComparison.Ordinal)
                ? string.Join('+', cell.Points.Where(p => p.Layer == cell.Point.Layer).Select(map.Name))
                : map.Name(cell.Point);
        }

        return _hook;
    }

    /// <summary>The cell's one position in a prompt; null when there are more.</summary>
    public int? Pos(SweepCell cell, int prompt) => Single(cell.Place, prompt);

    /// <summary>The cell's one source position in a prompt; null when there are more.</summary>
    public int? SrcPos(SweepCell cell, int prompt) => Single(cell.Sources, prompt);

    private int? Single(CellPlace place, int prompt) => place.In(pairs[prompt], corrupted) is [int only] ? only : null;
}
