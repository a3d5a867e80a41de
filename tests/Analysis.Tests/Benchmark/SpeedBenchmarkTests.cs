namespace Interp.Analysis.Tests.Benchmark;

public sealed class SpeedBenchmarkTests
{
    // The machine has half its speed from the third round on, in the middle of a round for the last one.
    private static readonly double[] Reference = [10, 10, 20, 20, 10];
    private static readonly double[] Times = [11, 11, 22, 22, 22];

    [Fact]
    public void A_ratio_is_that_of_runs_of_the_same_round()
    {
        // Medians are 22 and 10. The quotients are 1.1, 1.1, 1.1, 1.1 and 2.2; exact but for one rounding of a division.
        Assert.Equal(1.1, SpeedBenchmark.Ratio(Times, Reference), 1e-15);
    }

    [Fact]
    public void Of_an_even_number_of_rounds_it_is_the_mean_of_the_middle_two() =>
        Assert.Equal(1.5, SpeedBenchmark.Ratio([1, 2, 1, 8], [1, 1, 1, 2]));

    [Fact]
    public void Rounds_that_one_kind_lacks_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => SpeedBenchmark.Ratio([1, 2], [1]));
        Assert.Contains("found 2 and 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SpeedBenchmark.Ratio([], []));
    }
}
