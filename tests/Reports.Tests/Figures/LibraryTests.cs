using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports.Tests.Figures;

/// <summary>Every figure on its own, without a page.</summary>
public sealed class LibraryTests
{
    private static ResultTable Table(string name) => DemoReport.Table(name);

    public static TheoryData<string> Names => [.. Figures.Keys];

    private static Dictionary<string, Func<GenericChart>> Figures { get; } = new()
    {
        ["sweep"] = () => SweepFigures.Heatmap(Table("patching"), "resid_pre", 0, Table("prompts")),
        ["sweep summary"] = () => SweepFigures.Heatmap(SweepSummary.Of(Table("ablation"))),
        ["bars"] = () => AttributionFigures.Bars(Table("components")),
        ["heads"] = () => AttributionFigures.Heads(Table("components"), 1),
        ["waterfall"] = () => AttributionFigures.Waterfall(Table("components"), byLayer: true),
        ["pattern"] = () => AttentionFigures.Pattern(Table("flow"), 1, 1),
        ["looks"] = () => AttentionFigures.Heads(Table("flow"), AttentionLook.Previous),
        ["lens"] = () => LensFigures.Table(Table("lens"), value: LensValue.Rank),
        ["graph"] = () => FlowFigures.Graph(Table("flow"), 0, "alti"),
        ["mixing"] = () => FlowFigures.Mixing(Table("flow"), 0, "value-norm", 1),
        ["agreement"] = () => FlowFigures.Agreement(Table("flow_agreement")),
        ["routes"] = () => FlowFigures.Routes(Table("flow_edges"), 0),
        ["summary"] = () => FlowFigures.Summary(Table("mixing"), "own"),
        ["path bars"] = () => PathFigures.Bars(Table("paths")),
        ["path matrix"] = () => PathFigures.Matrix(Table("paths"), linear: true),
        ["path graph"] = () => PathFigures.Graph(Table("paths"), 0),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_figure_is_a_chart_that_Plotly_NET_restyles(string name)
    {
        GenericChart chart = Chart.withTitle("A title of my own", null).Invoke(Figures[name]());
        string json = GenericChart.toFigureJson(chart);
        Assert.Contains("A title of my own", json, StringComparison.Ordinal);
        Assert.True(GenericChart.countTrace(chart) > 0);
    }

    [Fact]
    public void What_a_table_does_not_have_is_named_with_what_it_has()
    {
        Refused("site 'q': expected one of table patching (z; resid_pre; attn_out)", () => SweepFigures.Heatmap(Table("patching"), "q"));
        Refused("prompt 99: table patching has no rows of it", () => SweepFigures.Heatmap(Table("patching"), "z", 99));
        Refused("head L7H0: expected rows of prompt 0", () => AttentionFigures.Pattern(Table("flow"), 7, 0));
        Refused("prompt 0, site 'attn_out': table lens has no rows of it", () => LensFigures.Table(Table("lens"), 0, "attn_out"));
        Refused("prompt 0, measure 'wind': table flow has no rows", () => FlowFigures.Graph(Table("flow"), 0, "wind"));
        Refused("shine of prompt 0: table mixing has none", () => FlowFigures.Summary(Table("mixing"), "shine"));
    }

    private static void Refused(string words, Func<GenericChart> figure) =>
        Assert.Contains(words, Assert.Throws<InvalidInputException>(figure).Message, StringComparison.Ordinal);
}
