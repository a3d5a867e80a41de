using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Reports.Tests.Browser;

/// <summary>
/// The pictures of what to expect on the pages of the techniques that patch: the demo model's prompt, each technique as its page calls it.
/// Numbers of the figures are tested elsewhere; here they are drawn.
/// </summary>
public sealed class TechniquePictureTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly TransformerModel Model = DemoModel.Create();

    private static readonly PromptPair[] Pairs =
    [
        new()
        {
            Clean = Model.Tokenize(DemoModel.CleanPrompt),
            Corrupted = Model.Tokenize(DemoModel.CorruptedPrompt),
            Answers = [Model.Tokenize(DemoModel.Answer)[^1]],
            Wrongs = [Model.Tokenize(DemoModel.Wrong)[^1]],
        },
    ];

    private static readonly SweepOptions Stream = new() { Sites = ["resid_pre"], By = [SweepAxis.Layer, SweepAxis.Position] };

    private static readonly Dictionary<string, (string Set, Func<ResultTable> Table)> Pictures = new(StringComparer.Ordinal)
    {
        ["patching"] = ("patching", () => PatchingSweep.Run(Model, Pairs, Stream)),
        ["ablation"] = ("ablation", () => AblationSweep.Run(Model, Pairs, new SweepOptions { Sites = ["z"] })),
        ["causal-tracing"] = ("ablation", () => CausalTracing.Run(Model, Pairs, Stream, new NoiseOptions { Positions = [1], Level = 8, Seed = 1 })),
        ["knockout"] = ("knockout", () => KnockoutSweep.Run(
            Model, Pairs, new SweepOptions { Sites = [], By = [SweepAxis.Layer, SweepAxis.Source], Positions = [-1] })),
        ["path-patching"] = ("paths-matrix", () => PathPatching.Run(Model, Pairs, PathPatching.Pairs(
            Model, Enumerable.Range(0, 4).Select(h => new[] { PathNode.OfHead(0, h) }),
            [.. new[] { "1.1.q", "1.1.k", "1.1.v", "logits" }.Select(to => new[] { PathNode.Parse(to) })]))),
    };

    public static TheoryData<string> Names => [.. Pictures.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_picture_of_a_page_can_be_made(string name)
    {
        (string set, Func<ResultTable> table) = Pictures[name];
        byte[] report = DemoReport.Bytes(Report.From([table(), PromptsTable.Of(Model, Pairs)], new ReportOptions { Title = "Interp: the demo model" }));
        await using OpenPage page = await chromium.Open(report, 760);
        await page.Draw(set);
        await page.Page.Mouse.MoveAsync(0, 0);
        Assert.True(await page.Values(set) > 0);
        page.NoComplaints();
        Assert.InRange(await page.PictureOf(name, [set]), 5_000, 100_000);
    }
}
