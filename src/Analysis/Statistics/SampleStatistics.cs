namespace Interp.Analysis;

/// <summary>Statistics of one number per prompt, in float64; the same for the same seed, whatever else is computed.</summary>
public static class SampleStatistics
{
    // Up to here all sign flips are enumerated: 2^14 = 16384 of them.
    private const int MostEnumerated = 14;

    /// <summary>The mean.</summary>
    /// <param name="values">At least one value.</param>
    public static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>
    /// Bootstrap percentile interval of the mean (Efron 1979): prompts are drawn with replacement, each with its own paired
    /// difference. Cells with the same number of prompts draw the same prompts.
    /// </summary>
    /// <param name="values">The values; null for fewer than two.</param>
    /// <param name="level">Coverage, such as 0.95.</param>
    /// <param name="resamples">Number of draws.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static (double Low, double High)? Bootstrap(
        ReadOnlySpan<double> values, double level = 0.95, int resamples = 2000, int seed = 0)
    {
        if (values.Length < 2)
        {
            return null;
        }

        var random = new SeededRandom(seed);
        var means = new double[resamples];
        for (int r = 0; r < resamples; r++)
        {
            double sum = 0;
            for (int i = 0; i < values.Length; i++)
            {
                sum += values[random.Next(values.Length)];
            }

            means[r] = sum / values.Length;
        }

        Array.Sort(means);
        return (Quantile(means, (1 - level) / 2), Quantile(means, (1 + level) / 2));
    }

    /// <summary>
    /// Two-sided p of a sign-flip permutation test of mean zero (Fisher 1935): the share of sign assignments whose |mean| is at
    /// least as large as the one found. All 2^n of them up to n = 14, else a random choice of them with the one found
    /// counted in, (1 + hits) / (1 + draws).
    /// </summary>
    /// <param name="values">The values, at least one.</param>
    /// <param name="draws">Number of random assignments for larger n.</param>
    /// <param name="seed">Seed of the choice.</param>
    public static double SignFlip(ReadOnlySpan<double> values, int draws = 10_000, int seed = 0)
    {
        double found = 0, size = 0;
        foreach (double value in values)
        {
            found += value;
            size += Math.Abs(value);
        }

        // Sums in another order may differ by rounding; those count as equal.
        double least = Math.Abs(found) - (1e-12 * size);
        int hits = 0;
        if (values.Length <= MostEnumerated)
        {
            int all = 1 << values.Length;
            for (int signs = 0; signs < all; signs++)
            {
                hits += Math.Abs(Flipped(values, (ulong)signs)) >= least ? 1 : 0;
            }

            return (double)hits / all;
        }

        var random = new SeededRandom(seed);
        for (int d = 0; d < draws; d++)
        {
            double sum = 0;
            for (int first = 0; first < values.Length; first += 64)
            {
                sum += Flipped(values[first..Math.Min(first + 64, values.Length)], random.Bits());
            }

            hits += Math.Abs(sum) >= least ? 1 : 0;
        }

        return (1.0 + hits) / (1.0 + draws);
    }

    /// <summary>
    /// q values of a family of tests (Benjamini and Hochberg 1995): the smallest false discovery rate at which each is still
    /// found. Null where p is null.
    /// </summary>
    /// <param name="p">The p values.</param>
    public static double?[] BenjaminiHochberg(IReadOnlyList<double?> p)
    {
        ArgumentNullException.ThrowIfNull(p);
        int[] order = [.. Enumerable.Range(0, p.Count).Where(i => p[i] is not null).OrderByDescending(i => p[i])];
        var q = new double?[p.Count];
        double least = 1;
        for (int i = 0; i < order.Length; i++)
        {
            int rank = order.Length - i;
            least = Math.Min(least, p[order[i]]!.Value * order.Length / rank);
            q[order[i]] = least;
        }

        return q;
    }

    /// <summary>Mean over standard deviation (Cohen's d of paired differences); null for fewer than two or equal values.</summary>
    /// <param name="values">The values.</param>
    public static double? EffectSize(ReadOnlySpan<double> values)
    {
        if (values.Length < 2 || !values.ContainsAnyExcept(values[0]))
        {
            return null;
        }

        double mean = Mean(values), squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return mean / Math.Sqrt(squares / (values.Length - 1));
    }

    // Linear interpolation between order statistics, as numpy's default.
    private static double Quantile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)Math.Floor(at), above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    private static double Flipped(ReadOnlySpan<double> values, ulong signs)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            sum += ((signs >> i) & 1) == 0 ? values[i] : -values[i];
        }

        return sum;
    }
}
