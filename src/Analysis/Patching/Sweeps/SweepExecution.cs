using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Runs what sweeps need through the engine: plain runs, recordings, and a patched run for every cell and prompt.</summary>
/// <param name="model">The model.</param>
/// <param name="metric">What is measured.</param>
/// <param name="options">How.</param>
/// <param name="numbers">The numbers that messages give the prompts of all its runs.</param>
/// <param name="memory">The memory of the sweep; null = one of its own.</param>
internal sealed class SweepExecution(
    TransformerModel model, Metric metric, ExecutionOptions options, IReadOnlyList<int> numbers, SweepMemory? memory = null)
{
    // Its place among cells and prompts, its measurement, and whether there is one.
    private const long BytesOfItem = 24;

    private readonly SweepMemory _memory = memory ?? new SweepMemory(model, options);

    /// <summary>The plain runs of pairs.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="clean">The clean runs.</param>
    /// <param name="corrupted">The corrupted runs; null = none.</param>
    /// <param name="corruption">Interventions that corrupt the corrupted runs; empty = none.</param>
    public BaseRuns Plain(
        IReadOnlyList<PromptPair> pairs,
        TokenBatch clean,
        TokenBatch? corrupted,
        IReadOnlyList<IReadOnlyList<Intervention>>? corruption = null)
    {
        // Logits of whole vocabularies are kept only where later runs are compared with them.
        float[][] reference = metric.Kind == MetricKind.Kl ? new float[clean.Count][] : [];
        _memory.Hold(reference.Length * (long)model.Config.DVocab * sizeof(float));
        var rounding = new double[clean.Count];
        double[] first = Measure(clean, [], isReference: true);
        double[] second = corrupted is null ? [] : Measure(corrupted, corruption ?? [], isReference: false);
        return new BaseRuns(first, second, reference, rounding);

        double[] Measure(
            TokenBatch prompts, IReadOnlyList<IReadOnlyList<Intervention>> interventions, bool isReference)
        {
            var values = new double[prompts.Count];
            Variant[] variants =
                [.. Enumerable.Range(0, prompts.Count).Select(i => new Variant(i, interventions.Count > 0 ? interventions[i] : []))];
            options.Engine.Run(
                model, prompts, variants, Means() with { Logits = metric.Rows(pairs) },
                (in VariantResult result) =>
                {
                    int i = result.Index;
                    if (isReference && reference.Length > 0)
                    {
                        reference[i] = result.Logits.ToArray();
                    }

                    values[i] = metric.Evaluate(result.Logits, pairs[i], reference.Length > 0 ? reference[i] : []);
                    rounding[i] = Math.Max(rounding[i], metric.Rounding(result.Logits, values[i]));
                });
            return values;
        }
    }

    /// <summary>What prompts record at some points, with interventions or without.</summary>
    public ActivationCache[] Record(
        TokenBatch prompts, IReadOnlyList<HookPoint> points,
        Func<int, IReadOnlyList<Intervention>>? intervene = null)
    {
        if (points.Count == 0)
        {
            return [];
        }

        var caches = new ActivationCache[prompts.Count];
        Variant[] variants =
            [.. Enumerable.Range(0, prompts.Count).Select(i => new Variant(i, intervene?.Invoke(i) ?? []) { Observe = points })];
        options.Engine.Run(
            model, prompts, variants, Means() with { Logits = LogitRows.None },
            (in VariantResult result) => caches[result.Index] = result.Recorded!);
        return caches;
    }

    /// <summary>
    /// What prompts record at points that are copied from them, and what else spares the engine computing anew what the runs share with
    /// those that they are copied into, unless that takes much of its memory.
    /// </summary>
    public ActivationCache[] RecordSource(TokenBatch prompts, IReadOnlyList<HookPoint> points)
    {
        HookPoint[] more = [.. options.Engine.SourcePoints(model, points).Except(points)];
        bool few = _memory.Recorded(prompts, more) <= _memory.Left / 4;
        return Record(prompts, few ? [.. points, .. more] : points);
    }

    /// <summary>What prompts record at some points, one prompt after the other; as many are recorded together as the memory allows.</summary>
    public IEnumerable<ActivationCache> RecordInTurn(TokenBatch prompts, IReadOnlyList<HookPoint> points)
    {
        for (int first = 0, next; first < prompts.Count; first = next)
        {
            long bytes = Bytes(first);
            for (next = first + 1; next < prompts.Count; next++)
            {
                bytes += Bytes(next);
                if (bytes > _memory.ForValues)
                {
                    break;
                }
            }

            int[] some = [.. Enumerable.Range(first, next - first)];
            foreach (ActivationCache cache in Record(prompts, [.. some.Select(prompt => (prompt, points))]))
            {
                yield return cache;
            }
        }

        long Bytes(int prompt) => points.Sum(point => _memory.Recorded(prompts.Lengths[prompt], point));
    }

    /// <summary>What some of the prompts record, each at points of its own.</summary>
    public ActivationCache[] Record(
        TokenBatch prompts, IReadOnlyList<(int Prompt, IReadOnlyList<HookPoint> Points)> wanted)
    {
        var caches = new ActivationCache[wanted.Count];
        Variant[] variants = [.. wanted.Select((w, i) => new Variant(i, []) { Observe = w.Points })];
        VariantOptions means = Means() with { Logits = LogitRows.None, Numbers = [.. wanted.Select(w => numbers[w.Prompt])] };
        options.Engine.Run(
            model, Some(prompts, [.. wanted.Select(w => w.Prompt)]), variants, means,
            (in VariantResult result) => caches[result.Index] = result.Recorded!);
        return caches;
    }

    private static TokenBatch Some(TokenBatch prompts, int[] which) => new(
        which.Select(i => prompts.Tokens(i).ToArray()),
        which.Any(i => prompts.TokenTypes(i).Length > 0) ? which.Select(i => prompts.TokenTypes(i).ToArray()) : null);

    /// <summary>What many changed runs record, in one call of the engine.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="variants">The runs, with the points that each of them records.</param>
    /// <param name="cancellation">Stops between runs.</param>
    public ActivationCache[] Record(
        TokenBatch prompts, IReadOnlyList<Variant> variants, CancellationToken cancellation)
    {
        var caches = new ActivationCache[variants.Count];
        options.Engine.Run(
            model, prompts, variants, Means() with { Logits = LogitRows.None, Cancellation = cancellation },
            (in VariantResult result) => caches[result.Index] = result.Recorded!);
        return caches;
    }

    /// <summary>
    /// Runs every cell that a prompt has, and adds the rows of cells in order, as soon as a cell and all before it are finished.
    /// </summary>
    /// <param name="plan">The cells.</param>
    /// <param name="runs">The plain runs.</param>
    /// <param name="rows">Where rows go.</param>
    /// <param name="add">Adds the row of a cell and a prompt, given the metric of the patched run.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="SweepStoppedException">Cancelled; the rows are those of the finished cells.</exception>
    public void Fill(
        SweepPlan plan, BaseRuns runs, TableBatches rows, Action<int, int, double> add, CancellationToken cancellation)
    {
        SweepItems items = plan.Items();
        _memory.Require(
            plan.Prompts, Enumerable.Range(0, plan.Cells).Select(plan.Points), plan.Stages is not null, metric.MostRows(plan.Pairs));
        _memory.Hold(items.Count * BytesOfItem);
        if (options.Explain is not null)
        {
            options.Explain(Stages(plan, items, new AllRuns(items.Count))
                .Select(stage => options.Engine.Explain(model, plan.Prompts, Variants(plan, items, stage), Means(plan)))
                .Aggregate((a, b) => a.Then(b)).With(_memory.Held));
            return;
        }

        var progress = new SweepProgressRows(plan, items, add);
        options.Journal?.Begin(SweepIdentity.Of(model, plan, metric, runs), progress.Values);
        try
        {
            IReadOnlyList<int> left = progress.Begin();
            Measure(plan, runs, items, left, (item, value) =>
            {
                options.Journal?.Add(item, value);
                progress.Add(item, value);
            }, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            int finished = progress.AddFinished();
            throw new SweepStoppedException(
                rows.Finish(), new SweepProgress(finished, plan.Cells), items.Count / plan.RunsPerRow, cancellation);
        }
        finally
        {
            options.Journal?.End();
        }

        rows.Finish();
    }

    private void Measure(
        SweepPlan plan, BaseRuns runs, SweepItems items, IReadOnlyList<int> left, Action<int, double> measured,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (left.Count == 0)
        {
            return;
        }

        VariantOptions means = Means(plan) with { Cancellation = cancellation };
        bool all = means.Tokens.IsAll;
        int taken = items.Count - left.Count, done = taken;
        foreach (IReadOnlyList<int> stage in Stages(plan, items, left))
        {
            means = means with { Progress = options.Progress is null ? null : new Reporter(options.Progress, done, items.Count, taken) };
            options.Engine.Run(model, plan.Prompts, Variants(plan, items, stage), means, (in VariantResult result) =>
            {
                int item = stage[result.Index], prompt = items[item].Prompt;
                PromptPair pair = plan.Pairs[prompt];
                measured(item, all
                    ? metric.Evaluate(result.Logits, pair, runs.ReferenceOf(prompt))
                    : metric.EvaluateChosen(result.Logits, pair));
            });
            done += stage.Count;
        }
    }

    /// <summary>The runs, as many at a time as the values that they need allow; those are at hand when a part is handed out.</summary>
    private static IEnumerable<IReadOnlyList<int>> Stages(
        SweepPlan plan, SweepItems items, IReadOnlyList<int> left)
    {
        if (plan.Stages is not { } stages)
        {
            yield return left;
            yield break;
        }

        foreach (int[] stage in stages.Of(items, left))
        {
            stages.Prepare([.. stage.Select(i => items[i])]);
            yield return stage;
        }
    }

    private static VariantList Variants(SweepPlan plan, SweepItems items, IReadOnlyList<int> left) => new(left.Count, i =>
    {
        (int cell, int prompt) = items[left[i]];
        return new Variant(prompt, plan.Intervene(cell, prompt));
    });

    private VariantOptions Means(SweepPlan plan)
    {
        IReadOnlyList<int>?[] tokens = [.. plan.Pairs.Select(metric.TokensOf)];
        return Means() with
        {
            Base = plan.Base,
            Sources = plan.Sources,
            Logits = metric.Rows(plan.Pairs),
            Tokens = tokens.Any(t => t is null) ? LogitTokens.All : LogitTokens.Of([.. tokens.Select(t => t!)]),
        };
    }

    private VariantOptions Means() => new() { Threads = options.Threads, MemoryBudget = _memory.Left, Numbers = numbers };

    private sealed class Reporter(IProgress<SweepProgress> progress, int before, int total, int taken) : IProgress<VariantProgress>
    {
        public void Report(VariantProgress value) => progress.Report(new SweepProgress(before + value.Done, total) { TakenOver = taken });
    }
}
