using System.Text.Json.Nodes;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Charts as a page holds them: plotly.js' data and layout.</summary>
internal static class FigureJson
{
    /// <summary>
    /// A chart as JSON of ASCII characters only, with <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> and quotes escaped: it cannot end the
    /// element that it stands in. Long lists of numbers are <see cref="CompactNumbers"/>.
    /// </summary>
    /// <param name="chart">The chart.</param>
    public static string Of(GenericChart chart)
    {
        JsonNode figure = JsonNode.Parse(GenericChart.toFigureJson(chart))!;
        var kept = new JsonObject { ["data"] = figure["data"]!.DeepClone(), ["layout"] = figure["layout"]!.DeepClone() };
        CompactNumbers.Apply(kept["data"]);
        return kept.ToJsonString();
    }
}
