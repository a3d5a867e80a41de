using DynamicObj;
using Plotly.NET;
using Plotly.NET.LayoutObjects;

namespace Interp.Reports;

/// <summary>
/// Puts Plotly.NET's objects together. Their properties are plotly.js' own, so a chart that is made here can be restyled with every
/// function of Plotly.NET.
/// </summary>
internal static class Plot
{
    /// <summary>Where plotly.js puts a legend that stands above the figure, from its left edge.</summary>
    public static DynamicObj.DynamicObj LegendAbove => Object(
        ("orientation", "h"), ("x", 0), ("xanchor", "left"), ("y", 1.02), ("yanchor", "bottom"));

    /// <summary>Sets properties; those whose value is null stay away.</summary>
    public static T With<T>(this T target, params (string Name, object? Value)[] properties)
        where T : DynamicObj.DynamicObj
    {
        foreach ((string name, object? value) in properties)
        {
            if (value is not null)
            {
                target.SetProperty(name, value);
            }
        }

        return target;
    }

    /// <summary>An object without a type of its own.</summary>
    public static DynamicObj.DynamicObj Object(params (string Name, object? Value)[] properties) =>
        new DynamicObj.DynamicObj().With(properties);

    /// <summary>A title of an axis, a colour bar or a figure.</summary>
    public static Title Title(string text) => new Title().With(("text", text));

    /// <summary>An axis; categories are shown as they are, never read as numbers or dates.</summary>
    public static LinearAxis Axis(string title, bool categories = false) => new LinearAxis().With(
        ("title", Title(title).With(("standoff", 8))), ("type", categories ? "category" : null), ("automargin", true), ("zeroline", categories ? false : null));

    /// <summary>A chart of traces.</summary>
    public static GenericChart Chart(IReadOnlyList<Trace> traces, Layout layout)
    {
        layout.With(
            ("margin", Object(("l", 56), ("r", 16), ("t", 24), ("b", 48), ("pad", 2))), ("hovermode", layout.TryGet("hovermode") ?? "closest"),
            ("dragmode", layout.TryGet("dragmode") ?? false));
        GenericChart chart = traces.Count == 1
            ? GenericChart.ofTraceObject(false, traces[0])
            : GenericChart.ofTraceObjects(false, Microsoft.FSharp.Collections.ListModule.OfSeq(traces));
        return GenericChart.setLayout(layout, chart);
    }

    private static object? TryGet(this DynamicObj.DynamicObj target, string name) =>
        target.TryGetPropertyValue(name) is { } found ? found.Value : null;
}
