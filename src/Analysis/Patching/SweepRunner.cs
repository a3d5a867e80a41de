using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The reference engine (<c>--engine naive</c>): one full forward pass per cell, all prompts of the cell in one ragged
/// batch. Slow and plainly correct; faster engines have to give its bits.
/// </summary>
internal sealed class SweepRunner(TransformerModel model, Metric metric, int threads, IProgress<SweepProgress>? progress)
{
    /// <summary>Metric of plain runs, and the logits it was read from.</summary>
    public (double[] Metrics, float[][] Logits) Plain(
        IReadOnlyList<PromptPair> pairs, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<float[]>? reference = null)
    {
        RunResult run = Run(prompts, []);
        float[][] logits = [.. pairs.Select((_, i) => run.LogitsAt(i, metric.Position).ToArray())];
        return ([.. pairs.Select((pair, i) => metric.Evaluate(logits[i], pair, reference?[i] ?? logits[i]))], logits);
    }

    /// <summary>What prompts record at the points of a sweep.</summary>
    public ActivationCache[] Record(IReadOnlyList<IReadOnlyList<int>> prompts, IEnumerable<HookPoint> points)
    {
        RunResult run = model.Run(
            new TokenBatch(prompts),
            new RunOptions { Observe = [.. points.Distinct().Select(p => (HookQuery)p)], Logits = LogitRows.None, Threads = threads });
        return [.. prompts.Select((_, i) => run.Cache(i))];
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
            if (cancellation.IsCancellationRequested)
            {
                throw new SweepStoppedException(table, new SweepProgress(c, cells.Count), cancellation);
            }

            SweepCell cell = cells[c];
            int[] present = [.. Enumerable.Range(0, prompts.Count).Where(i => Has(cell, prompts[i].Count) && applies?.Invoke(cell, i) != false)];
            if (present.Length > 0)
            {
                RunResult run = Run(
                    [.. present.Select(i => prompts[i])],
                    [.. present.Select((prompt, sequence) => intervention(cell, prompt, sequence))]);
                for (int s = 0; s < present.Length; s++)
                {
                    int i = present[s];
                    result(cell, i, metric.Evaluate(run.LogitsAt(s, metric.Position), pairs[i], reference[i]));
                }
            }

            progress?.Report(new SweepProgress(c + 1, cells.Count));
        }
    }

    private static bool Has(SweepCell cell, int length) =>
        (cell.Position ?? 0) < length && (cell.Source ?? 0) < length;

    private RunResult Run(IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<Intervention> interventions) => model.Run(
        new TokenBatch(prompts),
        new RunOptions
        {
            Interventions = interventions,
            Logits = metric.Position == -1 ? LogitRows.Last : LogitRows.All,
            Threads = threads,
        });
}

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Cells done.</param>
/// <param name="Total">Cells in all.</param>
public readonly record struct SweepProgress(int Done, int Total);
