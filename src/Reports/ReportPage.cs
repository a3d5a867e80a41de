using System.Net;
using System.Text;
using System.Text.Json;

namespace Interp.Reports;

/// <summary>
/// Writes the page. Nothing in it loads anything: a content security policy forbids every request and every script but the two that are
/// named in it by their hashes. Texts stand in it as text, figures as JSON in an element that is not run.
/// </summary>
internal static class ReportPage
{
    public static void Write(Report report, Stream stream)
    {
        string plotly = "\n" + PageAssets.Plotly + "\n", script = "\n" + PageAssets.Script;
        if (plotly.Contains("</script", StringComparison.OrdinalIgnoreCase) || script.Contains("</script", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException("a script of the page would end its own element");
        }

        using var page = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        page.Write(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {PageAssets.Hash(plotly)} {PageAssets.Hash(script)}; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(report.Title)}</title>
            <style>
            {PageAssets.Style}</style>
            </head>
            <body>
            <header>
            <h1>{Text(report.Title)}</h1>
            <button type="button" id="theme" aria-label="Light or dark colours">◐ <span>light / dark</span></button>
            <nav aria-label="Panels">{string.Concat(report.Panels.Select(p => $"<a href=\"#{p.Id}\">{Text(p.Title)}</a> "))}</nav>
            </header>
            <main>

            """);
        foreach (Panel panel in report.Panels)
        {
            Write(panel, page);
        }

        page.Write("</main>\n<noscript><p>The figures of this page need its own scripts, which are switched off here.</p></noscript>\n");
        page.Write("<script type=\"application/json\" id=\"figures\">");
        page.Flush();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (FigureSet set in report.Panels.SelectMany(p => p.Parts).OfType<FigureSet>().Where(s => s.Count > 0))
            {
                set.Write(json);
            }

            json.WriteEndObject();
        }

        page.Write($"</script>\n<script>{plotly}</script>\n<script>{script}</script>\n</body>\n</html>\n");
    }

    private static void Write(Panel panel, StreamWriter page)
    {
        page.Write($"<section id=\"{panel.Id}\" aria-labelledby=\"{panel.Id}-title\">\n<h2 id=\"{panel.Id}-title\">{Text(panel.Title)}</h2>\n");
        page.Write("<dl class=\"caption\">\n");
        foreach ((string term, string text) in new[]
                 {
                     ("Shows", panel.Caption.Shows), ("Computed", panel.Caption.Computed), ("From", panel.Caption.From), ("Read", panel.Caption.Read),
                 })
        {
            page.Write($"<div><dt>{term}</dt><dd>{Text(text)}</dd></div>\n");
        }

        page.Write("</dl>\n");
        foreach (PanelPart part in panel.Parts)
        {
            Write(part, page);
        }

        foreach (string note in panel.Notes)
        {
            page.Write($"<p class=\"note\">{Text(note)}</p>\n");
        }

        page.Write("</section>\n");
    }

    private static void Write(PanelPart part, StreamWriter page)
    {
        switch (part)
        {
            case FigureSet { Count: > 0 } set:
                page.Write(
                    $"""
                    <figure data-set="{set.Id}">
                    <figcaption>{Text(set.Title)}</figcaption>
                    <div class="controls"></div>
                    <div class="gallery" hidden></div>
                    <div class="chart" role="group" tabindex="0" aria-label="{Text(set.Description)} Arrow keys move through its values."></div>
                    <div class="tokens" hidden></div>
                    <p class="readout" aria-live="polite"></p>
                    </figure>

                    """);
                break;
            case TablePart table:
                Write(table, page);
                break;
            case RemarkPart remark:
                page.Write($"<p class=\"remark\">{Text(remark.Text)}</p>\n");
                break;
        }
    }

    private static void Write(TablePart table, StreamWriter page)
    {
        page.Write(table.Folded ? $"<details><summary>{Text(table.Title)}</summary>\n" : $"<h3>{Text(table.Title)}</h3>\n");
        page.Write("<div class=\"scroll\"><table>\n");
        if (table.Columns.Any(c => c.Length > 0))
        {
            page.Write($"<thead><tr>{string.Concat(table.Columns.Select(c => $"<th scope=\"col\"{Class(c)}>{Text(c.Length > 1 ? c.TrimStart('#') : c)}</th>"))}</tr></thead>\n");
        }

        page.Write("<tbody>\n");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            page.Write($"<tr>{string.Concat(row.Select((cell, i) => $"<td{Class(table.Columns[i])}>{Text(cell)}</td>"))}</tr>\n");
        }

        page.Write("</tbody></table></div>\n");
        page.Write(table.Folded ? "</details>\n" : "");
    }

    private static string Class(string column) => column.StartsWith('#') ? " class=\"number\"" : "";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
