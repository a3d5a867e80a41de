using System.Text.Json;
using Interp.Analysis;

namespace Interp.Reports.Tests.Figures;

/// <summary>Numbers in the page are those of the tables, bit for bit; means are those of the summary.</summary>
public sealed class NumberTests
{
    private const string All = "mean over 12 prompts";
    private static readonly Lazy<PageFigures> Page = new(() => new PageFigures(DemoReport.Page));

    private static string Prompt(int prompt) => new TokenLabels(DemoReport.Tables).Prompt(prompt);

    [Theory]
    [InlineData("z", "head")]
    [InlineData("resid_pre", "pos")]
    [InlineData("attn_out", "pos")]
    public void Mean_effects_intervals_and_q_are_those_of_the_summary(string site, string axis)
    {
        ResultTable summary = SweepSummary.Of(DemoReport.Table("patching"));
        var rows = summary.Rows.Where(r => (string)r[summary.IndexOf("site")]! == site)
            .OrderBy(r => (int)r[summary.IndexOf("layer")]!).ThenBy(r => (int)r[summary.IndexOf(axis)]!).ToArray();
        JsonElement trace = Page.Value.Trace("patching", 0, site, All, "all");
        Assert.Equal(rows.Select(r => (double)r[summary.IndexOf("mean")]!), PageFigures.Numbers(trace.GetProperty("z")));
        string[] more = ["ci_low", "ci_high", "q", "n"];
        Assert.Equal(
            rows.SelectMany(r => more.Select(c => Convert.ToDouble(r[summary.IndexOf(c)], System.Globalization.CultureInfo.InvariantCulture))),
            PageFigures.Numbers(trace.GetProperty("customdata")));
    }

    [Fact]
    public void Effects_of_a_prompt_are_its_rows()
    {
        ResultTable table = DemoReport.Table("ablation");
        double[] expected = [.. table.Rows.Where(r => (int)r[table.IndexOf("prompt")]! == 3).Select(r => (double)r[table.IndexOf("effect")]!)];
        Assert.Equal(8, expected.Length);
        Assert.Equal(expected, PageFigures.Numbers(Page.Value.Trace("ablation", 0, "z, with zero", Prompt(3), "all").GetProperty("z")));
    }

    [Fact]
    public void The_waterfall_sums_to_the_metric_of_the_run()
    {
        ResultTable table = DemoReport.Table("components");
        double actual = table.Rows.Where(r => (string)r[table.IndexOf("kind")]! == "actual").Average(r => (double)r[table.IndexOf("dla")]!);
        foreach (string steps in new[] { "largest writes", "layer by layer" })
        {
            double[] bars = PageFigures.Numbers(Page.Value.Trace("waterfall", 0, steps, All).GetProperty("y"));
            // The last bar is the sum that plotly.js makes. Single-precision logits against a sum in double precision: 1e-6 relative.
            Assert.Equal(actual, bars[..^1].Sum(), Math.Abs(actual) * 1e-6);
        }
    }

    [Fact]
    public void Bars_are_contributions_of_the_writes_that_they_name()
    {
        ResultTable table = DemoReport.Table("components");
        JsonElement trace = Page.Value.Trace("attribution", 0, Prompt(1));
        string[] names = PageFigures.Texts(trace.GetProperty("y"));
        double[] values = PageFigures.Numbers(trace.GetProperty("x"));
        Assert.Contains("L1H1", names);
        for (int i = 0; i < names.Length; i++)
        {
            IReadOnlyList<object?> row = table.Rows.Single(r =>
                (int)r[table.IndexOf("prompt")]! == 1 && (string)r[table.IndexOf("component")]! == names[i]);
            Assert.Equal((double)row[table.IndexOf("dla")]!, values[i]);
        }
    }

    [Fact]
    public void Patterns_are_rows_of_the_flow_table()
    {
        ResultTable table = DemoReport.Table("flow");
        var expected = table.Rows.Where(r => (int)r[table.IndexOf("prompt")]! == 0 && (string)r[table.IndexOf("measure")]! == "value-norm"
            && r[table.IndexOf("layer")] is 1 && r[table.IndexOf("head")] is 1).ToDictionary(
                r => ((int)r[table.IndexOf("pos")]!, (int)r[table.IndexOf("src_pos")]!), r => (double)r[table.IndexOf("value")]!);
        double[] cells = PageFigures.Numbers(Page.Value.Trace("patterns", 0, "value-norm", Prompt(0), "L1H1").GetProperty("z"));
        Assert.Equal(81, cells.Length);
        for (int i = 0; i < cells.Length; i++)
        {
            Assert.Equal(expected.GetValueOrDefault((i / 9, i % 9), double.NaN), cells[i]);
        }
    }

    [Fact]
    public void Cells_of_the_lens_are_its_rows()
    {
        ResultTable table = DemoReport.Table("lens");
        JsonElement trace = Page.Value.Trace("lens", 0, "resid_pre", "probability of the target", Prompt(2), "all");
        double[] expected =
        [
            .. table.Rows.Where(r => (int)r[table.IndexOf("prompt")]! == 2)
                .OrderBy(r => (int)r[table.IndexOf("layer")]! + ((string)r[table.IndexOf("site")]! == "resid_post" ? 1 : 0))
                .ThenBy(r => (int)r[table.IndexOf("pos")]!).Select(r => (double)r[table.IndexOf("prob")]!),
        ];
        Assert.Equal(27, expected.Length);
        Assert.Equal(expected, PageFigures.Numbers(trace.GetProperty("z")));
    }

    [Fact]
    public void Shares_of_a_graph_are_one_at_every_layer_and_edges_carry_the_measure()
    {
        ResultTable table = DemoReport.Table("flow");
        var flow = new FlowData(table);
        var graph = new FlowGraph(flow.Layers(0, "alti"), "alti");
        Assert.True(graph.Shares);
        foreach (var layer in graph.Edges.GroupBy(e => e.Layer))
        {
            // Sums of at most 81 doubles around 1.
            Assert.Equal(1, layer.Sum(e => e.Flow), 1e-12);
        }

        foreach (GraphEdge edge in graph.Edges)
        {
            Assert.Equal(flow.Maps[new FlowKey(0, "alti", edge.Layer, -1)].Values[edge.Destination][edge.Source], edge.Value);
        }
    }

    [Fact]
    public void Paths_stand_side_by_side_with_their_linear_estimates()
    {
        ResultTable table = DemoReport.Table("paths");
        JsonElement linear = Page.Value.Trace("paths", 0, Prompt(0)), measured = Page.Value.Trace("paths", 1, Prompt(0));
        string[] names = PageFigures.Texts(measured.GetProperty("y"));
        Assert.Equal(["L0H2 → L1H1.k"], names);
        IReadOnlyList<object?> row = table.Rows.Single(r => r[table.IndexOf("prompt")] is 0 && $"{r[table.IndexOf("src")]} → {r[table.IndexOf("dst")]}" == names[0]);
        Assert.Equal([(double)row[table.IndexOf("effect")]!], PageFigures.Numbers(measured.GetProperty("x")));
        Assert.Equal([(double)row[table.IndexOf("linear_effect")]!], PageFigures.Numbers(linear.GetProperty("x")));
    }
}
