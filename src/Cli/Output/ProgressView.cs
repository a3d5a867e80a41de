using System.Globalization;
using Interp.Analysis;
using Spectre.Console;

namespace Interp.Cli;

/// <summary>
/// Shows how far long work is: a bar with rate and remaining time on a terminal, a line now and then in a log, nothing when
/// the user wants quiet.
/// </summary>
internal static class ProgressView
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    /// <summary>Does the work.</summary>
    /// <param name="session">The call.</param>
    /// <param name="what">What is counted, such as <c>patching</c>.</param>
    /// <param name="work">The work; reports to the argument where there is one.</param>
    public static T Show<T>(Session session, string what, Func<IProgress<SweepProgress>?, T> work)
    {
        if (session.Quiet)
        {
            return work(null);
        }

        if (!session.ErrorIsTerminal)
        {
            return work(new Lines(session.Error, what, new ProgressClock()));
        }

        return new Progress(Session.Rich(session.Error))
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context.AddTask(what), what, new ProgressClock())));
    }

    private static string Rate(SweepProgress value, ProgressClock clock) => string.Create(
        CultureInfo.InvariantCulture, $"{value.Done}/{value.Total} runs, {clock.Rate(value):0.0}/s");

    private sealed class Bar(ProgressTask task, string what, ProgressClock clock) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value)
        {
            task.MaxValue = value.Total;
            task.Value = value.Done;
            task.Description = $"{what} {Rate(value, clock)}";
        }
    }

    private sealed class Lines(TextWriter writer, string what, ProgressClock clock) : IProgress<SweepProgress>
    {
        private TimeSpan _next = BetweenLines;

        public void Report(SweepProgress value)
        {
            if (clock.Elapsed < _next || value.Done == value.Total)
            {
                return;
            }

            _next = clock.Elapsed + BetweenLines;
            string left = clock.Remaining(value) is { } time ? $", about {ProgressClock.Text(time)} left" : "";
            writer.WriteLine($"{what}: {Rate(value, clock)}{left}");
        }
    }
}
