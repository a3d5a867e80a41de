namespace Interp.Analysis;

/// <summary>Summary of a sweep's table over prompts: a mean, an interval and a test for every cell.</summary>
public static class SweepSummary
{
    private static readonly string[] OfPrompts = ["prompt", "id", "group"];
    private static readonly string[] Values = ["clean", "corrupted", "patched", "effect", "linear", "linear_effect"];

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
    public static ResultTable Of(ResultTable table, int seed = 0, int resamples = 2000, int flips = 10_000, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(table);
        int[] index =
            [.. Enumerable.Range(0, table.Columns.Count).Where(i => !OfPrompts.Contains(table.Columns[i].Name) && !Values.Contains(table.Columns[i].Name))];
        int effect = table.IndexOf("effect"), span = table.Columns.ToList().FindIndex(c => c.Name == "span");
        int pos = table.Columns.ToList().FindIndex(c => c.Name == "pos");
        var cells = new List<(object?[] Key, List<double> Effects)>();
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            // A span stands at another position in each prompt.
            object?[] key = [.. index.Select(i => i == pos && span >= 0 && row[span] is not null ? null : row[i])];
            string name = string.Join('\u001f', key);
            if (!known.TryGetValue(name, out int at))
            {
                known[name] = at = cells.Count;
                cells.Add((key, []));
            }

            if (row[effect] is double value)
            {
                cells[at].Effects.Add(value);
            }
        }

        var found = new (double? Mean, double? Low, double? High, double? P, double? D)[cells.Count];
        Parallel.For(
            0, cells.Count, new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads },
            c =>
            {
                double[] values = [.. cells[c].Effects];
                if (values.Length > 0)
                {
                    (double Low, double High)? interval = SampleStatistics.Bootstrap(values, 0.95, resamples, seed);
                    found[c] = (
                        SampleStatistics.Mean(values), interval?.Low, interval?.High,
                        SampleStatistics.SignFlip(values, flips, seed), SampleStatistics.EffectSize(values));
                }
            });
        double?[] q = SampleStatistics.BenjaminiHochberg([.. found.Select(f => f.P)]);
        var summary = new ResultTable(
            table.Name + "_summary",
            [
                .. index.Select(i => table.Columns[i]), new("n", ColumnType.Int32), new("mean", ColumnType.Float64),
                new("ci_low", ColumnType.Float64), new("ci_high", ColumnType.Float64), new("p", ColumnType.Float64),
                new("q", ColumnType.Float64), new("d", ColumnType.Float64),
            ]);
        for (int c = 0; c < cells.Count; c++)
        {
            summary.Add(
                [.. cells[c].Key, cells[c].Effects.Count, found[c].Mean, found[c].Low, found[c].High, found[c].P, q[c], found[c].D]);
        }

        return summary;
    }
}
