using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Which run is patched into which.</summary>
public enum PatchDirection
{
    /// <summary>Clean activations into the corrupted run: does the site restore the behaviour?</summary>
    Denoise,

    /// <summary>Corrupted activations into the clean run: does the site break the behaviour?</summary>
    Noise,
}

/// <summary>
/// Activation patching (Vig et al. 2020; Meng et al. 2022; Heimersheim and Nanda 2024): one activation of one run is
/// replaced by that of another, and the metric is read.
/// </summary>
public static class PatchingSweep
{
    /// <summary>The columns of the <c>patching</c> table.</summary>
    internal static readonly Column[] Columns =
    [
        new("prompt", ColumnType.Int32), new("id", ColumnType.Text), new("group", ColumnType.Text),
        new("site", ColumnType.Text), new("hook", ColumnType.Text), new("layer", ColumnType.Int32),
        new("head", ColumnType.Int32), new("pos", ColumnType.Int32), new("src_pos", ColumnType.Int32),
        new("neuron", ColumnType.Int32), new("span", ColumnType.Text), new("metric", ColumnType.Text), new("clean", ColumnType.Float64), new("corrupted", ColumnType.Float64),
        new("patched", ColumnType.Float64), new("effect", ColumnType.Float64),
    ];

    /// <summary>
    /// Patches every cell. Effect = (patched - base) / (source - base), base being the run that is patched and source the run
    /// patched in: 0 = nothing changed, 1 = as if the whole run were replaced; null when both runs measure the same up to
    /// rounding (<see cref="Metric.Rounding"/>).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">Clean and corrupted prompts.</param>
    /// <param name="options">Sites, axes and metric.</param>
    /// <param name="direction">Which run is patched into which.</param>
    /// <param name="cancellation">Stops between cells.</param>
    /// <returns>The <c>patching</c> table: one row per cell and prompt.</returns>
    /// <exception cref="InvalidInputException">A pair, site or metric does not fit.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        PatchDirection direction = PatchDirection.Denoise,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        SweepInput.Require(model, pairs, options, corrupted: true);
        bool denoise = direction == PatchDirection.Denoise;
        IReadOnlyList<int>[] clean = [.. pairs.Select(p => p.Clean)], corrupted = [.. pairs.Select(p => p.Corrupted)];
        IReadOnlyList<int>[] patchedPrompts = denoise ? corrupted : clean;
        var sited = new SweepCells(model.Hooks, options, pairs, denoise);
        PositionMap?[] maps = [.. pairs.Select(p => MapOf(p, denoise))];
        RefuseMappedAttention(model.Hooks, sited.Points, maps);
        var runner = new SweepExecution(model, options);
        BaseRuns runs = runner.Plain(pairs, clean, corrupted);
        ActivationCache[] source = runner.Record(denoise ? clean : corrupted, sited.Points);
        ActivationCache[] own = sited.NeuronPoints.Count > 0 ? runner.Record(patchedPrompts, sited.NeuronPoints) : [];
        IReadOnlyList<SweepCell> cells = sited.All(point => NeuronPromise.Choose(model, options.Neurons, point, Change(point)));
        Dictionary<(int, HookPoint), TensorValue> values = [];
        var table = new ResultTable("patching", Columns);
        var plan = new SweepPlan("patching " + direction, pairs, patchedPrompts, cells, Intervene) { Has = Has };
        runner.Fill(plan, runs, table, Add, cancellation);
        return table;

        // A position that corresponds to none of the other prompt has nothing to be patched with, and no row.
        bool Has(SweepCell cell, int prompt) =>
            cell.IsIn(pairs[prompt], denoise, model.Hooks)
            && (maps[prompt] is not { } map || (cell.Place.In(pairs[prompt], denoise)?.All(p => map.TryGet(p, out _)) ?? true));

        IReadOnlyList<Intervention> Intervene(SweepCell cell, int prompt)
        {
            Scope scope = cell.Scope(pairs[prompt], denoise);
            return [.. cell.Points.Select(point => new Patch(point, Value(point, prompt), scope, maps[prompt]))];
        }

        TensorValue Value(HookPoint point, int prompt)
        {
            if (!values.TryGetValue((prompt, point), out TensorValue? value))
            {
                values[(prompt, point)] = value = source[prompt].Value(point);
            }

            return value;
        }

        IEnumerable<(float[] From, float[] To)> Change(HookPoint point) =>
            pairs.Select((_, i) => (own[i].Values(point), source[i].Values(point)));

        void Add(SweepCell cell, int prompt, double patched) => table.Add(
            [.. Index(model, cell, pairs, prompt, denoise), options.Metric.Name,
            runs.Clean[prompt], runs.Corrupted[prompt], patched, runs.Effect(prompt, patched, denoise)]);
    }

    /// <summary>The index columns of a row.</summary>
    internal static IEnumerable<object?> Index(
        TransformerModel model, SweepCell cell, IReadOnlyList<PromptPair> pairs, int prompt, bool corrupted)
    {
        PromptPair pair = pairs[prompt];
        return
        [
            prompt, pair.Id, pair.Group, cell.Site, string.Join('+', cell.Points.Count > 1 && cell.Site.Contains('+', StringComparison.Ordinal)
                ? cell.Points.Where(p => p.Layer == cell.Point.Layer).Select(model.Hooks.Name) : [model.Hooks.Name(cell.Point)]),
            cell.Layer, cell.Head, Single(cell.Place, pair, corrupted), Single(cell.Sources, pair, corrupted), cell.Neuron,
            cell.Place.Name,
        ];
    }

    /// <summary>The one position of a place in a prompt; null when there are more.</summary>
    internal static int? Single(CellPlace place, PromptPair pair, bool corrupted) =>
        place.In(pair, corrupted) is [int only] ? only : null;

    /// <summary>The map of a pair; null where positions correspond one to one anyway.</summary>
    internal static PositionMap? MapOf(PromptPair pair, bool denoise)
    {
        if (pair.CleanPositionOfCorrupted is not { } cleanOf
            || (pair.Clean.Count == pair.Corrupted.Count && cleanOf.SequenceEqual(Enumerable.Range(0, cleanOf.Count))))
        {
            return null;
        }

        var pairs = cleanOf.Select((clean, corrupted) => (clean, corrupted)).Where(p => p.clean >= 0);
        return new PositionMap(pairs.Select(p => denoise ? (p.corrupted, p.clean) : (p.clean, p.corrupted)));
    }

    private static void RefuseMappedAttention(HookMap map, IReadOnlyList<HookPoint> points, PositionMap?[] maps)
    {
        int mapped = Array.FindIndex(maps, m => m is not null);
        HookPoint? attention = points.Where(p => p.Kind is HookKind.Pattern or HookKind.AttnScores).Cast<HookPoint?>().FirstOrDefault();
        if (mapped >= 0 && attention is { } point)
        {
            throw new InvalidInputException(
                $"prompt {mapped}: {map.Name(point)} cannot be patched through a positions map, because rows of attention "
                + "would not sum to one; expected prompts whose positions correspond one to one, or other sites");
        }
    }
}
