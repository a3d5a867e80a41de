using System.Diagnostics;

namespace Interp.Bench;

internal static class Clock
{
    /// <summary>Wall time of an action.</summary>
    internal static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Wall time of one call, over as many calls as fill <paramref name="least"/> seconds.</summary>
    internal static double SecondsPerCall(Action action, double least)
    {
        int calls = 0;
        long start = Stopwatch.GetTimestamp();
        double elapsed;
        do
        {
            action();
            calls++;
            elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (elapsed < least);
        return elapsed / calls;
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
