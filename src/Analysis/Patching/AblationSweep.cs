using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Ablation: one activation at a time is replaced by something that carries no information about the prompt, and the metric
/// is read. Zero, mean and resample ablation as compared in Zhang and Nanda 2024.
/// </summary>
public static class AblationSweep
{
    /// <summary>
    /// Ablates every cell of the clean runs. In the table, patched is the metric of the ablated run and effect = patched -
    /// clean, in units of the metric; corrupted is null.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; corrupted prompts are not used.</param>
    /// <param name="options">Sites, axes and metric.</param>
    /// <param name="ablation">What takes the place of the activation; null = zero.</param>
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>
    /// The <c>ablation</c> table: one row per cell and prompt. What could change nothing has no row: with
    /// <see cref="AblationKind.MeanByPosition"/> positions that no other prompt has, and in cells over all positions the
    /// prompts that have such; with <see cref="AblationKind.Resample"/> prompts for which no other is long enough and differs.
    /// </returns>
    /// <exception cref="InvalidInputException">
    /// A prompt, site, metric or kind does not fit, or the prompts given leave nothing that could change.
    /// </exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable<AblationRow> Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        AblationOptions? ablation = null,
        ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        ablation ??= new AblationOptions();
        execution ??= new ExecutionOptions();
        SweepInput.Require(model, pairs, options, corrupted: false);
        IReadOnlyList<PromptPair> reference = ablation.Reference.Count > 0 ? ablation.Reference : pairs;
        for (int i = 0; i < ablation.Reference.Count; i++)
        {
            reference[i].Validate(i, model.Config);
        }

        var others = new OtherPrompts(pairs, reference, model.Config.Causal, ablation.ByGroup);
        others.RequireFor(ablation.Kind);
        TokenBatch prompts = PromptPair.Batch(pairs);
        var sited = new SweepCells(model.Hooks, options, pairs, corrupted: false);
        var memory = new SweepMemory(model, execution);
        var runner = new SweepExecution(model, options.Metric, execution, PromptPair.Rows(pairs), memory);
        BaseRuns runs = runner.Plain(pairs, prompts, null);
        int?[] donors = ablation.Kind == AblationKind.Resample ? others.Donors(ablation.Seed) : [];
        var recorder = new SweepExecution(model, options.Metric, execution, PromptPair.Rows(reference), memory);
        bool resampled = ablation.Kind == AblationKind.Resample, zero = ablation.Kind == AblationKind.Zero;
        SweepSources? donated = resampled ? new SweepSources(recorder, memory, PromptPair.Batch(reference), sited.Points, shared: false) : null;
        var means = new AblationValues(
            model, recorder, memory, reference, ablation, zero || resampled ? [] : sited.Points, zero ? [] : sited.NeuronPoints);
        var cells = new CellPlan(
            model.Hooks, sited.All(point => NeuronPromise.Choose(model, options.Neurons, point, Change(point))), pairs, corrupted: false);
        ResultTable<AblationRow> table =
            TableSchemas.Ablation.Create().From(model, [.. pairs, .. ablation.Reference], resampled ? ablation.Seed : null);
        var rows = new TableBatches(table, execution.Sink);
        SweepPlan plan = cells.Of(
            $"ablation {ablation.Name} {ablation.Seed} {string.Join('|', reference.Select(p => $"{string.Join(' ', p.Clean.Concat(p.CleanTokenTypes ?? []))} {p.Group}"))}",
            prompts, Intervene, Changes) with
        {
            Stages = donated?.Stages(prompt => donors[prompt], cells.Points),
        };
        runner.Fill(plan, runs, rows, Add, cancellation);
        return table;

        bool Changes(PromptCell cell) => ablation.Kind switch
        {
            AblationKind.Resample => donors[cell.Prompt] is not null,
            AblationKind.MeanByPosition => others.Share(cell.Prompt, cell.Cell.Place.In(cell.Pair)?[^1]),
            _ => true,
        };

        IEnumerable<Intervention> Intervene(PromptCell cell) =>
            from point in cell.Points
            let scope = cell.Scope(point)
            select (Intervention)(ablation.Kind switch
            {
                AblationKind.Zero => Ablate.Zero(point, scope),
                AblationKind.Resample => Ablate.Resample(point, donated!.Value(point, donors[cell.Prompt]!.Value), scope),
                _ => Ablate.Mean(point, means.For(point, cell.Pair), scope),
            });

        // Zero is what a neuron would be; of the other kinds, where it may not reach every position, its mean stands for them.
        IEnumerable<(float[] From, float[] To)> Change(HookPoint point) => runner.RecordInTurn(prompts, [point]).Select(cache =>
        {
            float[] from = cache.Values(point);
            var to = new float[from.Length];
            if (ablation.Kind != AblationKind.Zero)
            {
                int width = model.Config.DMlp;
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = means.Overall(point)[i % width];
                }
            }

            return (from, to);
        });

        void Add(int index, int prompt, double ablated) => rows.Add(Sweep.Row(
            cells, index, prompt, options.Metric, ablation.Name, runs.Clean[prompt], null, ablated, ablated - runs.Clean[prompt]));
    }
}
