using Interp.Analysis;

namespace Interp.Cli;

/// <summary>The <c>components</c> table for people: the largest contributions and the rows that close the ledger.</summary>
internal static class ComponentsView
{
    private static readonly string[] Closing = ["sum", "actual", "error"];
    private static readonly string[] FromColumn = ["from"];
    private static readonly string[] Needed =
        ["prompt", "pos", "token", "component", "kind", "src_pos", "src_token", "norm", "cosine", "dla"];

    /// <summary>Prints the table of each prompt and position.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">The table.</param>
    /// <param name="top">Contributions that are shown of each.</param>
    /// <param name="hint">Whether to say how to get all rows.</param>
    public static void Print(Session session, ResultTable table, int top, bool hint = true)
    {
        int[] at = [.. Needed.Select(table.IndexOf)];
        foreach (var group in table.Rows.Select(row => at.Select(i => row[i]).ToArray()).GroupBy(r => (r[0], r[1], r[2])))
        {
            object?[][] writes = [.. group.Where(r => !Closing.Contains(r[4]))];
            session.Output.WriteLine(
                $"prompt {group.Key.Item1}, position {group.Key.Item2} {Shown.Token((string)group.Key.Item3!)}: "
                + $"{Math.Min(top, writes.Length)} of {writes.Length} writes, by size of contribution"
                + (hint && writes.Length > top ? " (--out FILE.arrow, FILE.csv or --json gives all)" : ""));
            bool sources = writes.Any(r => r[5] is not null);
            var people = new PeopleTable(
                ["component", "kind", .. sources ? FromColumn : [], "#norm", "#cosine", "#contribution"]);
            foreach (object?[] r in writes.OrderByDescending(r => Math.Abs((double)r[9]!)).Take(top)
                .Concat(group.Where(r => Closing.Contains(r[4]))))
            {
                string? from = r[5] is int source ? $"{source} {Shown.Token((string)r[6]!)}" : null;
                people.Add([r[3], r[4], .. sources ? new[] { from } : [], r[7], r[8], r[9]]);
            }

            people.Print(session.Output);
        }
    }
}
