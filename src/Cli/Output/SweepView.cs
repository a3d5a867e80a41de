using System.Globalization;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Runs a sweep and hands its table over; for people: for each site the cells with the largest mean effect.</summary>
internal static class SweepView
{
    private const int Top = 10;

    /// <summary>Runs a sweep with its progress shown. When it is stopped, the rows of the finished cells are kept.</summary>
    /// <param name="session">The call.</param>
    /// <param name="output">Where the table goes.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="sweep">Runs the sweep.</param>
    /// <param name="shape">Makes the table that was asked for; null = the sweep's own.</param>
    /// <param name="journal">Where measurements are noted; removed when the sweep is whole.</param>
    /// <returns>The sweep's own table.</returns>
    public static ResultTable Run(
        Session session, TableOptions output, string what, Func<IProgress<SweepProgress>?, ResultTable> sweep,
        Func<ResultTable, ResultTable>? shape = null, SweepJournal? journal = null)
    {
        try
        {
            ResultTable table = ProgressView.Show(session, what, sweep);
            Emit(table);
            if (journal is not null)
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

        void Emit(ResultTable table)
        {
            ResultTable shaped = shape?.Invoke(table) ?? table;
            output.Emit(session, shaped, () => Print(session, table));
        }
    }

    /// <summary>Prints the cells.</summary>
    public static void Print(Session session, ResultTable table, int top = Top)
    {
        if (!table.Columns.Any(c => c.Name == "site"))
        {
            PrintEdges(session, table, top);
            return;
        }

        IReadOnlyList<SweepEffect> effects = SweepEffect.Of(table);
        string metric = table.Rows.Count > 0 ? (string)table.Values("metric").First()! : "";
        foreach (IGrouping<string, SweepEffect> site in effects.GroupBy(e => e.Site))
        {
            int cells = site.Count();
            session.Output.WriteLine(
                $"{site.Key}: {Math.Min(top, cells)} of {cells} cells, by size of the mean effect on {metric}");
            var people = new PeopleTable("cell", "hook", "#pos", "#src_pos", "#mean effect", "#n");
            foreach (SweepEffect cell in site.OrderByDescending(e => Math.Abs(e.Mean ?? 0)).Take(top))
            {
                people.Add(cell.Label, cell.Hook, (object?)cell.Span ?? cell.Position, cell.Source, cell.Mean, cell.Count);
            }

            people.Print(session.Output);
        }

        session.Output.WriteLine($"{table.Rows.Count} rows, one per cell and prompt; --out FILE.csv or --json gives all of them");
    }

    private static void PrintEdges(Session session, ResultTable table, int top)
    {
        ResultTable summary = SweepSummary.Of(table, resamples: 1, flips: 1);
        string[] names = [.. summary.Columns.Select(c => c.Name).TakeWhile(n => n != "metric")];
        int mean = summary.IndexOf("mean"), count = summary.IndexOf("n");
        var people = new PeopleTable([.. names, "#mean effect", "#n"]);
        foreach (IReadOnlyList<object?> row in summary.Rows.OrderByDescending(r => Math.Abs(r[mean] as double? ?? 0)).Take(top))
        {
            people.Add([.. row.Take(names.Length), row[mean], row[count]]);
        }

        people.Print(session.Output);
        session.Output.WriteLine($"{table.Rows.Count} rows, one per cell and prompt; --out FILE.csv or --json gives all of them");
    }
}

/// <summary>The effect of one cell of a sweep, averaged over prompts.</summary>
/// <param name="Site">The site.</param>
/// <param name="Hook">The hook point's name.</param>
/// <param name="Layer">Layer, or null.</param>
/// <param name="Head">Head, or null for all.</param>
/// <param name="Position">Position, or null for all.</param>
/// <param name="Source">Source position, or null for all.</param>
/// <param name="Mean">Mean over the prompts where the effect is defined; null where there is none.</param>
/// <param name="Count">Number of these prompts.</param>
internal sealed record SweepEffect(
    string Site, string Hook, int? Layer, int? Head, int? Position, int? Source, double? Mean, int Count)
{
    private static readonly string[] Needed = ["site", "hook", "layer", "head", "pos", "src_pos", "effect", "neuron", "span"];

    /// <summary>The neuron, or null for all.</summary>
    public int? Neuron { get; init; }

    /// <summary>The named span, or null.</summary>
    public string? Span { get; init; }

    /// <summary><c>L9H6</c>, <c>L9</c>, or nothing outside the blocks.</summary>
    public string Label =>
        (Layer is { } layer ? "L" + layer.ToString(CultureInfo.InvariantCulture) : "")
        + (Head is { } head ? "H" + head.ToString(CultureInfo.InvariantCulture) : "")
        + (Neuron is { } neuron ? "N" + neuron.ToString(CultureInfo.InvariantCulture) : "");

    /// <summary>Averages a <c>patching</c> or <c>ablation</c> table over prompts, cells in the order of the table.</summary>
    public static IReadOnlyList<SweepEffect> Of(ResultTable table)
    {
        int[] at = [.. Needed.Select(table.IndexOf)];
        return [.. table.Rows
            .GroupBy(r => (
                (string)r[at[0]]!, (string)r[at[1]]!, (int?)r[at[2]], (int?)r[at[3]], r[at[8]] is null ? (int?)r[at[4]] : null,
                (int?)r[at[5]], (int?)r[at[7]], (string?)r[at[8]]))
            .Select(g =>
            {
                double[] effects = [.. g.Select(r => r[at[6]]).OfType<double>()];
                return new SweepEffect(
                    g.Key.Item1, g.Key.Item2, g.Key.Item3, g.Key.Item4, g.Key.Item5, g.Key.Item6,
                    effects.Length > 0 ? effects.Average() : null, effects.Length)
                {
                    Neuron = g.Key.Item7, Span = g.Key.Item8,
                };
            })];
    }
}
