using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>A sweep that cannot change anything, or whose prompts do not fit, is refused before it runs.</summary>
public sealed class SweepInputTests
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly SweepOptions Heads = new() { Sites = ["z"] };

    private static readonly PromptPair Pair =
        new() { Clean = [1, 2, 3, 4], Corrupted = [1, 5, 3, 4], Answers = [7], Wrongs = [8] };

    public static readonly Dictionary<string, (PromptPair Pair, string Problem)> Pairs = new()
    {
        ["same tokens"] = (
            Pair with { Corrupted = [1, 2, 3, 4] },
            "prompt 1: patching needs a corrupted prompt that differs from the clean one, found the same tokens"),
        ["no corrupted prompt"] = (Pair with { Corrupted = [] }, "prompt 1: patching needs a corrupted prompt, found none"),
        ["answer is wrong"] = (
            Pair with { Answers = [7, 9], Wrongs = [9] },
            "prompt 1: metric logit-diff needs answers and wrong tokens that differ, found token 9 among both"),
        ["no answer"] = (Pair with { Answers = [] }, "prompt 1: metric logit-diff needs an answer token, found none"),
        ["empty"] = (Pair with { Clean = [] }, "prompt 1: expected at least one token, found none"),
        ["token"] = (Pair with { Clean = [1, 2, 3, 37] }, "prompt 1: token 37 is out of range, expected 0..36"),
        ["answer"] = (Pair with { Answers = [37] }, "prompt 1: answer token 37 is out of range, expected 0..36"),
        ["long"] = (
            Pair with { Corrupted = new int[49] },
            "prompt 1: the corrupted prompt of 49 tokens is longer than the model's context of 48"),
        ["lengths"] = (
            Pair with { Corrupted = [1, 2, 3] },
            "prompt 1: the clean prompt has 4 tokens and the corrupted one 3; expected the same number, or a positions map"),
        ["map length"] = (
            Pair with { CleanPositionOfCorrupted = [0, 1, 2] },
            "prompt 1: positions: expected one for each of the 4 corrupted tokens, found 3"),
        ["map range"] = (
            Pair with { CleanPositionOfCorrupted = [0, 1, 2, 4] },
            "prompt 1: positions: expected clean positions 0..3 or -1, found 4"),
        ["map below"] = (
            Pair with { CleanPositionOfCorrupted = [0, 1, 2, -2] },
            "prompt 1: positions: expected clean positions 0..3 or -1, found -2"),
        ["map twice"] = (
            Pair with { CleanPositionOfCorrupted = [0, 1, 1, 3] },
            "prompt 1: positions: expected each clean position once, found 1 twice"),
        ["map nothing"] = (
            Pair with { CleanPositionOfCorrupted = [-1, -1, -1, -1] },
            "prompt 1: positions: expected at least one clean position, found only -1"),
        ["metric position"] = (
            Pair with { Clean = [1], Corrupted = [2] }, "position 2: prompt 1 has 1 tokens, expected -1..0"),
    };

    public static TheoryData<string> Names => [.. Pairs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pair_that_cannot_be_patched_is_named_by_its_row(string name)
    {
        (PromptPair pair, string problem) = Pairs[name];
        SweepOptions options = Heads with { Metric = Metric.LogitDiff.At(2) };
        Assert.Equal(problem, Error(() => PatchingSweep.Run(Model, [Pair, pair], options)));
    }

    [Fact]
    public void Without_prompts_or_sites_there_is_nothing_to_do()
    {
        SweepOptions none = Heads with { Sites = [] };
        Assert.Equal("prompts: expected at least one, found none", Error(() => PatchingSweep.Run(Model, [], Heads)));
        Assert.Equal("prompts: expected at least one, found none", Error(() => AblationSweep.Run(Model, [], Heads)));
        Assert.StartsWith("sites: expected at least one", Error(() => PatchingSweep.Run(Model, [Pair], none)));
        Assert.StartsWith("sites: expected at least one", Error(() => AblationSweep.Run(Model, [Pair], none)));
    }

    [Theory]
    [InlineData("pattern")]
    [InlineData("attn_scores")]
    public void Rows_of_attention_are_not_patched_through_a_map(string site)
    {
        PromptPair mapped = Pair with { Corrupted = [1, 5, 4], CleanPositionOfCorrupted = [0, 1, 3] };
        Assert.StartsWith(
            "prompt 1: blocks.0.attn.hook_", Error(() => PatchingSweep.Run(Model, [Pair, mapped], Heads with { Sites = [site] })));
        PromptPair same = Pair with { CleanPositionOfCorrupted = [0, 1, 2, 3] };
        Assert.Equal(
            PatchingSweep.Run(Model, [Pair], Heads with { Sites = [site] }).Rows,
            PatchingSweep.Run(Model, [same], Heads with { Sites = [site] }).Rows);
        Assert.Equal(12, PatchingSweep.Run(Model, [mapped], Heads).Rows.Count);
    }

    [Fact]
    public void An_effect_over_a_difference_of_rounding_is_null()
    {
        // Token types and positions aside, the last position of an attention window of 1 reads its own token only.
        TransformerModel model = RandomModel.Create(RandomModel.Config(window: 1) with { Windows = [1, 1, 1] });
        ResultTable table = PatchingSweep.Run(model, [Pair], Heads);
        Assert.All(table.Values("effect"), effect => Assert.Null(effect));
        Assert.All(
            PatchingSweep.Run(Model, [Pair], Heads).Values("effect"), effect => Assert.True(double.IsFinite((double)effect!)));
    }

    [Fact]
    public void A_cell_whose_values_overflow_is_named()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        SweepOptions scales = Heads with { Sites = ["ln1.scale"] };
        Assert.Matches(
            "^prompt 0, the run with blocks.0.ln1.hook_scale replaced: expected finite numbers, found infinite or undefined ones",
            Error(() => AblationSweep.Run(model, [Pair], scales)));
    }

    private static string Error(Action use) => Assert.Throws<InvalidInputException>(use).Message;
}
