using System.Text.Json;
using Microsoft.Playwright;

namespace Interp.Reports.Tests.Browser;

/// <summary>A report in a browser, and what it complained about or asked for.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    // Where a point of the figure is in the window: the last of the topmost trace that can be pointed at.
    private const string PointPlace =
        """
        plot => {
          const layout = plot._fullLayout, box = plot.getBoundingClientRect();
          const trace = plot._fullData.filter(t => t.visible === true && t.hoverinfo !== 'skip').at(-1);
          let x, y;
          if (trace.z) {
            const there = row => row.map((v, i) => Number.isFinite(v) ? i : -1).filter(i => i >= 0);
            const rows = trace.z.map(there), last = rows.findLastIndex(r => r.length > 0);
            [x, y] = [layout.xaxis.l2p(rows[last][Math.min(1, rows[last].length - 1)]), layout.yaxis.l2p(last)];
          } else if (trace.type === 'bar' && trace.orientation === 'h') {
            [x, y] = [layout.xaxis.l2p(trace.x.at(-1) / 2), layout.yaxis.l2p(trace.y.length - 1)];
          } else if (trace.type === 'bar' || trace.type === 'waterfall') {
            [x, y] = [layout.xaxis.l2p(trace.x.length - 1), layout.yaxis.l2p(layout.yaxis.range[1] / 3)];
          } else {
            [x, y] = [layout.xaxis.d2p(trace.x.at(-1)), layout.yaxis.d2p(trace.y.at(-1))];
          }
          return [box.x + layout._size.l + x, box.y + layout._size.t + y];
        }
        """;

    private readonly string _file;
    private readonly List<string> _complaints = [];

    private readonly ICDPSession _performance;

    public OpenPage(IPage page, ICDPSession performance, string file)
    {
        (Page, _performance, _file) = (page, performance, file);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        page.Request += (_, request) =>
        {
            // What a script makes itself (a picture of the figure, say) is no request.
            if (request.Url != new Uri(file).AbsoluteUri && !request.Url.StartsWith("data:", StringComparison.Ordinal)
                && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                _complaints.Add($"asked for {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    public ILocator Figure(string set) => Page.Locator($"figure[data-set='{set}']");

    public ILocator Plot(string set) => Figure(set).Locator(".chart");

    public ILocator Readout(string set) => Figure(set).Locator(".readout");

    /// <summary>Scrolls to a figure and waits until it is drawn.</summary>
    public async Task Draw(string set)
    {
        await Plot(set).ScrollIntoViewIfNeededAsync();
        await Plot(set).Locator(".main-svg").First.WaitForAsync();
    }

    /// <summary>Number of values in the figure that are numbers.</summary>
    public async Task<int> Values(string set) => await Plot(set).EvaluateAsync<int>(
        "plot => plot._fullData.filter(t => t.visible === true).flatMap(t => t.z ? t.z.flat() : (t.orientation === 'h' ? t.x : t.y))"
        + ".filter(v => Number.isFinite(v)).length");

    /// <summary>Points at a value of the figure.</summary>
    public async Task<float[]> Hover(string set)
    {
        await Plot(set).EvaluateAsync("plot => plot.scrollIntoView({ block: 'center', behavior: 'instant' })");
        float[] at = await Plot(set).EvaluateAsync<float[]>(PointPlace);
        await Page.Mouse.MoveAsync(at[0] - 3, at[1] - 3);
        await Page.Mouse.MoveAsync(at[0], at[1]);
        return at;
    }

    /// <summary>Waits until something holds in the page.</summary>
    public async Task Until(ILocator locator, string condition)
    {
        try
        {
            await Page.WaitForFunctionAsync($"element => ({condition})(element)", await locator.ElementHandleAsync(), new() { Timeout = 8000 });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{locator}: never {condition}");
        }
    }

    /// <summary>Seconds that scripts have run so far.</summary>
    public async Task<double> ScriptSeconds()
    {
        JsonElement metrics = (await _performance.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics.EnumerateArray().Single(m => m.GetProperty("name").GetString() == "ScriptDuration").GetProperty("value").GetDouble();
    }

    /// <summary>Numbers that the figure draws.</summary>
    public async Task<string> Data(string set) => (await Plot(set).EvaluateAsync<JsonElement>(
        "plot => plot._fullData.map(t => [t.visible, t.z ?? t.x, t.z ? null : t.y])")).GetRawText();

    /// <summary>Pictures for whoever wants to look; beside the tests' own files.</summary>
    public async Task Picture(string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    /// <summary>A picture of some figures only, one under the other, without captions.</summary>
    /// <returns>Its bytes.</returns>
    public async Task<long> PictureOf(string name, IReadOnlyList<string> figures)
    {
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName, path = Path.Combine(folder, name + ".png");
        await Page.EvaluateAsync(
            """
            figures => {
              document.querySelectorAll('nav, .caption, .note, .readout').forEach(e => e.remove());
              document.querySelectorAll('figure').forEach(f => figures.includes(f.dataset.set) || f.remove());
              document.querySelectorAll('section').forEach(s => s.querySelector('figure') || s.remove());
            }
            """,
            figures);
        await Page.Locator("body").ScreenshotAsync(new LocatorScreenshotOptions { Path = path });
        return new FileInfo(path).Length;
    }

    /// <summary>The page has asked for nothing and complained about nothing.</summary>
    public void NoComplaints() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        File.Delete(_file);
    }
}
