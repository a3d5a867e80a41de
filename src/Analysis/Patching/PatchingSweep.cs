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
        TokenBatch clean = PromptPair.Batch(pairs), corrupted = PromptPair.Batch(pairs, corrupted: true);
        TokenBatch patchedPrompts = denoise ? corrupted : clean;
        var sited = new SweepCells(model.Hooks, options, pairs, denoise);
        PositionMap?[] maps = [.. pairs.Select(p => MapOf(p, denoise))];
        RefuseMappedAttention(model.Hooks, sited.Points, maps, pairs);
        var memory = new SweepMemory(model, options.MemoryBudget, options.RefuseBeyondMemory);
        var runner = new SweepExecution(model, options, PromptPair.Rows(pairs), memory);
        BaseRuns runs = runner.Plain(pairs, clean, corrupted);
        var source = new SweepSources(runner, memory, denoise ? clean : corrupted, sited.Points, shared: true);
        IReadOnlyList<SweepCell> cells = sited.All(point => NeuronPromise.Choose(model, options.Neurons, point, Change(point)));
        var rows = new TableBatches(TableSchemas.Patching.Create().From(model, pairs), options.Sink);
        var index = new SweepIndex(model.Hooks, pairs, denoise);
        var plan = new SweepPlan("patching " + direction, pairs, patchedPrompts, cells, Intervene)
        {
            Has = Has,
            Sources = source.Caches,
            Stages = source.Stages(prompt => prompt, (cell, prompt) => cells[cell].PointsIn(pairs[prompt], denoise, model.Hooks)),
        };
        return runner.Fill(plan, runs, rows, Add, cancellation);

        // A position that corresponds to none of the other prompt has nothing to be patched with, and no row.
        bool Has(SweepCell cell, int prompt) =>
            cell.IsIn(pairs[prompt], denoise, model.Hooks)
            && (maps[prompt] is not { } map || (cell.Place.In(pairs[prompt], denoise)?.All(p => map.TryGet(p, out _)) ?? true));

        IReadOnlyList<Intervention> Intervene(SweepCell cell, int prompt) =>
        [
            .. cell.PointsIn(pairs[prompt], denoise, model.Hooks).Select(
                point => new Patch(point, source.Value(point, prompt), cell.Scope(point, pairs[prompt], denoise), maps[prompt])),
        ];

        IEnumerable<(float[] From, float[] To)> Change(HookPoint point) =>
            runner.RecordInTurn(patchedPrompts, [point]).Select(own => own.Values(point)).Zip(source.InTurn(point));

        void Add(SweepCell cell, int prompt, double patched) => rows.Add(new PatchingRow(
            pairs[prompt].Row ?? prompt, pairs[prompt].Id, pairs[prompt].Group, cell.Site, index.Hook(cell), cell.Layer, cell.Head, index.Pos(cell, prompt),
            index.SrcPos(cell, prompt), cell.Neuron, cell.Place.Name, cell.Sources.Name, options.Metric.Name, runs.Clean[prompt], runs.Corrupted[prompt],
            patched, runs.Effect(prompt, patched, denoise)));
    }

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

    private static void RefuseMappedAttention(HookMap map, IReadOnlyList<HookPoint> points, PositionMap?[] maps, IReadOnlyList<PromptPair> pairs)
    {
        int mapped = Array.FindIndex(maps, m => m is not null);
        HookPoint? attention = points.Where(p => p.Kind is HookKind.Pattern or HookKind.AttnScores).Cast<HookPoint?>().FirstOrDefault();
        if (mapped >= 0 && attention is { } point)
        {
            throw new InvalidInputException(
                $"prompt {pairs[mapped].Row ?? mapped}: {map.Name(point)} cannot be patched through a positions map, because rows of attention "
                + "would not sum to one; expected prompts whose positions correspond one to one, or other sites");
        }
    }
}
