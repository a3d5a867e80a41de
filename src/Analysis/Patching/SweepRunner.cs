using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The reference engine: one full forward pass per cell, the prompts of the cell in ragged batches of bounded size, which
/// changes no bit. Slow and plainly correct; faster engines have to give its bits.
/// </summary>
internal sealed class SweepRunner(TransformerModel model, Metric metric, int threads, IProgress<SweepProgress>? progress)
{
    // Tokens in one batch: enough for the products to be large, few enough for memory to stay bounded.
    private const int MostRows = 2048;

    /// <summary>Metric of plain runs, and the logits it was read from.</summary>
    public (double[] Metrics, float[][] Logits) Plain(
        IReadOnlyList<PromptPair> pairs, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<float[]>? reference = null)
    {
        var logits = new float[pairs.Count][];
        foreach (int[] chunk in Chunks([.. Enumerable.Range(0, prompts.Count)], prompts))
        {
            RunResult run = Run(chunk, prompts, new RunOptions(), "the plain run");
            for (int s = 0; s < chunk.Length; s++)
            {
                logits[chunk[s]] = run.LogitsAt(s, metric.Position).ToArray();
            }
        }

        return ([.. pairs.Select((pair, i) => metric.Evaluate(logits[i], pair, reference?[i] ?? logits[i]))], logits);
    }

    /// <summary>What prompts record at the points of a sweep.</summary>
    public ActivationCache[] Record(IReadOnlyList<IReadOnlyList<int>> prompts, IEnumerable<HookPoint> points)
    {
        var caches = new ActivationCache[prompts.Count];
        var options = new RunOptions { Observe = [.. points.Distinct().Select(p => (HookQuery)p)] };
        foreach (int[] chunk in Chunks([.. Enumerable.Range(0, prompts.Count)], prompts))
        {
            RunResult run = Run(chunk, prompts, options, "the plain run");
            for (int s = 0; s < chunk.Length; s++)
            {
                caches[chunk[s]] = run.Cache(s);
            }
        }

        return caches;
    }

    /// <summary>Runs every cell and hands over the metric of each prompt that has the cell.</summary>
    /// <exception cref="SweepStoppedException">Cancelled; it carries what the table held by then.</exception>
    public void ForEachCell(
        IReadOnlyList<SweepCell> cells,
        IReadOnlyList<PromptPair> pairs,
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<float[]> reference,
        Func<SweepCell, int, int, Intervention> intervention,
        Action<SweepCell, int, double> result,
        ResultTable table,
        CancellationToken cancellation,
        Func<SweepCell, int, bool>? applies = null)
    {
        for (int c = 0; c < cells.Count; c++)
        {
            SweepCell cell = cells[c];
            int[] present = [.. Enumerable.Range(0, prompts.Count)
                .Where(i => Has(cell, prompts[i].Count) && applies?.Invoke(cell, i) != false)];
            var metrics = new List<double>(present.Length);
            foreach (int[] chunk in Chunks(present, prompts))
            {
                StopIfAsked(c);
                var options = new RunOptions { Interventions = [.. chunk.Select((prompt, s) => intervention(cell, prompt, s))] };
                RunResult run = Run(chunk, prompts, options, $"the run with {model.Hooks.Name(cell.Point)} replaced");
                metrics.AddRange(chunk.Select((i, s) => metric.Evaluate(run.LogitsAt(s, metric.Position), pairs[i], reference[i])));
            }

            // A cell counts once all of it is there.
            StopIfAsked(c);
            for (int s = 0; s < present.Length; s++)
            {
                result(cell, present[s], metrics[s]);
            }

            progress?.Report(new SweepProgress(c + 1, cells.Count));
        }

        void StopIfAsked(int done)
        {
            if (cancellation.IsCancellationRequested)
            {
                throw new SweepStoppedException(table, new SweepProgress(done, cells.Count), cancellation);
            }
        }
    }

    private static bool Has(SweepCell cell, int length) =>
        (cell.Position ?? 0) < length && (cell.Source ?? 0) < length;

    /// <summary>Prompts in order, as many at a time as have the bounded number of tokens; at least one.</summary>
    private static IEnumerable<int[]> Chunks(int[] present, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        int first = 0, rows = 0;
        for (int i = 0; i < present.Length; i++)
        {
            int length = prompts[present[i]].Count;
            if (i > first && rows + length > MostRows)
            {
                yield return present[first..i];
                (first, rows) = (i, 0);
            }

            rows += length;
        }

        if (first < present.Length)
        {
            yield return present[first..];
        }
    }

    private RunResult Run(int[] chunk, IReadOnlyList<IReadOnlyList<int>> prompts, RunOptions options, string what)
    {
        RunResult run = model.Run(
            new TokenBatch(chunk.Select(i => prompts[i])),
            options with
            {
                Logits = options.Observe.Count > 0 ? LogitRows.None : LogitRows.At(metric.Position),
                Threads = threads,
                AllowNonFinite = true,
            });
        return run.NonFinite is not { } found
            ? run
            : throw new InvalidInputException($"prompt {chunk[found.Sequence]}, {what}: {found.Describe(model.Hooks)}");
    }
}

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Cells done.</param>
/// <param name="Total">Cells in all.</param>
public readonly record struct SweepProgress(int Done, int Total);
