namespace Interp.Hooks.Tests;

public sealed class MatchTests
{
    private static readonly HookMap Map = Models.Map("gpt2");

    [Fact]
    public void A_bare_site_means_every_layer() =>
        Assert.Equal([Hook.Z(0), Hook.Z(1), Hook.Z(2)], Map.Match(["z"]));

    [Fact]
    public void A_kind_means_every_layer() =>
        Assert.Equal([Hook.ResidPost(0), Hook.ResidPost(1), Hook.ResidPost(2)], Map.Match(["ResidPost"]));

    [Fact]
    public void Points_come_in_firing_order_and_once() =>
        Assert.Equal(
            [Hook.Embed, Hook.ResidPre(0), Hook.Z(0), Hook.Z(1), Hook.Z(2), Hook.FinalScale],
            Map.Match(["scale", "z", "z1", "resid_pre0", "blocks.*.attn.hook_z", "embed"]));

    [Fact]
    public void Stars_and_question_marks_match_canonical_names()
    {
        Assert.Equal([Hook.ResidPost(0), Hook.ResidPost(1), Hook.ResidPost(2)], Map.Match(["blocks.*.hook_resid_post"]));
        Assert.Equal([Hook.Q(1), Hook.K(1), Hook.V(1), Hook.Z(1)], Map.Match(["blocks.1.attn.hook_?"]));
        Assert.Equal(Map.Points, Map.Match(["*"]));
    }

    [Fact]
    public void Points_on_request_are_matched_only_when_named()
    {
        Assert.DoesNotContain(Map.Parse("q_input1"), Map.Match(["blocks.1.*"]));
        Assert.Equal([Map.Parse("q_input1")], Map.Match(["blocks.1.hook_q_input"]));
        Assert.Equal(3, Map.Match(["blocks.*.hook_q_input"]).Count);
        Assert.Equal([Map.Parse("q_input1"), Map.Parse("k_input1"), Map.Parse("v_input1")], Map.Match(["blocks.1.hook_?_input"]));
    }

    [Fact]
    public void Encoder_points_match_under_both_names()
    {
        HookMap bert = Models.Map("bert");
        Assert.Equal([Hook.Embed], bert.Match(["embed.hook_em*"]));
        Assert.Equal([Hook.Embed], bert.Match(["hook_emb*"]));
    }

    [Fact]
    public void A_pattern_that_selects_nothing_is_an_error()
    {
        Assert.Equal(
            "hook 'blocks.*.hook_resid_pots': the pattern matches no hook point; nearest: "
            + "blocks.0.hook_resid_post, blocks.1.hook_resid_post, blocks.2.hook_resid_post",
            Models.Error(() => Map.Match(["z", "blocks.*.hook_resid_pots"])));
        Models.ErrorHas("nearest: z0", () => Map.Match(["zz"]));
        Models.ErrorHas("because its FFN is not gated", () => Map.Match(["pre_linear"]));
    }
}
