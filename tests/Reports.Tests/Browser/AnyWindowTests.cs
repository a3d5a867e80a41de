using System.Text.Json;
using Interp.Analysis;

namespace Interp.Reports.Tests.Browser;

/// <summary>Reports at other widths, in the dark, on paper, of long prompts, and of tokens that mean harm.</summary>
public sealed class AnyWindowTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string[] Hostile =
    [
        "<script>window.__pwned = 1</script>", "</script><script>window.__pwned = 2</script>", "<img src=x onerror='window.__pwned = 3'>",
        "\"><b onmouseover=\"window.__pwned = 4\">", "<a href=\"javascript:window.__pwned=5\">go</a>", "line\nbreak\r\n", "\u2028\u2029", "\u202Eevil\u200F",
        "'\"`${window.__pwned = 6}", "%{x}&lt;b&gt;", "<br><b>bold</b>", "\uFFFD\0",
    ];

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(400, false)]
    [InlineData(400, true)]
    public async Task Nothing_sticks_out_of_the_window(int width, bool dark)
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page, width, dark);
        foreach (string set in new PageFigures(DemoReport.Page).Sets)
        {
            await page.Draw(set);
            Assert.True(await page.Values(set) > 0, set);
        }

        Assert.InRange(await page.Page.EvaluateAsync<int>("() => document.scrollingElement.scrollWidth"), 1, width);
        string background = await page.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
        Assert.Equal(dark ? "rgb(15, 18, 24)" : "rgb(244, 246, 249)", background);
        await page.Picture($"demo-{width}-{(dark ? "dark" : "light")}");
        page.NoComplaints();
    }

    [Fact]
    public async Task A_window_that_changes_its_width_looks_as_if_it_had_had_it_from_the_start()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page);
        await page.Draw("patching");
        string wide = await Sizes();
        await page.Page.SetViewportSizeAsync(400, 900);
        await page.Until(page.Plot("patching"), "plot => plot._fullLayout.width < 500");
        Assert.NotEqual(wide, await Sizes());
        await page.Page.SetViewportSizeAsync(1280, 900);
        await page.Until(page.Plot("patching"), "plot => plot._fullLayout._size.w > 300");
        Assert.Equal(wide, await Sizes());
        page.NoComplaints();

        async Task<string> Sizes() => (await page.Plot("patching").EvaluateAsync<JsonElement>("plot => plot._fullLayout._size")).GetRawText();
    }

    [Fact]
    public async Task The_picture_of_the_readme_can_be_made()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page, 1100);
        foreach (string set in new PageFigures(DemoReport.Page).Sets)
        {
            await page.Draw(set);
        }

        await page.Figure("patterns").Locator(".gallery button", new() { HasTextString = "L1H1" }).ClickAsync();
        await page.Page.Mouse.MoveAsync(0, 0);
        Assert.InRange(await page.PictureOf("report", ["patching", "patterns", "lens", "flow"]), 10_000, 300_000);
    }

    [Fact]
    public async Task On_paper_every_figure_is_drawn()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page, dark: true);
        byte[] pdf = await page.Page.PdfAsync(new() { Format = "A4" });
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "demo.pdf"), pdf, TestContext.Current.CancellationToken);
        int sets = new PageFigures(DemoReport.Page).Sets.Count();
        Assert.Equal(sets, await page.Page.Locator(".chart.js-plotly-plot").CountAsync());
        page.NoComplaints();
    }

    [Fact]
    public async Task A_report_of_256_tokens_and_1024_heads_works()
    {
        await using OpenPage page = await chromium.Open(LargeReport.Page);
        await page.Draw("patching");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"256 tokens, 32 x 32 heads: {await page.ScriptSeconds():0.00} s of script until the first figure, {LargeReport.Page.Length / 1e6:0.0} MB");
        foreach (string set in new PageFigures(LargeReport.Page).Sets)
        {
            await page.Draw(set);
            Assert.True(await page.Values(set) > 0, set);
            await page.Hover(set);
            await page.Until(page.Readout(set), "e => e.textContent.length > 3");
        }

        await page.Figure("patching").Locator("select[name='site']").SelectOptionAsync(new Microsoft.Playwright.SelectOptionValue { Label = "v" });
        await page.Figure("patching").Locator("input[name='slice']").EvaluateAsync("s => { s.value = 3; s.dispatchEvent(new Event('input')); }");
        Assert.Equal(1024, await page.Values("patching"));
        await page.Picture("large-1280-light");
        page.NoComplaints();
    }

    [Fact]
    public async Task Hostile_tokens_are_shown_and_run_nothing()
    {
        byte[] bytes = DemoReport.Bytes(Report.From(HostileTables()));
        await using OpenPage page = await chromium.Open(bytes);
        foreach (string set in new PageFigures(bytes).Sets)
        {
            await page.Draw(set);
            await page.Hover(set);
            await page.Until(page.Readout(set), "e => e.textContent.length > 3");
        }

        await page.Page.WaitForTimeoutAsync(300);
        Assert.True(await page.Page.EvaluateAsync<bool>("() => window.__pwned === undefined"));
        Assert.Equal(0, await page.Page.Locator("a[href^=javascript], figure a[href], figure svg a, figure b, figure img, table b, table img, table a").CountAsync());
        string[] shown = await page.Figure("patterns").Locator(".text span").AllTextContentsAsync() is { } texts ? [.. texts] : [];
        Assert.Equal(Hostile.Select(VisibleText.Of), shown);
        string axis = string.Join('\n', await page.Plot("mixing").Locator(".xtick text, .ytick text").AllTextContentsAsync());
        Assert.Contains("0 <script>", axis, StringComparison.Ordinal);
        Assert.Contains("⟨U+202E⟩evil⟨U+200F⟩", axis, StringComparison.Ordinal);
        page.NoComplaints();
    }

    private static ResultTable[] HostileTables()
    {
        int n = Hostile.Length;
        ResultTable flow = LargeReport.Of("flow", "prompt", "layer", "head", "pos", "*token", "src_pos", "*src_token", "*measure", ".value");
        ResultTable prompts = LargeReport.Of("prompts", "prompt", "*id", "*role", "pos", "*token"), lens = LargeReport.Of(
            "lens", "prompt", "*site", "layer", "pos", "*token", "*target", "rank", "*top_token", ".prob");
        ResultTable patching = LargeReport.Of("patching", "prompt", "*id", "*site", "layer", "pos", "*metric", ".clean", ".effect");
        for (int p = 0; p < n; p++)
        {
            prompts.Add(0, Hostile[p], "clean", p, Hostile[p]);
            lens.Add(0, "resid_pre", 0, p, Hostile[p], Hostile[0], 0, Hostile[p], 0.5);
            patching.Add(0, Hostile[1], Hostile[2], 0, p, Hostile[3], 1.0, 0.1 * p);
            for (int s = 0; s <= p; s++)
            {
                flow.Add(0, 0, null, p, Hostile[p], s, Hostile[s], "attention", 1.0 / (p + 1));
                flow.Add(0, 0, 0, p, Hostile[p], s, Hostile[s], "attention", 1.0 / (p + 1));
            }
        }

        return [prompts, patching, lens, flow];
    }
}
