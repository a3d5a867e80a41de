using System.Globalization;
using Interp.Analysis;
using Plotly.NET;
using Plotly.NET.LayoutObjects;

namespace Interp.Reports;

/// <summary>Information flow between tokens: tables <c>flow</c> and <c>flow_agreement</c>.</summary>
public static class FlowFigures
{
    /// <summary>How many edges a graph shows at most; the largest are kept.</summary>
    public const int MostEdges = 1500;

    /// <summary>From how many positions on colours are not led by the largest value.</summary>
    internal const int LongPrompt = 40;

    // The widths of edges, as parts of the largest flow; each is a trace, which a threshold hides or shows.
    private static readonly double[] Steps = [0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8];

    /// <summary>
    /// A layered graph from the tokens of a prompt to its prediction, edges as wide as the flow along them: the share of the last
    /// position's final stream that came that way, or, for measured knockouts and where maps of some positions are missing, the map's
    /// own value.
    /// </summary>
    /// <param name="flow">Table <c>flow</c>.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="measure">The measure.</param>
    /// <exception cref="InvalidInputException">The table has no such rows.</exception>
    public static GenericChart Graph(ResultTable flow, int prompt, string measure)
    {
        IReadOnlyList<FlowMap> layers = Layers(flow, prompt, measure);
        return Graph(new FlowGraph(layers, measure), new TokenLabels([flow]), prompt);
    }

    /// <summary>A map, destinations by sources; or, of a single destination, layers by sources.</summary>
    /// <param name="flow">Table <c>flow</c>.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="measure">The measure.</param>
    /// <param name="layer">0-based layer; null = the mean over layers.</param>
    /// <exception cref="InvalidInputException">The table has no such rows.</exception>
    public static GenericChart Mixing(ResultTable flow, int prompt, string measure, int? layer = null) =>
        Mixing(Layers(flow, prompt, measure), new TokenLabels([flow]), prompt, measure, layer);

    /// <summary>Information-flow routes between positions, edges as wide as their importance; FFNs are left out.</summary>
    /// <param name="edges">Table <c>flow_edges</c>.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <exception cref="InvalidInputException">The table has no route of attention for the prompt.</exception>
    public static GenericChart Routes(ResultTable edges, int prompt) => FlowGraph.OfRoutes(edges, prompt) is { } graph
        ? Graph(graph, new TokenLabels([edges]), prompt)
        : throw new InvalidInputException($"prompt {prompt}: table {edges.Name} has no routes between positions for it");

    /// <summary>A number of the mixing summary, layers by positions.</summary>
    /// <param name="mixing">Table <c>mixing</c>.</param>
    /// <param name="column">A column of it: <c>own</c>, <c>attn_cosine</c>, <c>stream_norm</c>, ...</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="measure">The measure of the shares; null = the first of the table.</param>
    /// <exception cref="InvalidInputException">The table has no such column or rows.</exception>
    public static GenericChart Summary(ResultTable mixing, string column, int prompt = 0, string? measure = null)
    {
        var reader = new TableReader(mixing);
        IReadOnlyList<object?>[] rows =
        [
            .. reader.Rows.Where(r => reader.Int(r, "prompt") == prompt && (measure is null || reader.Text(r, "measure") == measure)),
        ];
        if (!reader.Has(column) || rows.Length == 0)
        {
            throw new InvalidInputException($"{column} of prompt {prompt}: table {mixing.Name} has none");
        }

        int[] layers = [.. rows.Select(r => reader.Int(r, "layer") ?? 0).Distinct().Order()];
        int[] positions = [.. rows.Select(r => reader.Int(r, "pos") ?? 0).Distinct().Order()];
        double?[][] values = [.. layers.Select(_ => new double?[positions.Length])];
        var labels = new TokenLabels([mixing]);
        foreach (IReadOnlyList<object?> row in rows)
        {
            values[Array.IndexOf(layers, reader.Int(row, "layer") ?? 0)][Array.IndexOf(positions, reader.Int(row, "pos") ?? 0)] = reader.Number(row, column);
        }

        return new Heatmap
        {
            X = [.. positions.Select(p => TokenLabels.Position(p, labels.Token(prompt, p)))],
            Y = [.. layers.Select(l => string.Create(CultureInfo.InvariantCulture, $"L{l}"))],
            Values = values,
            XTitle = "position",
            YTitle = "layer",
            ValueTitle = VisibleText.ForPlotly(column.Replace('_', ' ')).Replace("␣", " ", StringComparison.Ordinal),
            Scale = values.SelectMany(r => r).Any(v => v < 0) ? Palette.Diverging : Palette.Sequential,
        }.Chart();
    }

    /// <summary>How well each map agrees with the measured knockout: means over prompts with 95 % intervals.</summary>
    /// <param name="agreement">Table <c>flow_agreement</c>.</param>
    public static GenericChart Agreement(ResultTable agreement)
    {
        var reader = new TableReader(agreement);
        IReadOnlyList<object?>[] means = [.. reader.Rows.Where(r => reader.Int(r, "prompt") is null)];
        IReadOnlyList<object?>[] rows = means.Length > 0 ? means : [.. reader.Rows];
        Trace[] traces =
        [
            .. rows.GroupBy(r => reader.Text(r, "score_name") ?? "").Select((score, i) => new Trace("bar").With(
                ("name", score.Key.Replace('_', ' ')), ("x", score.Select(r => VisibleText.ForPlotly(reader.Text(r, "measure")))),
                ("y", score.Select(r => reader.Number(r, "value"))), ("marker", Plot.Object(("color", Palette.Series[i % Palette.Series.Count]))),
                ("error_y", Plot.Object(
                    ("type", "data"), ("symmetric", false), ("thickness", 1.2), ("width", 3), ("color", Palette.Total),
                    ("array", score.Select(r => (reader.Number(r, "ci_high") - reader.Number(r, "value")) ?? 0)),
                    ("arrayminus", score.Select(r => (reader.Number(r, "value") - reader.Number(r, "ci_low")) ?? 0)))),
                ("hovertemplate", "%{x}<br>%{fullData.name} %{y:.3~f}<extra></extra>"))),
        ];
        return Plot.Chart(traces, new Layout().With(
            ("barmode", "group"), ("bargap", 0.4), ("meta", Plot.Object(("maxWidth", 760))), ("xaxis", Plot.Axis("", categories: true)), ("yaxis", Plot.Axis("agreement with the knockout")),
            ("height", 300), ("legend", Plot.LegendAbove)));
    }

    internal static GenericChart Graph(FlowGraph graph, TokenLabels labels, int prompt)
    {
        GraphEdge[] edges = [.. graph.Edges.OrderByDescending(e => e.Flow).Take(MostEdges)];
        double most = edges.Where(e => e.Destination != e.Source || graph.Shares).Select(e => e.Flow).DefaultIfEmpty(1).Max();
        List<Trace> traces = [];
        foreach (bool own in new[] { true, false })
        {
            for (int step = 0; step <= Steps.Length; step++)
            {
                double low = step == 0 ? 0 : Steps[step - 1] * most, high = step == Steps.Length ? double.MaxValue : Steps[step] * most;
                GraphEdge[] within = [.. edges.Where(e => e.Source == e.Destination == own && e.Flow >= low && e.Flow < high)];
                if (within.Length > 0)
                {
                    double width = 0.5 + (12 * (step == 0 ? Steps[0] / 2 : step == Steps.Length ? 0.95 : (Steps[step - 1] + Steps[step]) / 2));
                    traces.Add(Lines(within, labels, prompt, graph.Shares, own, width, low));
                }
            }
        }

        traces.Add(Nodes(graph, labels, prompt));
        (int[] at, string[] texts) = Ticks(graph.Positions, labels, prompt);
        return Plot.Chart(traces, new Layout().With(
            ("xaxis", Plot.Axis("position").With(("tickvals", at), ("ticktext", texts), ("showgrid", false), ("zeroline", false))),
            ("yaxis", Plot.Axis("").With(
                ("tickvals", Enumerable.Range(0, graph.Layers + 1)),
                ("ticktext", Enumerable.Range(0, graph.Layers + 1).Select(l => l == 0 ? "input" : $"after L{l - 1}")),
                ("showgrid", false), ("zeroline", false), ("range", new[] { -0.3, graph.Layers + 0.35 }))),
            ("height", Math.Clamp((graph.Layers * 60) + 230, 300, 760)), ("showlegend", false), ("hovermode", "closest")));
    }

    internal static GenericChart Mixing(IReadOnlyList<FlowMap> layers, TokenLabels labels, int prompt, string measure, int? layer)
    {
        int n = layers.Max(l => l.Positions);
        string[] names = [.. Enumerable.Range(0, n).Select(p => TokenLabels.Position(p, labels.Token(prompt, p)))];
        int[] destinations = [.. layers.SelectMany(l => l.Destinations).Distinct().Order()];
        string value = VisibleText.ForPlotly(measure);
        return destinations.Length == 1
            ? new Heatmap
            {
                X = names,
                Y = [.. layers.Select((_, l) => string.Create(CultureInfo.InvariantCulture, $"L{l}"))],
                Values = [.. layers.Select(l => l.Cells(destinations)[0])],
                XTitle = "source",
                YTitle = "layer",
                ValueTitle = value,
                Scale = Palette.Sequential,
                Most = Strongest(layers.Select(l => l.Values[destinations[0]]), n),
            }.Chart()
            : new Heatmap
            {
                X = names,
                Y = [.. destinations.Select(d => names[d])],
                Values = layer is { } one ? layers[one].Cells(destinations) : MeanOf(layers, n, destinations),
                XTitle = "source",
                YTitle = "destination",
                ValueTitle = value,
                Scale = Palette.Sequential,
                Most = Strongest((layer is { } only ? [layers[only]] : layers).SelectMany(l => destinations.Select(d => l.Values[d])), n),
            }.Chart();
    }

    /// <summary>
    /// Of a long prompt the value with the strongest colour, which one in 500 passes: the first position would outshine everything. Null = the largest.
    /// </summary>
    private static double? Strongest(IEnumerable<double[]> rows, int positions)
    {
        double[] values = positions > LongPrompt ? [.. rows.SelectMany(r => r).Where(v => !double.IsNaN(v)).Order()] : [];
        return values.Length == 0 ? null : values[(int)(0.998 * (values.Length - 1))];
    }

    private static IReadOnlyList<FlowMap> Layers(ResultTable flow, int prompt, string measure)
    {
        IReadOnlyList<FlowMap> layers = new FlowData(flow).Layers(prompt, measure);
        return layers.Count > 0
            ? layers
            : throw new InvalidInputException($"prompt {prompt}, measure '{measure}': table {flow.Name} has no rows of all heads together for it");
    }

    private static double?[][] MeanOf(IReadOnlyList<FlowMap> layers, int n, IReadOnlyList<int> destinations) =>
    [
        .. destinations.Select(d => Enumerable.Range(0, n).Select(s =>
        {
            double[] found = [.. layers.Select(l => l.Values[d][s]).Where(v => !double.IsNaN(v))];
            return found.Length == 0 ? (double?)null : found.Sum() / found.Length;
        }).ToArray()),
    ];

    /// <summary>Edges of one width: three points each, so that the middle can be hovered, and a gap.</summary>
    private static Trace Lines(
        IReadOnlyList<GraphEdge> edges, TokenLabels labels, int prompt, bool shares, bool own, double width, double low) =>
        new Trace("scatter").With(
            ("mode", "lines"), ("name", own ? "stayed" : "moved"),
            ("x", edges.SelectMany(e => new double?[] { e.Source, (e.Source + e.Destination) / 2.0, e.Destination, null })),
            ("y", edges.SelectMany(e => new double?[] { e.Layer, e.Layer + 0.5, e.Layer + 1, null })),
            ("customdata", edges.SelectMany(e => Enumerable.Repeat<double?[]>([e.Flow, e.Value], 4))),
            ("text", edges.SelectMany(e => Enumerable.Repeat(
                $"layer {e.Layer}: {TokenLabels.Position(e.Source, labels.Token(prompt, e.Source))} → "
                + TokenLabels.Position(e.Destination, labels.Token(prompt, e.Destination)), 4))),
            ("hovertemplate", "%{text}<br>" + (shares ? "share of the prediction %{customdata[0]:.3~f}<br>" : "")
                + "measure %{customdata[1]:.4~g}<extra></extra>"),
            ("line", Plot.Object(("width", width), ("color", own ? "#a3acb9" : Palette.Series[0]))), ("opacity", own ? 0.55 : 0.75),
            ("connectgaps", false), ("meta", Plot.Object(("flow", low))));

    private static Trace Nodes(FlowGraph graph, TokenLabels labels, int prompt)
    {
        (int Level, int Position)[] nodes =
        [
            .. from level in Enumerable.Range(0, graph.Layers + 1) from p in Enumerable.Range(0, graph.Positions) select (level, p),
        ];
        return new Trace("scatter").With(
            ("mode", "markers"), ("x", nodes.Select(n => n.Position)), ("y", nodes.Select(n => n.Level)),
            ("text", nodes.Select(n => TokenLabels.Position(n.Position, labels.Token(prompt, n.Position)))),
            ("hovertemplate", "%{text}<extra></extra>"),
            ("marker", Plot.Object(
                ("size", nodes.Select(n => n == (graph.Layers, graph.Target) ? 12 : graph.Positions > 60 ? 2 : 6)),
                ("color", nodes.Select(n => n == (graph.Layers, graph.Target) ? Palette.Positive : Palette.Total)))));
    }

    private static (int[] At, string[] Texts) Ticks(int positions, TokenLabels labels, int prompt)
    {
        int step = Math.Max(1, (positions + 39) / 40);
        int[] at = [.. Enumerable.Range(0, positions).Where(p => p % step == 0)];
        return (at, [.. at.Select(p => TokenLabels.Position(p, labels.Token(prompt, p)))]);
    }
}
