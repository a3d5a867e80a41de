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
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between cells.</param>
    /// <returns>The <c>patching</c> table: one row per cell and prompt.</returns>
    /// <exception cref="InvalidInputException">A pair, site or metric does not fit.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable<PatchingRow> Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        PatchDirection direction = PatchDirection.Denoise,
        ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        execution ??= new ExecutionOptions();
        SweepInput.Require(model, pairs, options, corrupted: true);
        bool denoise = direction == PatchDirection.Denoise;
        TokenBatch clean = PromptPair.Batch(pairs), corrupted = PromptPair.Batch(pairs, corrupted: true);
        TokenBatch patchedPrompts = denoise ? corrupted : clean;
        var sited = new SweepCells(model.Hooks, options, pairs, denoise);
        PositionMap?[] maps = [.. pairs.Select(p => MapOf(p, denoise))];
        RefuseMappedAttention(model.Hooks, sited.Points, maps, pairs);
        var memory = new SweepMemory(model, execution);
        var runner = new SweepExecution(model, options.Metric, execution, PromptPair.Rows(pairs), memory);
        BaseRuns runs = runner.Plain(pairs, clean, corrupted);
        var source = new SweepSources(runner, memory, denoise ? clean : corrupted, sited.Points, shared: true);
        var cells = new CellPlan(
            model.Hooks, sited.All(point => NeuronPromise.Choose(model, options.Neurons, point, Change(point))), pairs, denoise);
        ResultTable<PatchingRow> table = TableSchemas.Patching.Create().From(model, pairs);
        var rows = new TableBatches(table, execution.Sink);
        SweepPlan plan = cells.Of("patching " + direction, patchedPrompts, Intervene, Corresponds) with
        {
            Sources = source.Caches,
            Stages = source.Stages(prompt => prompt, cells.Points),
        };
        runner.Fill(plan, runs, rows, Add, cancellation);
        return table;

        // A position that corresponds to none of the other prompt has nothing to be patched with, and no row.
        bool Corresponds(PromptCell cell) => maps[cell.Prompt] is not { } map
            || (cell.Cell.Place.In(cell.Pair, denoise)?.All(p => map.TryGet(p, out _)) ?? true);

        IEnumerable<Intervention> Intervene(PromptCell cell) => cell.Points.Select(
            point => new Patch(point, source.Value(point, cell.Prompt), cell.Scope(point), maps[cell.Prompt]));

        IEnumerable<(float[] From, float[] To)> Change(HookPoint point) =>
            runner.RecordInTurn(patchedPrompts, [point]).Select(own => own.Values(point)).Zip(source.InTurn(point));

        void Add(int index, int prompt, double patched)
        {
            PromptCell own = cells[index, prompt];
            SweepCell cell = own.Cell;
            rows.Add(new PatchingRow(
                own.Pair.Row ?? prompt, own.Pair.Id, own.Pair.Group, cell.Site, cells.Hook(cell), cell.Layer, cell.Head, own.Position, own.Source,
                cell.Neuron, cell.Place.Name, cell.Sources.Name, options.Metric.Name, runs.Clean[prompt], runs.Corrupted[prompt], patched,
                runs.Effect(prompt, patched, denoise)));
        }
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
