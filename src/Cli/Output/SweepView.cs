using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Runs a sweep and hands its table over; for people: for each site the cells with the largest mean effect.</summary>
internal static class SweepView
{
    private const int Top = 10;

    // The tables hold these for everybody; people see them in other words or not at all.
    private static readonly string[] NotShown = ["site", "layer", "head", "neuron", "metric", "with", "frozen", "window", "renormalize"];

    /// <summary>
    /// Runs a sweep with its progress shown; rows go where they were asked for as cells are finished. When the sweep is stopped,
    /// the rows of the finished cells are kept.
    /// </summary>
    /// <param name="session">The call.</param>
    /// <param name="output">Where the table goes.</param>
    /// <param name="name">Name of the table, and of what is counted.</param>
    /// <param name="sweep">Runs the sweep.</param>
    /// <param name="result">What is wanted of it.</param>
    public static void Run(
        Session session, TableOptions output, string name, Func<SweepCall, ResultTable> sweep, SweepResult result)
    {
        if (result.Plan)
        {
            VariantPlan? plan = null;
            sweep(new SweepCall(null, summary => plan = summary, null));
            output.Emit(session, SweepPlanView.Table(plan!), () => SweepPlanView.Print(session, plan!));
            return;
        }

        if (result.Apart is { } apart)
        {
            RefuseMeans(session, name, apart, result.Summary || output.ForPeople(session) || output.IsFolder(session) || output.HasPage(session));
        }

        bool summarized = result.Summary || output.IsFolder(session) || (result.Aligned && output.HasPage(session));
        SweepCellEffects? cells = summarized || output.ForPeople(session) ? new SweepCellEffects() : null;
        using TableOutput rows = output.Open(session, name, main: !result.Summary);
        var sinks = new SweepSinks(rows, cells);
        try
        {
            ProgressView.Show(session, name, progress => sweep(new SweepCall(progress, null, sinks)));
            Finish();

            // The journal goes when what it was kept for is there.
            session.Commit();
            if (result.Journal is { } journal)
            {
                if (journal.TakenOver > 0)
                {
                    session.Note($"{name}: {journal.TakenOver} runs were taken over from the stopped call");
                }
                else if (result.Resumed)
                {
                    session.Note($"{name}: no run was taken over, because {journal.Path} had none; all were made");
                }

                journal.Remove();
            }

            if (sinks.Undefined.Count > 0)
            {
                session.Note($"effect is null where both plain runs measure the same ({PromptNames.Of(sinks.Undefined)}): there is nothing to restore or to break");
            }
        }
        catch (SweepStoppedException stopped)
        {
            session.Stopped = new StoppedWork(stopped.Reason, stopped.RowsExpected);
            if (sinks.Rows > 0)
            {
                Finish();
            }

            session.Note(stopped.Message);
            if (result.Journal is { } journal && File.Exists(journal.Path))
            {
                session.Note($"{journal.Path}: what was measured; the same call with --resume goes on from there");
            }

            throw;
        }

        void Finish()
        {
            rows.Finish();
            ResultTable? summary = cells is null ? null : result.Summarize(cells);
            if (summarized)
            {
                using TableOutput statistics = output.Open(session, summary!.Name, main: result.Summary);
                statistics.Write(summary);
                statistics.Finish(counted: false);
            }

            if (output.ForPeople(session))
            {
                Print(session, cells!, summary!);
            }
        }
    }

    /// <summary>A mean over positions that do not correspond is refused; rows of single prompts are as they are, and a remark says so.</summary>
    private static void RefuseMeans(Session session, string name, string apart, bool means)
    {
        if (means)
        {
            throw new InvalidInputException(
                $"{name}: positions are told apart, and {apart}, so that a mean over prompts would mix positions that do not correspond; expected "
                + "--align end, --align span or (as they are numbered) --align start, or --out FILE without --summary for rows of single prompts");
        }

        session.Remark($"{name}: positions are told apart, and {apart}: before means are taken over prompts, --align says which belong together");
    }

    /// <summary>Prints the largest cells of each site, with the statistics over prompts where there are several.</summary>
    /// <param name="session">The call.</param>
    /// <param name="cells">The effects of all cells.</param>
    /// <param name="summary">One row per cell.</param>
    public static void Print(Session session, SweepCellEffects cells, ResultTable summary)
    {
        string[] names = [.. summary.Columns.Select(c => c.Name)];
        int mean = Array.IndexOf(names, "mean"), site = Array.IndexOf(names, "site");
        bool several = summary.Values("n").Any(n => (int)n! > 1);
        string metric = summary.Count > 0 ? summary.Text("metric").Text(0)! : "";
        foreach (var group in summary.Rows.GroupBy(r => site < 0 ? cells.Table : (string)r[site]!))
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
            $"{cells.Rows} rows, one per cell and prompt; --out FILE.arrow, FILE.csv or --json gives all of them"
            + (several ? ", with --summary one per cell" : ""));
    }
}
