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

/// <summary>What a sweep covers and measures.</summary>
public sealed record SweepOptions
{
    /// <summary>Sites: <c>resid_pre</c>, <c>attn_out</c>, <c>z</c>, <c>pattern</c>, ... or names and globs of hook points.</summary>
    public required IReadOnlyList<string> Sites { get; init; }

    /// <summary>What is told apart: layer, head, pos, src_pos. Empty = as usual for each site.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>What is measured.</summary>
    public Metric Metric { get; init; } = new(MetricKind.LogitDiff);

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Told after each cell.</summary>
    public IProgress<SweepProgress>? Progress { get; init; }
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
        new("metric", ColumnType.Text), new("clean", ColumnType.Float64), new("corrupted", ColumnType.Float64),
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
        SweepCell[] cells =
            [.. options.Sites.SelectMany(s => SweepCells.Of(model.Hooks, s, options.By, patchedPrompts.Max(p => p.Count)))];
        PositionMap?[] maps = [.. pairs.Select(p => MapOf(p, denoise))];
        RefuseMappedAttention(model.Hooks, cells, maps);
        var runner = new SweepRunner(model, options.Metric, options.Threads, options.Progress);
        (double[] cleanMetric, float[][] reference) = runner.Plain(pairs, clean);
        (double[] corruptedMetric, float[][] corruptedLogits) = runner.Plain(pairs, corrupted, reference);
        double[] rounding = [.. pairs.Select((_, i) => Math.Max(
            options.Metric.Rounding(reference[i], cleanMetric[i]),
            options.Metric.Rounding(corruptedLogits[i], corruptedMetric[i])))];
        ActivationCache[] source = runner.Record(denoise ? clean : corrupted, cells.Select(c => c.Point));
        Dictionary<(int, HookPoint), TensorValue> values = [];
        var table = new ResultTable("patching", Columns);
        runner.ForEachCell(cells, pairs, patchedPrompts, reference, Intervene, Add, table, cancellation, HasSource);
        return table;

        // A position that corresponds to none of the other prompt has nothing to be patched with, and no row.
        bool HasSource(SweepCell cell, int prompt) =>
            cell.Position is not { } position || maps[prompt] is not { } map || map.TryGet(position, out _);

        Intervention Intervene(SweepCell cell, int prompt, int sequence)
        {
            if (!values.TryGetValue((prompt, cell.Point), out TensorValue? value))
            {
                values[(prompt, cell.Point)] = value = source[prompt].Value(cell.Point);
            }

            return new Patch(cell.Point, value, cell.Scope(sequence), maps[prompt]);
        }

        void Add(SweepCell cell, int prompt, double patched)
        {
            double from = denoise ? corruptedMetric[prompt] : cleanMetric[prompt];
            double to = denoise ? cleanMetric[prompt] : corruptedMetric[prompt];
            double? effect = Math.Abs(to - from) <= rounding[prompt] ? null : (patched - from) / (to - from);
            table.Add(
                prompt, pairs[prompt].Id, pairs[prompt].Group, cell.Point.Site, model.Hooks.Name(cell.Point),
                Layer(cell), cell.Head, cell.Position, cell.Source, options.Metric.Name,
                cleanMetric[prompt], corruptedMetric[prompt], patched, effect);
        }
    }

    internal static int? Layer(SweepCell cell) => cell.Point.Layer < 0 ? null : cell.Point.Layer;

    /// <summary>The map of a pair; null where positions correspond one to one anyway.</summary>
    private static PositionMap? MapOf(PromptPair pair, bool denoise)
    {
        if (pair.CleanPositionOfCorrupted is not { } cleanOf
            || (pair.Clean.Count == pair.Corrupted.Count && cleanOf.SequenceEqual(Enumerable.Range(0, cleanOf.Count))))
        {
            return null;
        }

        var pairs = cleanOf.Select((clean, corrupted) => (clean, corrupted)).Where(p => p.clean >= 0);
        return new PositionMap(pairs.Select(p => denoise ? (p.corrupted, p.clean) : (p.clean, p.corrupted)));
    }

    private static void RefuseMappedAttention(HookMap map, SweepCell[] cells, PositionMap?[] maps)
    {
        int mapped = Array.FindIndex(maps, m => m is not null);
        int cell = Array.FindIndex(cells, c => c.Point.Kind is HookKind.Pattern or HookKind.AttnScores);
        if (mapped >= 0 && cell >= 0)
        {
            throw new InvalidInputException(
                $"prompt {mapped}: {map.Name(cells[cell].Point)} cannot be patched through a positions map, because rows of attention "
                + "would not sum to one; expected prompts whose positions correspond one to one, or other sites");
        }
    }
}
