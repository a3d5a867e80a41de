using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Runs a sweep and hands its table over; for people: for each site the cells with the largest mean effect.</summary>
internal static class SweepView
{
    private const int Top = 10;

    // The tables hold these for everybody; people see them in other words or not at all.
    private static readonly string[] NotShown = ["site", "layer", "head", "neuron", "metric", "with", "frozen", "window", "renormalize"];

    /// <summary>Runs a sweep with its progress shown. When it is stopped, the rows of the finished cells are kept.</summary>
    /// <param name="session">The call.</param>
    /// <param name="output">Where the table goes.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="sweep">Runs the sweep.</param>
    /// <param name="result">What is wanted of it.</param>
    /// <returns>The sweep's own table.</returns>
    public static ResultTable Run(
        Session session, TableOptions output, string what, Func<SweepCall, ResultTable> sweep, SweepResult result)
    {
        if (result.Plan)
        {
            LanePlanSummary? plan = null;
            ResultTable empty = sweep(new SweepCall(null, summary => plan = summary));
            output.Emit(session, SweepPlanView.Table(plan!), () => SweepPlanView.Print(session, plan!));
            return empty;
        }

        try
        {
            ResultTable table = ProgressView.Show(session, what, progress => sweep(new SweepCall(progress, null)));
            Emit(table);
            if (result.Journal is { } journal)
            {
                if (journal.TakenOver > 0)
                {
                    session.Note($"{what}: {journal.TakenOver} runs were taken over from the stopped call");
                }

                journal.Remove();
            }

            return table;
        }
        catch (SweepStoppedException stopped)
        {
            if (stopped.Finished.Rows.Count > 0)
            {
                Emit(stopped.Finished);
            }

            session.Note(stopped.Message);
            throw;
        }

        void Emit(ResultTable table) => output.Emit(
            session, result.Summary ? result.Summarize(table) : table, () => Print(session, table, result.Summarize(table)));
    }

    /// <summary>Prints the largest cells of each site, with the statistics over prompts where there are several.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">One row per cell and prompt.</param>
    /// <param name="summary">One row per cell.</param>
    public static void Print(Session session, ResultTable table, ResultTable summary)
    {
        string[] names = [.. summary.Columns.Select(c => c.Name)];
        int mean = Array.IndexOf(names, "mean"), site = Array.IndexOf(names, "site");
        bool several = summary.Values("n").Any(n => (int)n! > 1);
        string metric = table.Rows.Count > 0 ? (string)table.Values("metric").First()! : "";
        foreach (var group in summary.Rows.GroupBy(r => site < 0 ? table.Name : (string)r[site]!))
        {
            int[] index = [.. Enumerable.Range(0, Array.IndexOf(names, "n")).Where(i =>
                !NotShown.Contains(names[i]) && (names[i] == "hook" ? group.Select(r => r[i]).Distinct().Count() > 1 : group.Any(r => r[i] is not null)))];
            bool labels = names.Contains("layer") && group.Any(r => SweepLabels.Of(names, r).Length > 0);
            session.Output.WriteLine(
                $"{group.Key}: {Math.Min(Top, group.Count())} of {group.Count()} cells, by size of the mean effect on {metric}");
            var people = new PeopleTable([
                .. labels ? ["cell"] : Array.Empty<string>(), .. index.Select(i => summary.Columns[i].Type == ColumnType.Text ? names[i] : "#" + names[i]),
                "#mean effect", .. several ? ["#95 % from", "#to", "#p", "#q"] : Array.Empty<string>(), "#n"]);
            foreach (IReadOnlyList<object?> row in group.OrderByDescending(r => Math.Abs(r[mean] as double? ?? 0)).Take(Top))
            {
                people.Add([
                    .. labels ? [SweepLabels.Of(names, row)] : Array.Empty<object?>(), .. index.Select(i => row[i]), row[mean],
                    .. several ? Enumerable.Range(mean + 1, 4).Select(i => row[i]) : [], row[mean - 1]]);
            }

            people.Print(session.Output);
        }

        session.Output.WriteLine(
            $"{table.Rows.Count} rows, one per cell and prompt; --out FILE.csv or --json gives all of them"
            + (several ? ", with --summary one per cell" : ""));
    }
}
