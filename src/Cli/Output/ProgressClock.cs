using System.Diagnostics;
using System.Globalization;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>How fast work goes, from the runs that this call made: those that were taken over from a stopped call took no time.</summary>
/// <param name="elapsed">Time since the work began; null = measured from now.</param>
internal sealed class ProgressClock(Func<TimeSpan>? elapsed = null)
{
    private readonly Func<TimeSpan> _elapsed = elapsed ?? Since(Stopwatch.StartNew());

    /// <summary>Time since the work began.</summary>
    public TimeSpan Elapsed => _elapsed();

    /// <summary>Runs per second.</summary>
    public double Rate(SweepProgress value) => (value.Done - value.TakenOver) / Math.Max(Elapsed.TotalSeconds, 1e-9);

    /// <summary>Time that is left at this rate; null until this call has made a run.</summary>
    public TimeSpan? Remaining(SweepProgress value) =>
        value.Done > value.TakenOver ? TimeSpan.FromSeconds((value.Total - value.Done) / Rate(value)) : null;

    /// <summary>A time in hours, minutes and seconds, however many hours.</summary>
    public static string Text(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private static Func<TimeSpan> Since(Stopwatch clock) => () => clock.Elapsed;
}
