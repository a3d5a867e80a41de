using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>What this is, where it comes from, and what was found.</summary>
internal static class OverviewPanel
{
    private const int MostPrompts = 10;

    private static readonly (string Key, string Name)[] Provenance =
    [
        ("interp.model", "model"), ("interp.model_sha256", "SHA-256 of the model"), ("interp.data_sha256", "SHA-256 of the data"),
        ("interp.command", "command"), ("interp.version", "interp version"), ("interp.seed", "seed"), ("interp.threads", "threads"),
        ("interp.kernel_tier", "kernel tier"), ("interp.created", "created"),
    ];

    private static readonly (string Panel, string Title, string Command)[] Kinds =
    [
        ("patching", "patching and ablation", "patch, ablate, knockout"), ("attribution", "direct attribution", "decompose"),
        ("lens", "logit lens", "lens"), ("flow", "information flow", "flow"), ("paths", "paths", "path"), ("scores", "heads by themselves", "heads"),
    ];

    public static Panel Create(ReportInput input, IReadOnlyList<Panel> panels)
    {
        string[] incomplete = [.. input.Tables.Select(ResultMetadata.Remark).OfType<string>()];
        List<PanelPart> parts = incomplete.Length == 0 ? [] :
        [
            new RemarkPart($"Incomplete: {string.Join("; ", incomplete)}. Means, rankings and findings are of what was finished."),
        ];
        if (Findings.Of(input) is { Count: > 0 } findings)
        {
            parts.Add(new TablePart("Key findings", ["question", "answer", "shown under"], findings));
        }

        if (Metrics(input) is { Count: > 0 } metrics)
        {
            parts.Add(new TablePart("The plain runs", ["sweep", "metric", "#prompts", "#clean, mean", "#corrupted, mean"], metrics));
        }

        if (Prompts(input) is { Count: > 0 } prompts)
        {
            parts.Add(new TablePart("Prompts", ["#", "clean", "corrupted", "answer", "wrong"], prompts, Folded: true));
        }

        parts.Add(new TablePart("Provenance", ["", ""], Facts(input), Folded: true));
        var absent = Kinds.Where(k => panels.All(p => p.Id != k.Panel)).Select(k => $"{k.Title} (interp {k.Command})").ToArray();
        List<string> notes = absent.Length == 0 ? [] : [$"Not in this report, for want of their tables: {string.Join("; ", absent)}."];
        if (input.MixedData)
        {
            notes.Add("These tables come from different prompts (their data hashes differ): prompt 0 of one need not be prompt 0 of another.");
        }

        int all = input.Labels.Prompts.Count();
        if (all > MostPrompts)
        {
            notes.Add($"The first {MostPrompts} of {all} prompts are listed.");
        }

        return new Panel("overview", "Overview", new PanelCaption(
            "What was asked, of which model, and the largest numbers that came out.",
            "The findings are the largest values of each table, by size of the mean over prompts; of cells tested over several prompts only those with q "
            + "up to 0.05 count.",
            input.Labels.Prompts.Any() ? SweepPanel.Prompts(all) + "." : "See each panel.",
            "Start here; each answer names the panel where it can be checked."))
        {
            Parts = parts,
            Notes = notes,
        };
    }

    private static List<IReadOnlyList<string>> Metrics(ReportInput input)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach (ResultTable table in input.Tables.Where(t => t.Name is "patching" or "ablation" or "knockout" or "paths" && t.Rows.Count > 0))
        {
            var reader = new TableReader(table);
            foreach (var metric in reader.Rows.GroupBy(r => reader.Text(r, "metric") ?? ""))
            {
                var runs = metric.DistinctBy(r => reader.Int(r, "prompt")).ToArray();
                rows.Add([
                    table.Name, VisibleText.Of(metric.Key), runs.Length.ToString(CultureInfo.InvariantCulture),
                    Mean(runs.Select(r => reader.Number(r, "clean"))), Mean(runs.Select(r => reader.Number(r, "corrupted")))]);
            }
        }

        return rows;
    }

    private static List<IReadOnlyList<string>> Prompts(ReportInput input)
    {
        if (input.Table("prompts") is not { } table)
        {
            return [];
        }

        var reader = new TableReader(table);
        return
        [
            .. reader.Rows.GroupBy(r => reader.Int(r, "prompt") ?? 0).Take(MostPrompts).Select(prompt => (IReadOnlyList<string>)
            [
                prompt.Key.ToString(CultureInfo.InvariantCulture), Text(prompt, "clean"), Text(prompt, "corrupted"), Text(prompt, "answer"),
                Text(prompt, "wrong"),
            ]),
        ];

        string Text(IEnumerable<IReadOnlyList<object?>> rows, string role)
        {
            string[] tokens = [.. rows.Where(r => reader.Text(r, "role") == role).Select(r => reader.Text(r, "token") ?? "")];
            return TokenLabels.Joined(tokens);
        }
    }

    private static List<IReadOnlyList<string>> Facts(ReportInput input)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach ((string key, string name) in Provenance)
        {
            string[] values = input.Options.Metadata.TryGetValue(key, out string? given)
                ? [given]
                : [.. input.Tables.Select(t => t.Metadata.GetValueOrDefault(key)).OfType<string>().Distinct()];
            rows.AddRange(values.Where(v => v.Length > 0).Select(v => new[] { name, VisibleText.Words(v) }));
        }

        foreach (ResultTable table in input.Tables)
        {
            string hash = table.Metadata.GetValueOrDefault(ResultMetadata.ResultSha256) is { } sha ? $", SHA-256 {sha}" : "";
            rows.Add([$"table {table.Name}", string.Create(CultureInfo.InvariantCulture, $"{table.Count:N0} rows{hash}")]);
        }

        return rows;
    }

    private static string Mean(IEnumerable<double?> values)
    {
        double[] found = [.. values.OfType<double>()];
        return found.Length == 0 ? "–" : found.Average().ToString("0.####", CultureInfo.InvariantCulture);
    }
}
