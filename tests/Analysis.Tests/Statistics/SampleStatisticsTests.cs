namespace Interp.Analysis.Tests.Statistics;

/// <summary>Statistics against closed forms and plain enumeration; tolerance 1e-12 where both sides are float64 sums.</summary>
public sealed class SampleStatisticsTests
{
    private static readonly double[] Six = [0.3, 1.2, -0.4, 0.9, 2.5, 0.1];

    [Fact]
    public void All_sign_flips_of_a_small_sample_are_counted()
    {
        // Independent enumeration: recursion over signs, compared as exact decimals.
        decimal[] values = [.. Six.Select(v => (decimal)v)];
        decimal found = Math.Abs(values.Sum());
        int hits = Count(0, 0);
        Assert.Equal(hits / 64.0, SampleStatistics.SignFlip(Six), 1e-15);
        Assert.Equal(1, SampleStatistics.SignFlip([0.7]));
        Assert.Equal(0.5, SampleStatistics.SignFlip([0.7, 0.2]));
        Assert.Equal(1, SampleStatistics.SignFlip([0, 0, 0]));

        int Count(int at, decimal sum) => at == values.Length
            ? Math.Abs(sum) >= found ? 1 : 0
            : Count(at + 1, sum + values[at]) + Count(at + 1, sum - values[at]);
    }

    // Of n equal values only two of 2^n assignments reach the sum; beyond enumeration that share is 1 / (draws + 1) or near.
    [Fact]
    public void Sampled_sign_flips_come_close_to_the_exact_share()
    {
        double[] same = [.. Enumerable.Repeat(1.0, 40)];
        Assert.Equal(1.0 / 10_001, SampleStatistics.SignFlip(same));

        // Exact two-sided binomial: |sum| >= 4 of 16 signs, sum = 16 - 2k. Five standard errors of 10,000 draws.
        double[] mixed = [.. Enumerable.Range(0, 16).Select(i => i < 10 ? 1.0 : -1.0)];
        double exact = Enumerable.Range(0, 17).Where(k => Math.Abs(16 - (2 * k)) >= 4).Sum(k => Choose(16, k)) / 65536;
        Assert.Equal(exact, SampleStatistics.SignFlip(mixed), 5 * Math.Sqrt(exact * (1 - exact) / 10_000));
        Assert.Equal(SampleStatistics.SignFlip(mixed, seed: 3), SampleStatistics.SignFlip(mixed, seed: 3));

        static double Choose(int n, int k) => k == 0 ? 1 : Choose(n, k - 1) * (n - k + 1) / k;
    }

    // The bootstrap of a mean of n values has deviation s / sqrt(n) around the mean, s^2 over n: normal for n = 400.
    [Fact]
    public void The_bootstrap_interval_is_the_normal_one_for_many_values()
    {
        var random = new SeededRandom(5);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => 2 + random.NextNormal())];
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) / 400);
        (double low, double high) = SampleStatistics.Bootstrap(values, 0.95, 20_000, 1)!.Value;

        // A quantile of 20,000 draws is known to about 0.02 deviations at 2.5 %; five times that.
        Assert.Equal(mean - (1.95996 * deviation), low, 0.1 * deviation);
        Assert.Equal(mean + (1.95996 * deviation), high, 0.1 * deviation);
        Assert.Null(SampleStatistics.Bootstrap([1.0]));
        Assert.Equal((3.0, 3.0), SampleStatistics.Bootstrap([3, 3, 3]));
    }

    // Benjamini and Hochberg 1995, table of 15 p values: q at rank k is the least p(j) 15 / j over j >= k.
    [Fact]
    public void Q_values_are_the_least_rate_at_which_a_test_is_found()
    {
        double[] p =
            [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1];
        double?[] shuffled = [.. p.Reverse().Cast<double?>(), null];
        double?[] q = SampleStatistics.BenjaminiHochberg(shuffled);
        for (int k = 0; k < 15; k++)
        {
            double expected = Enumerable.Range(k, 15 - k).Min(j => p[j] * 15 / (j + 1));
            Assert.Equal(expected, q[14 - k]!.Value, 1e-12);
        }

        Assert.Null(q[15]);

        // The paper finds four at a rate of 0.05.
        Assert.Equal(4, q.Count(value => value <= 0.05));
    }

    [Fact]
    public void Effect_size_is_mean_over_deviation()
    {
        Assert.Equal(2 / Math.Sqrt(2), SampleStatistics.EffectSize([1, 3])!.Value, 1e-12);
        Assert.Null(SampleStatistics.EffectSize([1]));
        Assert.Null(SampleStatistics.EffectSize([2, 2]));

        // Their mean is not 0.1, because of rounding.
        Assert.Null(SampleStatistics.EffectSize([0.1, 0.1, 0.1]));
    }

    [Fact]
    public void A_summary_is_the_same_for_any_number_of_threads_and_leaves_undefined_effects_out()
    {
        var table = new ResultTable(
            "patching", new Column("prompt", ColumnType.Int32), new("layer", ColumnType.Int32), new("effect", ColumnType.Float64));
        for (int i = 0; i < Six.Length; i++)
        {
            table.Add(i, 0, Six[i]);
            table.Add(i, 1, i == 0 ? Six[i] : null);
            table.Add(i, 2, null);
        }

        ResultTable one = SweepSummary.Of(table, threads: 1), two = SweepSummary.Of(table, threads: 2);
        Assert.Equal("patching_summary", one.Name);
        Assert.Equal(["layer", "n", "mean", "ci_low", "ci_high", "p", "q", "d"], one.Columns.Select(c => c.Name));
        Assert.Equal(one.Rows, two.Rows);
        Assert.Equal([6, 1, 0], one.Values("n"));
        Assert.Equal(Six.Average(), (double)one.Rows[0][2]!, 1e-12);
        Assert.Equal([1, 1, 0.3, null, null, 1.0, 1.0, null], one.Rows[1]);
        Assert.Equal([2, 0, null, null, null, null, null, null], one.Rows[2]);
    }
}
