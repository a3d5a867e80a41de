using System.Globalization;
using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Direct logit attribution: table <c>components</c> as bars, as a heatmap of heads, and as a waterfall.</summary>
public static class AttributionFigures
{
    private const int MostSteps = 14;

    /// <summary>Bars shorter than this part of the longest are not drawn.</summary>
    internal const double LeastShown = 1e-4;

    /// <summary>
    /// The writes that contribute most, mean over prompts, with 95 % bootstrap intervals over prompts where there are several.
    /// </summary>
    /// <param name="components">Table <c>components</c>; of several positions of a prompt the last is taken.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    /// <param name="most">How many writes are shown; none that is below a ten-thousandth of the largest.</param>
    public static GenericChart Bars(ResultTable components, int? prompt = null, int most = 20) =>
        Bars(new LedgerParts(components), prompt, most);

    /// <summary>The contributions of single heads, layers by heads, mean over prompts.</summary>
    /// <param name="components">Table <c>components</c>.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    public static GenericChart Heads(ResultTable components, int? prompt = null) => Heads(new LedgerParts(components), prompt);

    /// <summary>
    /// From nothing to the metric, write by write in the order of the stream: the largest writes each, the others together; or layer
    /// by layer. The last bar is the sum of all, the dotted line what the run itself gave.
    /// </summary>
    /// <param name="components">Table <c>components</c>.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    /// <param name="byLayer">Whether the steps are layers instead of the largest writes.</param>
    public static GenericChart Waterfall(ResultTable components, int? prompt = null, bool byLayer = false) =>
        Waterfall(new LedgerParts(components), prompt, byLayer);

    internal static GenericChart Bars(LedgerParts ledger, int? prompt, int most)
    {
        IReadOnlyList<int> prompts = prompt is { } one ? [one] : ledger.Prompts;
        LedgerPart[] top = [.. Largest(ledger, prompts).Take(most)];
        double least = LeastShown * top.Select(p => Math.Abs(p.Value(prompts))).FirstOrDefault();
        top = [.. top.Where((p, i) => i == 0 || Math.Abs(p.Value(prompts)) > least).Reverse()];
        double[] values = [.. top.Select(p => p.Value(prompts))];
        (double Low, double High)?[] intervals =
        [
            .. top.Select(p => prompts.Count < 2
                ? null
                : SampleStatistics.Bootstrap([.. prompts.Select(i => p.Values.GetValueOrDefault(i))], 0.95, 2000, 0)),
        ];
        bool several = intervals.Any(i => i is not null);
        return Plot.Chart(
            [
                new Trace("bar").With(
                    ("orientation", "h"), ("x", values), ("y", top.Select(p => p.Label)),
                    ("marker", Plot.Object(("color", values.Select(v => v < 0 ? Palette.Negative : Palette.Positive)))),
                    ("customdata", several ? intervals.Select(i => new[] { i?.Low, i?.High }) : null),
                    ("error_x", several ? Plot.Object(
                        ("type", "data"), ("symmetric", false), ("thickness", 1.2), ("width", 3), ("color", Palette.Total),
                        ("array", intervals.Select((i, k) => i is { } v ? v.High - values[k] : 0)),
                        ("arrayminus", intervals.Select((i, k) => i is { } v ? values[k] - v.Low : 0))) : null),
                    ("hovertemplate", "%{y}<br>contribution %{x:.4~g}"
                        + (several ? "<br>95 % from %{customdata[0]:.3~g} to %{customdata[1]:.3~g}" : "") + "<extra></extra>")),
            ],
            new Layout().With(
                ("xaxis", Plot.Axis("direct contribution to the metric")), ("yaxis", Plot.Axis("", categories: true)),
                ("height", (top.Length * 20) + 90), ("showlegend", false)));
    }

    internal static GenericChart Heads(LedgerParts ledger, int? prompt)
    {
        IReadOnlyList<int> prompts = prompt is { } one ? [one] : ledger.Prompts;
        LedgerPart[] heads = [.. ledger.Parts.Where(p => p is { Layer: not null, Head: not null })];
        int layers = heads.Max(h => h.Layer!.Value) + 1, width = heads.Max(h => h.Head!.Value) + 1;
        double?[][] values = [.. Enumerable.Range(0, layers).Select(_ => new double?[width])];
        foreach (LedgerPart head in heads)
        {
            ref double? cell = ref values[head.Layer!.Value][head.Head!.Value];
            cell = (cell ?? 0) + head.Value(prompts);
        }

        return new Heatmap
        {
            X = Names("H", width),
            Y = Names("L", layers),
            Values = values,
            XTitle = "head",
            YTitle = "layer",
            ValueTitle = "contribution",
        }.Chart();
    }

    internal static GenericChart Waterfall(LedgerParts ledger, int? prompt, bool byLayer)
    {
        IReadOnlyList<int> prompts = prompt is { } one ? [one] : ledger.Prompts;
        (string Label, double Value)[] steps = [.. byLayer ? Layers(ledger, prompts) : Writes(ledger, prompts)];
        double? actual = ledger.Actual(prompts);
        return Plot.Chart(
            [
                new Trace("waterfall").With(
                    ("x", steps.Select(s => s.Label).Append("sum")), ("y", steps.Select(s => (double?)s.Value).Append(null)),
                    ("measure", steps.Select(_ => "relative").Append("total")),
                    ("increasing", Coloured(Palette.Positive)), ("decreasing", Coloured(Palette.Negative)), ("totals", Coloured(Palette.Total)),
                    ("connector", Plot.Object(("line", Plot.Object(("width", 1), ("color", Palette.Total))))),
                    ("hovertemplate", "%{x}<br>adds %{delta:.4~g}, so far %{final:.4~g}<extra></extra>")),
            ],
            new Layout().With(
                ("xaxis", Plot.Axis("", categories: true).With(("tickangle", -45))), ("yaxis", Plot.Axis("metric so far")),
                ("height", 380), ("showlegend", false),
                ("shapes", actual is { } line ? new[]
                {
                    Plot.Object(
                        ("type", "line"), ("xref", "paper"), ("x0", 0), ("x1", 1), ("y0", line), ("y1", line),
                        ("line", Plot.Object(("dash", "dot"), ("width", 1.5), ("color", Palette.Total)))),
                } : null),
                ("annotations", actual is { } measured ? new[]
                {
                    Plot.Object(
                        ("text", string.Create(CultureInfo.InvariantCulture, $"the run itself: {measured:0.####}")), ("xref", "paper"), ("x", 0.01),
                        ("xanchor", "left"), ("y", measured), ("yanchor", measured < 0 ? "top" : "bottom"), ("showarrow", false)),
                } : null)));
    }

    private static IEnumerable<LedgerPart> Largest(LedgerParts ledger, IReadOnlyList<int> prompts) =>
        ledger.Parts.OrderByDescending(p => Math.Abs(p.Value(prompts)));

    private static IEnumerable<(string Label, double Value)> Writes(LedgerParts ledger, IReadOnlyList<int> prompts)
    {
        HashSet<LedgerPart> large = [.. Largest(ledger, prompts).Take(MostSteps)];
        foreach (LedgerPart part in ledger.Parts.Where(large.Contains))
        {
            yield return (part.Label, part.Value(prompts));
        }

        if (ledger.Parts.Count > large.Count)
        {
            yield return (
                $"{ledger.Parts.Count - large.Count} others", ledger.Parts.Where(p => !large.Contains(p)).Sum(p => p.Value(prompts)));
        }
    }

    private static IEnumerable<(string Label, double Value)> Layers(LedgerParts ledger, IReadOnlyList<int> prompts) => ledger.Parts
        .GroupBy(p => p.Layer is not { } layer
            ? p.Kind.Contains("embed", StringComparison.Ordinal) && p.Kind != "unembed_bias" ? "embeddings" : "end"
            : string.Create(CultureInfo.InvariantCulture, $"L{layer} {(Attention(p) ? "attention" : "FFN")}"))
        .Select(g => (g.Key, g.Sum(p => p.Value(prompts))));

    private static bool Attention(LedgerPart part) =>
        part.Head is not null || part.Kind.Contains("attn", StringComparison.Ordinal) || part.Kind.StartsWith("head", StringComparison.Ordinal);

    private static DynamicObj.DynamicObj Coloured(string colour) => Plot.Object(("marker", Plot.Object(("color", colour))));

    private static string[] Names(string letter, int count) =>
        [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{letter}{i}"))];
}
