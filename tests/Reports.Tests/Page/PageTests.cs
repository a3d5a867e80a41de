using System.Text;
using System.Text.RegularExpressions;
using Interp.Analysis;

namespace Interp.Reports.Tests.Page;

public sealed partial class PageTests
{
    [Fact]
    public void The_same_tables_give_the_same_bytes() =>
        Assert.Equal(DemoReport.Bytes(Report.From(DemoReport.Tables)), DemoReport.Bytes(Report.From(DemoReport.Tables)));

    [Fact]
    public void Plotly_is_there_once_and_nothing_is_loaded()
    {
        string page = Encoding.UTF8.GetString(DemoReport.Page);
        Assert.Single(PlotlyBanner().Matches(page));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        // Outside the scripts there is no address at all.
        string markup = Element().Replace(page, "");
        Assert.DoesNotContain("http", markup.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_panel_says_what_it_shows_and_from_how_many_prompts() => Assert.All(Report.From(DemoReport.Tables).Panels, panel =>
    {
        foreach (string text in new[] { panel.Caption.Shows, panel.Caption.Computed, panel.Caption.From, panel.Caption.Read })
        {
            Assert.EndsWith(".", text, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void The_demo_has_every_panel() => Assert.Equal(
        ["overview", "patching", "attribution", "attention", "lens", "flow", "paths"], Report.From(DemoReport.Tables).Panels.Select(p => p.Id));

    [Fact]
    public void The_key_findings_name_the_circuit_that_was_built_in()
    {
        Panel overview = Report.From(DemoReport.Tables).Panels[0];
        string findings = string.Join('\n', overview.Parts.OfType<TablePart>().First().Rows.Select(r => string.Join(' ', r)));
        foreach (string words in new[] { "L1H1: +10", "L0H2: +1", "L0H2 → L1H1.k: +1", "from 2 met to 8 Mary" })
        {
            Assert.Contains(words, findings, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_report_of_one_table_has_its_panel_and_says_what_is_missing()
    {
        Report report = Report.From([DemoReport.Table("patching")]);
        Assert.Equal(["overview", "patching"], report.Panels.Select(p => p.Id));
        Assert.Contains(report.Panels[0].Notes, n => n.Contains("interp flow", StringComparison.Ordinal));
        Assert.Contains(report.Panels[1].Notes, n => n.Contains("numbers only", StringComparison.Ordinal));
    }

    [Fact]
    public void Flow_without_single_heads_says_how_to_get_them()
    {
        ResultTable flow = DemoReport.Table("flow"), together = new("flow", flow.Columns);
        foreach (IReadOnlyList<object?> row in flow.Rows.Where(r => r[flow.IndexOf("head")] is null))
        {
            together.Add([.. row]);
        }

        Panel attention = Report.From([together]).Panels.Single(p => p.Id == "attention");
        Assert.Contains("--by head", Assert.IsType<RemarkPart>(Assert.Single(attention.Parts)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_tables_of_one_name_are_refused() =>
        Assert.Contains("patching", Assert.Throws<InvalidInputException>(
            () => Report.From([DemoReport.Table("patching"), DemoReport.Table("patching")])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_page_is_small_and_says_what_was_left_out()
    {
        Assert.InRange(DemoReport.Page.Length, 4_000_000, 8_000_000);
        Assert.InRange(LargeReport.Page.Length, 4_000_000, 25_000_000);
        Assert.Contains("were left out to bound the size of this file", Encoding.UTF8.GetString(LargeReport.Page), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"plotly\.js v\d")]
    private static partial Regex PlotlyBanner();

    [GeneratedRegex("<(script|style)[^>]*>.*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex Element();
}
