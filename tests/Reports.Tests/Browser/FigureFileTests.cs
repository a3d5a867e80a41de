using System.Text.Json;
using Interp.Hooks;
using Interp.Runtime;
using Plotly.NET;

namespace Interp.Reports.Tests.Browser;

/// <summary>One figure as a file: a browser without a network draws it, with the numbers that the run recorded.</summary>
public sealed class FigureFileTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly TransformerModel Model = DemoModel.Create();

    [Fact]
    public async Task A_pattern_is_drawn_offline_with_the_recorded_numbers()
    {
        IReadOnlyList<int> tokens = Model.Tokenize(DemoModel.CleanPrompt);
        ActivationCache cache = Model.Run(tokens, new RunOptions { Observe = ["pattern1"] }).Cache();
        GenericChart chart = AttentionFigures.Pattern(cache, 1, 1, [.. tokens.Select(Model.TokenText)]);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "pattern.html");
        chart.SaveHtml(path, "</title><script>window.__pwned = 1</script>");
        await using OpenPage page = await chromium.Open(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        await page.Page.WaitForFunctionAsync("() => document.getElementById('figure')._fullData?.length > 0");
        JsonElement drawn = await page.Page.EvaluateAsync<JsonElement>(
            "() => { const d = document.getElementById('figure')._fullData[0]; return {z: Array.from(d.z, row => Array.from(row)), pwned: window.__pwned ?? 0}; }");
        Assert.Equal(0, drawn.GetProperty("pwned").GetInt32());
        int position = 0;
        foreach (JsonElement row in drawn.GetProperty("z").EnumerateArray())
        {
            float[] expected = cache.Row(Hook.Pattern(1), position, 1).ToArray();
            Assert.Equal(expected, row.EnumerateArray().Select(v => v.GetSingle()));
            position++;
        }

        Assert.Equal(cache.Positions, position);
        page.NoComplaints();
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        ActivationCache cache = Model.Run(DemoModel.CleanPrompt, new RunOptions { Observe = ["pattern1"] }).Cache();
        Assert.Contains("not recorded", Assert.Throws<InvalidInputException>(() => AttentionFigures.Pattern(cache, 0, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("head 9 is out of range", Assert.Throws<InvalidInputException>(() => AttentionFigures.Pattern(cache, 1, 9)).Message, StringComparison.Ordinal);
        Assert.Contains("expected one for each of the 9 positions, found 1", Assert.Throws<InvalidInputException>(() => AttentionFigures.Pattern(cache, 1, 1, ["a"])).Message, StringComparison.Ordinal);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "nowhere", "pattern.html");
        Assert.Contains("cannot be written", Assert.Throws<InvalidInputException>(() => AttentionFigures.Pattern(cache, 1, 1).SaveHtml(path)).Message, StringComparison.Ordinal);
    }
}
