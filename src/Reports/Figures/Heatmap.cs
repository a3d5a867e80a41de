using Plotly.NET;
using Plotly.NET.LayoutObjects;

namespace Interp.Reports;

/// <summary>A heatmap of cells with named rows and columns; the first row stands at the bottom.</summary>
internal sealed record Heatmap
{
    private const int WidthOfColumn = 84, HeightOfRow = 24, Room = 88, ManyColumns = 14, RoomForSlanted = 50;

    /// <summary>Labels of the columns, from left to right; no two are the same.</summary>
    public required IReadOnlyList<string> X { get; init; }

    /// <summary>Labels of the rows, from the bottom up; no two are the same.</summary>
    public required IReadOnlyList<string> Y { get; init; }

    /// <summary>The values, [row][column]; null where there is none.</summary>
    public required double?[][] Values { get; init; }

    /// <summary>What the columns are.</summary>
    public required string XTitle { get; init; }

    /// <summary>What the rows are.</summary>
    public required string YTitle { get; init; }

    /// <summary>What the values are.</summary>
    public required string ValueTitle { get; init; }

    /// <summary>A scale of <see cref="Palette"/>.</summary>
    public string Scale { get; init; } = Palette.Diverging;

    /// <summary>The value with the strongest colour; null = the largest there is.</summary>
    public double? Most { get; init; }

    /// <summary>More numbers of each cell, [row][column][which]; in the hover text as <c>%{customdata[which]}</c>.</summary>
    public double?[][][]? More { get; init; }

    /// <summary>Names of <see cref="More"/>, for a page that tells them in words.</summary>
    public IReadOnlyList<string> MoreNames { get; init; } = [];

    /// <summary>What hovering tells besides row, column and value, in plotly.js' template language.</summary>
    public string Hover { get; init; } = "";

    /// <summary>Text of each cell, [row][column].</summary>
    public string[][]? Text { get; init; }

    /// <summary>Whether the text stands in the cell, not only in the hover text.</summary>
    public bool ShowText { get; init; }

    /// <summary>Cells that a switch dims, [row][column]; null = no switch.</summary>
    public bool[][]? Dim { get; init; }

    /// <summary>Whether cells are squares.</summary>
    public bool Square { get; init; }

    /// <summary>The chart.</summary>
    public GenericChart Chart()
    {
        double most = Most ?? Values.SelectMany(r => r).Max(v => v is { } value ? Math.Abs(value) : 0);
        most = most == 0 ? 1 : most;
        var cells = new Trace("heatmap").With(
            ("x", X), ("y", Y), ("z", Values), ("coloraxis", "coloraxis"), ("xgap", Gap(X.Count)), ("ygap", Gap(Y.Count)),
            ("hoverongaps", false), ("customdata", More), ("text", Text), ("texttemplate", ShowText ? "%{text}" : null),
            ("hovertemplate", $"{YTitle} %{{y}}<br>{XTitle} %{{x}}<br>{ValueTitle} %{{z:.4~g}}{Hover}<extra></extra>"));
        Trace[] traces = Dim is null ? [cells] : [cells, Veil(Dim)];
        return Plot.Chart(traces, new Layout().With(
            ("xaxis", Plot.Axis(XTitle, categories: true).With(("showgrid", false))),
            ("yaxis", Plot.Axis(YTitle, categories: true).With(
                ("showgrid", false), ("scaleanchor", Square ? "x" : null), ("constrain", Square ? "domain" : null))),
            ("coloraxis", Colours(most)), ("height", Math.Clamp((Y.Count * HeightOfRow) + Room, 190, 620) + (X.Count > ManyColumns ? RoomForSlanted : 0)),
            ("meta", Plot.Object(("scale", Scale), ("more", MoreNames), ("maxWidth", Math.Max(420, (X.Count * WidthOfColumn) + 220))))));
    }

    private ColorAxis Colours(double most) => new ColorAxis().With(
        ("colorscale", Palette.Scale(Scale)), ("cmin", Scale == Palette.Diverging ? -most : 0), ("cmax", most),
        ("cmid", Scale == Palette.Diverging ? 0 : null),
        ("colorbar", new ColorBar().With(
            ("title", Plot.Title(ValueTitle).With(("side", "right"))), ("thickness", 12), ("outlinewidth", 0), ("len", 1))));

    /// <summary>A cover over cells, drawn in the colour of the page; the page shows it when its switch is on.</summary>
    private Trace Veil(bool[][] dim) => new Trace("heatmap").With(
        ("x", X), ("y", Y), ("z", dim.Select(row => row.Select(d => d ? 1.0 : (double?)null).ToArray()).ToArray()),
        ("colorscale", new object[][] { [0.0, "#ffffff"], [1.0, "#ffffff"] }), ("showscale", false), ("hoverinfo", "skip"),
        ("opacity", 0.8), ("visible", false), ("meta", "veil"));

    private static int Gap(int cells) => cells > 60 ? 0 : 1;
}
