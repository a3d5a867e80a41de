using Interp.Analysis;

namespace Interp.Cli.Tests.Output;

public sealed class ProgressClockTests
{
    // 900 of 1000 runs were made by a stopped call; this one made 10 in 10 seconds, so 90 are 90 seconds.
    [Fact]
    public void Runs_of_a_stopped_call_are_no_part_of_the_rate()
    {
        var clock = new ProgressClock(() => TimeSpan.FromSeconds(10));
        var value = new SweepProgress(910, 1000) { TakenOver = 900 };
        Assert.Equal(1, clock.Rate(value), 1e-12);
        Assert.Equal(TimeSpan.FromSeconds(90), clock.Remaining(value));
    }

    [Fact]
    public void Nothing_is_foretold_from_runs_of_a_stopped_call_alone() =>
        Assert.Null(new ProgressClock(() => TimeSpan.FromSeconds(10)).Remaining(new SweepProgress(900, 1000) { TakenOver = 900 }));

    [Fact]
    public void Times_beyond_a_day_are_in_hours() =>
        Assert.Equal("49:05:07", ProgressClock.Text(new TimeSpan(2, 1, 5, 7)));
}
