using System.Globalization;
using Microsoft.Playwright;

namespace Interp.Reports.Tests.Browser;

/// <summary>The report of the demo in a browser, at 1280 pixels, no network.</summary>
public sealed class DemoPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    public static TheoryData<string> Sets => [.. new PageFigures(DemoReport.Page).Sets];

    // Prompts made alike, and weights of values that are all as long, may give the same numbers.
    public static TheoryData<string, string, bool> Menus => new()
    {
        { "patching", "site", true }, { "patching", "prompt", false }, { "ablation", "prompt", false }, { "attribution", "prompt", false },
        { "attribution-heads", "prompt", false }, { "waterfall", "steps", true }, { "heads", "look", true }, { "patterns", "head", true },
        { "patterns", "measure", false }, { "lens", "value", true }, { "lens", "prompt", false }, { "flow", "measure", true },
        { "mixing", "measure", true }, { "paths-matrix", "value", false },
    };

    private Task<OpenPage> Open() => chromium.OpenShared("demo", () => DemoReport.Page);

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task A_figure_has_data_and_answers_to_hover_and_click(string set)
    {
        OpenPage page = await Open();
        await page.Draw(set);
        Assert.True(await page.Values(set) > 0);
        float[] at = await page.Hover(set);
        await page.Until(page.Readout(set), "e => e.textContent.length > 3");
        await page.Page.Mouse.ClickAsync(at[0], at[1]);
        await page.Until(page.Readout(set), "e => e.textContent.length > 3");
        page.NoComplaints();
    }

    [Theory]
    [MemberData(nameof(Menus))]
    public async Task A_menu_shows_another_figure(string set, string menu, bool differs)
    {
        // A page of its own: other tests leave sliders where two figures look alike.
        await using OpenPage page = await chromium.Open(DemoReport.Page);
        await page.Draw(set);
        string before = await page.Data(set);
        ILocator select = page.Figure(set).Locator($"select[name='{menu}']");
        int options = await select.Locator("option").CountAsync(), chosen = await select.EvaluateAsync<int>("s => s.selectedIndex");
        Assert.True(options > 1);
        await select.SelectOptionAsync(new SelectOptionValue { Index = (chosen + 1) % options });
        await page.Until(page.Plot(set), "plot => plot._fullData.length > 0");
        Assert.Equal((chosen + 1) % options, await select.EvaluateAsync<int>("s => s.selectedIndex"));

        Assert.True(await page.Values(set) > 0);
        if (differs)
        {
            Assert.NotEqual(before, await page.Data(set));
        }

        page.NoComplaints();
    }

    [Fact]
    public async Task The_threshold_of_the_flow_hides_thin_edges()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page);
        await page.Draw("flow");
        ILocator slider = page.Figure("flow").Locator("input[name='threshold']");
        await slider.EvaluateAsync("s => { s.value = 0; s.dispatchEvent(new Event('input')); }");
        int all = await page.Values("flow");
        await slider.EvaluateAsync("s => { s.value = s.max; s.dispatchEvent(new Event('input')); }");
        Assert.InRange(await page.Values("flow"), 1, all - 1);
        page.NoComplaints();
    }

    [Fact]
    public async Task The_layer_slider_of_the_mixing_map_changes_it()
    {
        OpenPage page = await Open();
        await page.Draw("mixing");
        string mean = await page.Data("mixing");
        ILocator layer = page.Figure("mixing").Locator("[name='layer']");
        await layer.EvaluateAsync(
            "s => { s.value = s.tagName === 'SELECT' ? s.options[1].value : 1; s.dispatchEvent(new Event(s.tagName === 'SELECT' ? 'change' : 'input')); }");
        Assert.NotEqual(mean, await page.Data("mixing"));
    }

    [Fact]
    public async Task The_switch_dims_cells_that_are_not_significant()
    {
        OpenPage page = await Open();
        await page.Draw("patching");
        int before = await page.Values("patching");
        await page.Figure("patching").Locator("input[name='dim']").CheckAsync();
        int dimmed = await page.Values("patching") - before;
        await page.Figure("patching").Locator("input[name='dim']").UncheckAsync();
        Assert.True(dimmed > 0);
        Assert.Equal(before, await page.Values("patching"));
    }

    [Fact]
    public async Task A_click_on_a_head_of_the_overview_enlarges_its_pattern()
    {
        OpenPage page = await Open();
        await page.Draw("patterns");
        await page.Draw("heads");
        await page.Hover("heads");
        float[] at = await page.Hover("heads");
        await page.Page.Mouse.ClickAsync(at[0], at[1]);
        ILocator pressed = page.Figure("patterns").Locator(".gallery button[aria-pressed='true'] span");
        Assert.Equal("L1H1", await pressed.TextContentAsync());
        await page.Figure("patterns").Locator(".gallery button", new() { HasTextString = "L0H3" }).ClickAsync();
        Assert.Equal("L0H3", await pressed.TextContentAsync());
        Assert.Equal(8, await page.Figure("patterns").Locator(".gallery button").CountAsync());
        page.NoComplaints();
    }

    [Fact]
    public async Task Tokens_are_shaded_by_the_row_of_the_one_under_the_pointer()
    {
        OpenPage page = await Open();
        await page.Draw("patterns");
        await page.Figure("patterns").Locator("select[name='measure']").SelectOptionAsync(new SelectOptionValue { Label = "attention" });
        await page.Figure("patterns").Locator(".gallery button", new() { HasTextString = "L1H1" }).ClickAsync();
        ILocator tokens = page.Figure("patterns").Locator(".text span");
        await tokens.Nth(8).HoverAsync();
        string[] shades = await tokens.EvaluateAllAsync<string[]>("spans => spans.map(s => s.style.backgroundColor)");
        // The last word reads what followed its earlier occurrence: 'met', at position 2.
        Assert.Equal(2, Array.IndexOf(shades, shades.MaxBy(Alpha)));
        Assert.Equal("read", await tokens.Nth(8).GetAttributeAsync("class"));
    }

    [Fact]
    public async Task Arrow_keys_move_through_values()
    {
        OpenPage page = await Open();
        await page.Draw("ablation");
        await page.Plot("ablation").FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Until(page.Readout("ablation"), "e => e.textContent.includes('head H0')");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Until(page.Readout("ablation"), "e => e.textContent.includes('head H1')");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Until(page.Readout("ablation"), "e => e.textContent.includes('one by one')");
        page.NoComplaints();
    }

    [Fact]
    public async Task The_theme_button_turns_figures_and_page_around()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page);
        await page.Draw("patching");
        string light = await Colours();
        await page.Page.Locator("#theme").ClickAsync();
        Assert.NotEqual(light, await Colours());
        await page.Page.Locator("#theme").ClickAsync();
        Assert.Equal(light, await Colours());

        async Task<string> Colours() => await page.Page.EvaluateAsync<string>(
            "() => getComputedStyle(document.body).backgroundColor + JSON.stringify(document.querySelector('.chart')._fullLayout.coloraxis.colorscale)");
    }

    [Fact]
    public async Task The_time_that_scripts_take_is_measured()
    {
        await using OpenPage page = await chromium.Open(DemoReport.Page);
        await page.Draw("patching");
        TestContext.Current.TestOutputHelper!.WriteLine($"demo: {await page.ScriptSeconds():0.00} s of script until the first figure");
        Assert.True(int.Parse((await page.Page.Locator("html").GetAttributeAsync("data-started-in"))!, CultureInfo.InvariantCulture) >= 0);
        page.NoComplaints();
    }

    private static double Alpha(string colour) => colour.StartsWith("rgba", StringComparison.Ordinal)
        ? double.Parse(colour[(colour.LastIndexOf(',') + 1)..^1], CultureInfo.InvariantCulture)
        : colour.Length > 0 ? 1 : 0;
}
