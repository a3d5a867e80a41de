using System.Net;
using System.Text;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>A figure as a file of its own.</summary>
public static class FigureFile
{
    // Plotly's own toolbar then saves the figure as a vector graphic.
    private const string Script =
        """

        const figure = JSON.parse(document.getElementById('data').textContent);
        Plotly.newPlot('figure', figure.data, figure.layout, {
          responsive: true, displaylogo: false, displayModeBar: true, toImageButtonOptions: {format: 'svg', filename: document.title}});

        """;

    /// <summary>
    /// Saves a figure as one HTML file that needs no network: plotly.js stands in it. The camera of its toolbar saves an SVG; for a PNG without
    /// clicking, a browser takes a picture of the page: <c>chromium --headless --screenshot=figure.png --window-size=900,600 figure.html</c>.
    /// </summary>
    /// <param name="chart">The figure.</param>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="title">Title of the page, and name of the SVG.</param>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public static void SaveHtml(this GenericChart chart, string path, string title = "figure")
    {
        ArgumentNullException.ThrowIfNull(chart);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(title);
        string plotly = "\n" + PageAssets.Plotly + "\n", script = Script.ReplaceLineEndings("\n");
        string page =
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {PageAssets.Hash(plotly)} {PageAssets.Hash(script)}; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'">
            <title>{WebUtility.HtmlEncode(title)}</title>
            </head>
            <body>
            <div id="figure" style="width: 100%; height: 95vh"></div>
            <script type="application/json" id="data">{FigureJson.Of(chart)}</script>
            <script>{plotly}</script>
            <script>{script}</script>
            </body>
            </html>

            """;
        try
        {
            File.WriteAllText(path, page, new UTF8Encoding(false));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"{path}: the figure cannot be written ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }
}
