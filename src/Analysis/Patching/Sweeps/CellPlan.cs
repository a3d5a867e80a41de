using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>The cells of a sweep over sites, each in each of its prompts.</summary>
/// <param name="map">The model's hook points.</param>
/// <param name="cells">The cells.</param>
/// <param name="pairs">The prompts, one for each run that is changed.</param>
/// <param name="corrupted">Whether corrupted prompts are changed.</param>
internal sealed class CellPlan(HookMap map, IReadOnlyList<SweepCell> cells, IReadOnlyList<PromptPair> pairs, bool corrupted)
{
    private SweepCell? _named;
    private string _hook = "";

    /// <summary>A cell in a prompt.</summary>
    public PromptCell this[int cell, int prompt] => new(map, cells[cell], pairs[prompt], prompt, corrupted);

    /// <summary>The plan of a sweep.</summary>
    /// <param name="name">Name of the experiment, with everything that changes what it measures but is seen in no cell.</param>
    /// <param name="prompts">The runs that are changed.</param>
    /// <param name="intervene">What a cell changes in a prompt.</param>
    /// <param name="changes">Whether a cell that a prompt has can change anything there; null = all can.</param>
    public SweepPlan Of(
        string name, TokenBatch prompts, Func<PromptCell, IEnumerable<Intervention>> intervene, Func<PromptCell, bool>? changes = null) =>
        new(name, pairs, prompts, cells.Count, (cell, prompt) => [.. intervene(this[cell, prompt])])
        {
            Has = (cell, prompt) => this[cell, prompt] is var own && own.Exists && (changes is null || changes(own)),
            Describe = cell => cells[cell].ToString(),
            Points = cell => cells[cell].Points,
        };

    /// <summary>The points that a cell takes from a source run.</summary>
    public IEnumerable<HookPoint> Points(int cell, int prompt) => this[cell, prompt].Points;

    /// <summary>The name of a cell's hook point; of points that are replaced together, all of the layer, joined by <c>+</c>.</summary>
    public string Hook(SweepCell cell)
    {
        // The rows of a cell come one after the other.
        if (!ReferenceEquals(cell, _named))
        {
            _named = cell;
            _hook = cell.Points.Count > 1 && cell.Site.Contains('+', StringComparison.Ordinal)
                ? string.Join('+', cell.Points.Where(p => p.Layer == cell.Point.Layer).Select(map.Name))
                : map.Name(cell.Point);
        }

        return _hook;
    }
}
