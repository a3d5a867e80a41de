using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>The largest numbers of each table, in words: what a reader should know who reads nothing else.</summary>
internal static class Findings
{
    private const int Most = 3;

    // What is smaller than a hundredth of the largest is no finding.
    private const double Least = 0.01;

    /// <summary>One row per question: the question, the answer, and where it is shown.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(ReportInput input) =>
    [
        .. Written(input), .. Sweep(input, "patching", "What carries the information"), .. Sweep(input, "ablation", "What is needed"),
        .. Sweep(input, "knockout", "Which attention is needed"), .. Lens(input), .. Flow(input), .. Paths(input),
    ];

    private static IEnumerable<string[]> Written(ReportInput input)
    {
        if (input.Table("components") is not { } table)
        {
            yield break;
        }

        var ledger = new LedgerParts(table);
        IEnumerable<LedgerPart> top = Largest(ledger.Parts, p => p.Value(ledger.Prompts));
        double? actual = ledger.Actual(ledger.Prompts);
        yield return
        [
            "What wrote the answer",
            string.Join("; ", top.Select(p => $"{Plain(p.Label)}: {Signed(p.Value(ledger.Prompts))}"))
                + (actual is { } whole ? $", of {Number(whole)} in all" : ""),
            "Direct attribution",
        ];
    }

    private static IEnumerable<string[]> Sweep(ReportInput input, string name, string question)
    {
        foreach (SweepGrid grid in input.Sweep(name).Where(g => !g.Apart))
        {
            var top = Largest(
                grid.Stats.Where(s => !s.Value.NotSignificant).OrderBy(s => s.Key.Row).ThenBy(s => s.Key.Column).ThenBy(s => s.Key.Slice),
                s => s.Value.Mean ?? 0);
            yield return
            [
                $"{question} ({VisibleText.Words(grid.Name)})",
                top.Count == 0 ? "no place has an effect that is told from none" : string.Join("; ", top.Select(s => $"{Plain(grid.CellLabel(s.Key))}: {Effect(s.Value)}")),
                "Patching and ablation",
            ];
        }
    }

    private static IEnumerable<string[]> Lens(ReportInput input)
    {
        if (input.Table("lens") is not { } table)
        {
            yield break;
        }

        var data = new LensData(table);
        string site = data.Sites[0];
        List<string> found = [];
        foreach (int prompt in data.Prompts.Take(Most))
        {
            LensCell[] last = [.. data.Rows(prompt, site).GroupBy(c => c.Column).MaxBy(g => g.Key)!.OrderBy(c => c.Layer)];
            int from = Array.FindLastIndex(last, c => c.Rank != 0 || c.Top != c.Target) + 1;
            found.Add(from < last.Length
                ? $"'{VisibleText.Of(last[^1].Target)}' from {data.RowLabel(site, last[from].Layer)} on"
                : $"'{VisibleText.Of(last[^1].Target)}' never");
        }

        yield return ["Where the target is the most likely token, at the last position", string.Join("; ", found.Distinct()), "Logit lens"];
    }

    private static IEnumerable<string[]> Flow(ReportInput input)
    {
        if (input.Flow() is not { } data)
        {
            yield break;
        }

        foreach ((int prompt, string measure) in data.Series(heads: false).DistinctBy(s => s.Measure).Where(s => !data.LeadsToInput(s.Measure)))
        {
            var graph = new FlowGraph(data.Layers(prompt, measure), measure);
            GraphEdge[] moved = [.. graph.Edges.Where(e => e.Source != e.Destination).OrderByDescending(e => e.Flow).Take(2)];
            if (moved.Length > 0)
            {
                yield return
                [
                    $"Where information moved ({VisibleText.Of(measure)}, prompt {prompt})",
                    string.Join("; ", moved.Select(e =>
                        $"in L{e.Layer} from {Place(input, prompt, e.Source)} to {Place(input, prompt, e.Destination)}: {Number(e.Flow)}"))
                        + (graph.Shares ? " of the prediction's stream" : ""),
                    "Information flow",
                ];
            }
        }
    }

    private static IEnumerable<string[]> Paths(ReportInput input)
    {
        if ((input.Table("paths") ?? input.Table("edges")) is { } table)
        {
            IEnumerable<PathEffects> top = Largest(new PathData(table).Paths.Where(p => p.Value is not null), p => p.Value!.Value);
            yield return
            [
                "Through which paths",
                string.Join("; ", top.Select(p => $"{VisibleText.Of(p.From)} → {VisibleText.Of(p.To)}: {Signed(p.Value!.Value)}"
                    + (p.Estimate is { } linear && p.Effect is not null ? $" (linear estimate {Signed(linear)})" : ""))),
                "Paths",
            ];
        }
    }

    private static List<T> Largest<T>(IEnumerable<T> items, Func<T, double> value)
    {
        T[] top = [.. items.OrderByDescending(i => Math.Abs(value(i))).Take(Most)];
        return [.. top.Where(i => value(i) != 0 && Math.Abs(value(i)) >= Least * Math.Abs(value(top[0])))];
    }

    private static string Effect(SweepStat stat) => stat is { Low: { } low, High: { } high }
        ? $"{Signed(stat.Mean!.Value)} (95 % from {Real(low)} to {Real(high)})"
        : Signed(stat.Mean!.Value);

    private static string Place(ReportInput input, int prompt, int position) =>
        Plain(TokenLabels.Position(position, input.Labels.Token(prompt, position)));

    // Labels are written for Plotly; here they are plain text.
    private static string Plain(string label) => label.Replace("&lt;", "<", StringComparison.Ordinal)
        .Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);

    private static string Signed(double value) => (value < 0 ? "−" : "+") + Number(Math.Abs(value));

    private static string Real(double value) => (value < 0 ? "−" : "") + Number(Math.Abs(value));

    private static string Number(double value) => Math.Abs(value) is >= 1e-3 and < 1e6 or 0
        ? value.ToString("0.###", CultureInfo.InvariantCulture)
        : value.ToString("0.##e+0", CultureInfo.InvariantCulture);
}
