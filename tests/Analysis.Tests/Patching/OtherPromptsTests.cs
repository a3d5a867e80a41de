using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Means and donors come from other prompts; what they cannot change has no row.</summary>
public sealed class OtherPromptsTests
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly TransformerModel Encoder = RandomModel.Create(RandomModel.Config(causal: false));

    [Fact]
    public void A_mean_by_position_of_one_prompt_is_refused()
    {
        const string Problem =
            "prompt 0: a mean by position needs another prompt with other tokens, found none: it would be the prompt's own values";
        Assert.Equal(Problem, Error(Model, AblationKind.MeanByPosition, [1, 2, 3]));
        Assert.Equal(Problem, Error(Model, AblationKind.MeanByPosition, [1, 2, 3], [1, 2, 3]));
        Assert.StartsWith("prompt 0: a mean needs other tokens", Error(Model, AblationKind.Mean, [1]));
        Assert.NotEmpty(Run(Model, AblationKind.Mean, "z", [1, 2, 3]).Rows);
    }

    [Fact]
    public void Positions_that_only_one_prompt_has_get_no_row()
    {
        ResultTable byPosition = Run(Model, AblationKind.MeanByPosition, "resid_pre", [1, 2, 3], [4, 5]);
        Assert.Equal([(0, 0), (1, 0), (0, 1), (1, 1)], Cells(byPosition).Take(4));
        Assert.DoesNotContain(2, byPosition.Values("pos"));
        ResultTable byHead = Run(Model, AblationKind.MeanByPosition, "z", [1, 2, 3], [4, 5]);
        Assert.All(byHead.Values("prompt"), prompt => Assert.Equal(1, prompt));

        static IEnumerable<(int, int)> Cells(ResultTable t) =>
            t.Values("prompt").Zip(t.Values("pos"), (prompt, pos) => ((int)prompt!, (int)pos!));
    }

    [Fact]
    public void A_prompt_without_a_donor_gets_no_row()
    {
        ResultTable table = Run(Model, AblationKind.Resample, "z", [1, 2, 3], [4, 5], [4, 5]);
        Assert.Equal([1, 2], table.Values("prompt").Select(p => (int)p!).Distinct());
    }

    [Fact]
    public void Donors_of_the_same_tokens_are_none()
    {
        const string Problem =
            "prompt 0: resampling needs another prompt of at least 2 tokens that differs from it, found none for this or any other "
            + "prompt";
        Assert.Equal(Problem, Error(Model, AblationKind.Resample, [1, 2]));
        Assert.Equal(Problem, Error(Model, AblationKind.Resample, [1, 2], [1, 2]));

        // What follows changes nothing before it in a causal model, but does in a bidirectional one.
        Assert.Equal(Problem, Error(Model, AblationKind.Resample, [1, 2], [1, 2, 3]));
        Assert.Equal([0], Run(Encoder, AblationKind.Resample, "z", [1, 2], [1, 2, 3]).Values("prompt").Distinct());
    }

    private static ResultTable<AblationRow> Run(TransformerModel model, AblationKind kind, string site, params int[][] prompts) =>
        AblationSweep.Run(
            model,
            [.. prompts.Select(p => new PromptPair { Clean = p, Answers = [7] })],
            new SweepOptions { Sites = [site], Metric = Metric.Logit },
            new AblationOptions { Kind = kind });

    private static string Error(TransformerModel model, AblationKind kind, params int[][] prompts) =>
        Assert.Throws<InvalidInputException>(() => Run(model, kind, "z", prompts)).Message;
}
