using System.Globalization;

namespace Interp.Analysis;

/// <summary>Summary of a sweep's table over prompts: a mean, an interval and a test for every cell.</summary>
public static class SweepSummary
{
    /// <summary>Summarises the column <c>effect</c>; prompts whose effect is undefined do not count.</summary>
    /// <param name="table">A table with one row per cell and prompt.</param>
    /// <param name="seed">Seed of bootstrap and sign flips.</param>
    /// <param name="resamples">Draws of the bootstrap.</param>
    /// <param name="flips">Draws of the sign-flip test where not all are enumerated.</param>
    /// <param name="threads">Threads; 0 = one per core. No number depends on it.</param>
    /// <returns>
    /// Table <c>NAME_summary</c>: the index columns without those of prompts, then n, mean, ci_low, ci_high (95 %), p, q and d.
    /// What cannot be told is null: all but n when no effect is defined, interval and d for a single prompt.
    /// </returns>
    public static ResultTable<SummaryRow> Of(ResultTable table, int seed = 0, int resamples = 2000, int flips = 10_000, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(table);
        var cells = new SweepCellEffects();
        cells.Write(table);
        ResultTable<SummaryRow> summary = Of(cells, seed, resamples, flips, threads);
        summary.Metadata = new Dictionary<string, string>(
            table.Metadata.Where(entry => entry.Key is not (ResultMetadata.ResultSha256 or ResultMetadata.Table)))
        {
            [ResultMetadata.Seed] = seed.ToString(CultureInfo.InvariantCulture),
        };
        return summary;
    }

    /// <summary>Summarises a sweep whose rows came in parts.</summary>
    /// <param name="cells">What came.</param>
    /// <param name="seed">Seed of bootstrap and sign flips.</param>
    /// <param name="resamples">Draws of the bootstrap.</param>
    /// <param name="flips">Draws of the sign-flip test where not all are enumerated.</param>
    /// <param name="threads">Threads; 0 = one per core. No number depends on it.</param>
    /// <returns>As of a whole table.</returns>
    public static ResultTable<SummaryRow> Of(SweepCellEffects cells, int seed = 0, int resamples = 2000, int flips = 10_000, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(cells);
        var found = new (double? Mean, double? Low, double? High, double? P, double? D)[cells.Count];
        Parallel.For(
            0, cells.Count, new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads },
            c =>
            {
                double[] values = [.. cells.Effects(c)];
                if (values.Length > 0)
                {
                    (double Low, double High)? interval = SampleStatistics.Bootstrap(values, 0.95, resamples, seed);
                    found[c] = (
                        SampleStatistics.Mean(values), interval?.Low, interval?.High,
                        SampleStatistics.SignFlip(values, flips, seed), SampleStatistics.EffectSize(values));
                }
            });
        double?[] q = SampleStatistics.BenjaminiHochberg([.. found.Select(f => f.P)]);
        var summary = new ResultTable<SummaryRow>(cells.Table + "_summary", [.. cells.Index, .. SummaryColumns.Statistics]);
        for (int c = 0; c < cells.Count; c++)
        {
            summary.Add(
                [.. cells.Key(c), cells.Effects(c).Count, found[c].Mean, found[c].Low, found[c].High, found[c].P, q[c], found[c].D]);
        }

        return summary;
    }
}
