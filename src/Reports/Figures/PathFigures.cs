using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Paths between parts of the model: table <c>paths</c>, and <c>edges</c> of a circuit.</summary>
public static class PathFigures
{
    private const int Widths = 8;

    /// <summary>The strongest paths, measured effect beside linear estimate, mean over prompts with 95 % bootstrap intervals.</summary>
    /// <param name="paths">Table <c>paths</c> or <c>edges</c>.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    /// <param name="most">How many paths are shown; none that is below a ten-thousandth of the largest.</param>
    public static GenericChart Bars(ResultTable paths, int? prompt = null, int most = 16)
    {
        PathEffects[] top = [.. new PathData(paths, prompt).Paths.OrderByDescending(Size).Take(most)];
        double least = AttributionFigures.LeastShown * top.Select(Size).FirstOrDefault();
        top = [.. top.Where((p, i) => i == 0 || Size(p) > least).Reverse()];
        List<Trace> traces = [Series(top, "measured", p => p.Exact, Palette.Series[0])];
        if (top.Any(p => p.Linear.Count > 0))
        {
            traces.Insert(0, Series(top, "linear estimate", p => p.Linear, Palette.Series[1]));
        }

        return Plot.Chart(traces, new Layout().With(
            ("barmode", "group"), ("xaxis", Plot.Axis("effect")), ("yaxis", Plot.Axis("", categories: true)),
            ("height", (top.Length * 34) + 130), ("legend", Plot.LegendAbove.With(("traceorder", "reversed")))));
    }

    /// <summary>Senders by receivers.</summary>
    /// <param name="paths">Table <c>paths</c> or <c>edges</c>.</param>
    /// <param name="linear">Whether linear estimates are shown instead of measured effects.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    public static GenericChart Matrix(ResultTable paths, bool linear = false, int? prompt = null)
    {
        IReadOnlyList<PathEffects> rows = new PathData(paths, prompt).Paths;
        string[] from = [.. rows.Select(r => r.From).Distinct()], to = [.. rows.Select(r => r.To).Distinct()];
        double?[][] values = [.. from.Select(_ => new double?[to.Length])];
        foreach (PathEffects row in rows)
        {
            values[Array.IndexOf(from, row.From)][Array.IndexOf(to, row.To)] = linear ? row.Estimate : row.Effect;
        }

        return new Heatmap
        {
            X = [.. to.Select(VisibleText.ForPlotly)],
            Y = [.. from.Select(VisibleText.ForPlotly)],
            Values = values,
            XTitle = "receiver",
            YTitle = "sender",
            ValueTitle = linear ? "linear estimate" : "effect",
            Most = rows.Select(r => Math.Max(Math.Abs(r.Effect ?? 0), Math.Abs(r.Estimate ?? 0))).DefaultIfEmpty(1).Max(),
        }.Chart();
    }

    /// <summary>
    /// The parts of the model as nodes, layers upward, paths between them as wide as their effect. Sets of several senders or receivers
    /// have no place in it.
    /// </summary>
    /// <param name="paths">Table <c>paths</c> or <c>edges</c>.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    public static GenericChart Graph(ResultTable paths, int? prompt = null)
    {
        IReadOnlyList<PathEffects> rows = new PathData(paths, prompt).Paths;
        Dictionary<string, PathPlace> places = PathPlace.Of(rows.SelectMany(r => new[] { r.From, r.To }));
        PathEffects[] drawn =
        [
            .. rows.Where(r => r.Value is not null and not 0 && places.ContainsKey(PathPlace.Node(r.From)) && places.ContainsKey(PathPlace.Node(r.To))),
        ];
        double most = drawn.Select(r => Math.Abs(r.Value!.Value)).DefaultIfEmpty(1).Max();
        List<Trace> traces = [];
        for (int step = 0; step < Widths; step++)
        {
            double low = most * step / Widths, high = step == Widths - 1 ? double.MaxValue : most * (step + 1) / Widths;
            foreach (bool positive in new[] { true, false })
            {
                PathEffects[] within = [.. drawn.Where(r => r.Value > 0 == positive && Math.Abs(r.Value!.Value) >= low && Math.Abs(r.Value.Value) < high)];
                if (within.Length > 0)
                {
                    traces.Add(Lines(within, places, positive, 0.75 + (8 * (step + 0.5) / Widths), low));
                }
            }
        }

        traces.Add(new Trace("scatter").With(
            ("mode", "markers+text"), ("x", places.Values.Select(p => p.X)), ("y", places.Values.Select(p => p.Y)),
            ("text", places.Keys.Select(VisibleText.ForPlotly)), ("textposition", "middle right"), ("hoverinfo", "text"), ("cliponaxis", false),
            ("marker", Plot.Object(("size", 9), ("color", Palette.Total)))));
        double layers = places.Values.Select(p => p.Y).DefaultIfEmpty().Max() + 1, columns = places.Values.Select(p => p.X).DefaultIfEmpty().Max();
        return Plot.Chart(traces, new Layout().With(
            ("xaxis", Plot.Axis("").With(("visible", false), ("range", new[] { -0.4, columns + 0.8 }))),
            ("yaxis", Plot.Axis("").With(("visible", false))), ("height", Math.Clamp((layers * 70) + 150, 280, 760)), ("showlegend", false)));
    }

    private static double Size(PathEffects path) => Math.Max(Math.Abs(path.Effect ?? 0), Math.Abs(path.Estimate ?? 0));

    private static Trace Series(IReadOnlyList<PathEffects> rows, string name, Func<PathEffects, List<double>> values, string colour)
    {
        double?[] means = [.. rows.Select(r => values(r).Count > 0 ? values(r).Average() : (double?)null)];
        (double Low, double High)?[] intervals =
            [.. rows.Select(r => values(r).Count > 1 ? SampleStatistics.Bootstrap([.. values(r)], 0.95, 2000, 0) : null)];
        return new Trace("bar").With(
            ("orientation", "h"), ("name", name), ("x", means),
            ("y", rows.Select(r => $"{VisibleText.ForPlotly(r.From)} → {VisibleText.ForPlotly(r.To)}")),
            ("marker", Plot.Object(("color", colour))),
            ("error_x", intervals.Any(i => i is not null) ? Plot.Object(
                ("type", "data"), ("symmetric", false), ("thickness", 1.2), ("width", 3), ("color", Palette.Total),
                ("array", intervals.Select((i, k) => i is { } v ? v.High - means[k] : 0)),
                ("arrayminus", intervals.Select((i, k) => i is { } v ? means[k] - v.Low : 0))) : null),
            ("hovertemplate", "%{y}<br>%{fullData.name} %{x:.4~g}<extra></extra>"));
    }

    private static Trace Lines(
        IReadOnlyList<PathEffects> rows, Dictionary<string, PathPlace> places, bool positive, double width, double low)
    {
        (PathEffects Row, PathPlace From, PathPlace To)[] edges =
            [.. rows.Select(r => (r, places[PathPlace.Node(r.From)], places[PathPlace.Node(r.To)]))];
        return new Trace("scatter").With(
            ("mode", "lines"), ("x", edges.SelectMany(e => new double?[] { e.From.X, (e.From.X + e.To.X) / 2, e.To.X, null })),
            ("y", edges.SelectMany(e => new double?[] { e.From.Y, (e.From.Y + e.To.Y) / 2, e.To.Y, null })),
            ("customdata", edges.SelectMany(e => Enumerable.Repeat(new[] { e.Row.Effect, e.Row.Estimate }, 4))),
            ("text", edges.SelectMany(e =>
                Enumerable.Repeat($"{VisibleText.ForPlotly(e.Row.From)} → {VisibleText.ForPlotly(e.Row.To)}", 4))),
            ("hovertemplate", "%{text}<br>effect %{customdata[0]:.4~g}<br>linear estimate %{customdata[1]:.4~g}<extra></extra>"),
            ("line", Plot.Object(("width", width), ("color", positive ? Palette.Positive : Palette.Negative))), ("opacity", 0.8),
            ("connectgaps", false), ("meta", Plot.Object(("flow", low))));
    }
}
