namespace Interp.Hooks.Tests;

public sealed class ParseTests
{
    [Theory]
    [MemberData(nameof(Models.Names), MemberType = typeof(Models))]
    public void Every_canonical_name_parses_to_its_point(string model)
    {
        HookMap map = Models.Map(model);
        foreach (HookPoint point in map.AllPoints)
        {
            Assert.Equal(point, map.Parse(map.Name(point)));
            Assert.Equal(point, map.Parse(point.ToString()));
        }
    }

    [Theory]
    [InlineData("gpt2", "z2", "blocks.2.attn.hook_z")]
    [InlineData("gpt2", "k1", "blocks.1.attn.hook_k")]
    [InlineData("gpt2", "key1", "blocks.1.attn.hook_k")]
    [InlineData("gpt2", "query1", "blocks.1.attn.hook_q")]
    [InlineData("gpt2", "value1", "blocks.1.attn.hook_v")]
    [InlineData("gpt2", "attn0", "blocks.0.attn.hook_pattern")]
    [InlineData("gpt2", "attn_logits0", "blocks.0.attn.hook_attn_scores")]
    [InlineData("gpt2", "mlp_pre0", "blocks.0.mlp.hook_pre")]
    [InlineData("gpt2", "mlp_post0", "blocks.0.mlp.hook_post")]
    [InlineData("gpt2", "pre2m", "blocks.2.mlp.hook_pre")]
    [InlineData("gpt2", "z2a", "blocks.2.attn.hook_z")]
    [InlineData("gpt2", "attn_out1", "blocks.1.hook_attn_out")]
    [InlineData("gpt2", "mlp_out1", "blocks.1.hook_mlp_out")]
    [InlineData("gpt2", "scale1ln1", "blocks.1.ln1.hook_scale")]
    [InlineData("gpt2", "normalized2ln2", "blocks.2.ln2.hook_normalized")]
    [InlineData("gpt2", "ln1.scale2", "blocks.2.ln1.hook_scale")]
    [InlineData("mixture", "scale1ln1", "blocks.1.ln1.hook_scale")]
    [InlineData("mixture", "scale1ln1_post", "blocks.1.ln1_post.hook_scale")]
    [InlineData("mixture", "normalized0ln2_post", "blocks.0.ln2_post.hook_normalized")]
    [InlineData("mixture", "ln2_post.scale1", "blocks.1.ln2_post.hook_scale")]
    [InlineData("mixture", "scale1q_norm", "blocks.1.attn.q_norm.hook_scale")]
    [InlineData("mixture", "k_norm.normalized-1", "blocks.1.attn.k_norm.hook_normalized")]
    [InlineData("mixture", "expert_weights0", "blocks.0.mlp.hook_expert_weights")]
    [InlineData("mixture", "expert_post1m", "blocks.1.mlp.hook_expert_post")]
    [InlineData("gpt2", "scale", "ln_final.hook_scale")]
    [InlineData("gpt2", "normalized", "ln_final.hook_normalized")]
    [InlineData("bert", "scale", "mlm_head.ln.hook_scale")]
    [InlineData("bert", "normalized", "mlm_head.ln.hook_normalized")]
    [InlineData("gpt2", "embed", "hook_embed")]
    [InlineData("gpt2", "pos_embed", "hook_pos_embed")]
    [InlineData("gpt2", "resid_pre2", "blocks.2.hook_resid_pre")]
    [InlineData("gpt2", "resid_pre-1", "blocks.2.hook_resid_pre")]
    [InlineData("gpt2", " z-3 ", "blocks.0.attn.hook_z")]
    [InlineData("gpt2", "blocks.-1.attn.hook_z", "blocks.2.attn.hook_z")]
    [InlineData("llama", "rot_q1", "blocks.1.attn.hook_rot_q")]
    [InlineData("llama", "pre_linear0", "blocks.0.mlp.hook_pre_linear")]
    [InlineData("gpt2", "q_input1", "blocks.1.hook_q_input")]
    [InlineData("gpt2", "embed.hook_out", "hook_embed")]
    [InlineData("gpt2", "pos_embed.hook_out", "hook_pos_embed")]
    [InlineData("gpt2", "blocks.1.hook_in", "blocks.1.hook_resid_pre")]
    [InlineData("gpt2", "blocks.1.hook_out", "blocks.1.hook_resid_post")]
    [InlineData("bert", "blocks.1.hook_out", "blocks.1.hook_normalized_resid_post")]
    [InlineData("gpt2", "blocks.1.ln2.hook_in", "blocks.1.hook_resid_mid")]
    [InlineData("neox", "blocks.1.ln2.hook_in", "blocks.1.hook_resid_pre")]
    [InlineData("bert", "blocks.1.ln2.hook_in", "blocks.1.hook_resid_post")]
    [InlineData("gpt2", "blocks.1.attn.q.hook_out", "blocks.1.attn.hook_q")]
    [InlineData("gpt2", "blocks.1.attn.k.hook_out", "blocks.1.attn.hook_k")]
    [InlineData("gpt2", "blocks.1.attn.v.hook_out", "blocks.1.attn.hook_v")]
    [InlineData("gpt2", "blocks.1.attn.o.hook_in", "blocks.1.attn.hook_z")]
    [InlineData("gpt2", "blocks.1.attn.hook_out", "blocks.1.hook_attn_out")]
    [InlineData("gpt2", "blocks.1.mlp.hook_out", "blocks.1.hook_mlp_out")]
    [InlineData("gpt2", "blocks.1.mlp.in.hook_out", "blocks.1.mlp.hook_pre")]
    [InlineData("llama", "blocks.1.mlp.in.hook_out", "blocks.1.mlp.hook_pre_linear")]
    [InlineData("llama", "blocks.1.mlp.gate.hook_out", "blocks.1.mlp.hook_pre")]
    [InlineData("gpt2", "blocks.1.mlp.out.hook_in", "blocks.1.mlp.hook_post")]
    [InlineData("bert", "hook_embed", "embed.hook_embed")]
    [InlineData("bert", "embed.hook_embed", "embed.hook_embed")]
    [InlineData("bert", "embed.hook_pos_embed", "embed.hook_pos_embed")]
    public void Generous_names_parse(string model, string typed, string canonical)
    {
        HookMap map = Models.Map(model);
        Assert.Equal(canonical, map.Name(map.Parse(typed)));
    }

    [Fact]
    public void Parts_parse_like_the_name_they_make()
    {
        HookMap map = Models.Map("gpt2");
        Assert.Equal(Hook.Z(2), map.Parse("z", 2));
        Assert.Equal(Hook.ResidPre(2), map.Parse("resid_pre", -1));
        Assert.Equal(map.Parse("normalized1ln2"), map.Parse("normalized", 1, "ln2"));
        Assert.Equal(Hook.Pre(1), map.Parse("pre", 1, "m"));
        Assert.Equal(Hook.Pattern(0), map.Parse("attn", 0));
    }

    [Theory]
    [InlineData(
        "gpt2", "blocks.2.attn.hook_zz",
        "hook 'blocks.2.attn.hook_zz': no such hook point; nearest: "
        + "blocks.2.attn.hook_z, blocks.2.attn.hook_q, blocks.2.attn.hook_k")]
    [InlineData("gpt2", "zz1", "hook 'zz1': no such hook point; nearest: z1, q1, k1")]
    [InlineData("gpt2", "scale1", "hook 'scale1': no such hook point; nearest: scale1ln1, scale1ln2, scale0ln1")]
    [InlineData("gpt2", "z1m", "hook 'z1m': no such hook point; nearest: z1, q1, k1")]
    [InlineData("gpt2", "z", "hook 'z': expected a layer, as in z0; the model has layers 0..2")]
    [InlineData("gpt2", "embed1", "hook 'embed1': embed is outside the blocks and takes no layer")]
    [InlineData("gpt2", "z3", "hook 'z3': layer 3 is out of range, the model has layers 0..2")]
    [InlineData("gpt2", "z-4", "hook 'z-4': layer -4 is out of range, the model has layers 0..2")]
    [InlineData(
        "gpt2", "blocks.99999999999.attn.hook_z",
        "hook 'blocks.99999999999.attn.hook_z': no such hook point; nearest: "
        + "blocks.0.attn.hook_z, blocks.1.attn.hook_z, blocks.2.attn.hook_z")]
    [InlineData(
        "neox", "resid_mid1",
        "hook 'resid_mid1': this model has no such point because it is attention only or runs attention and FFN in parallel, "
        + "so there is no middle; nearest: blocks.1.hook_resid_pre, blocks.0.hook_resid_pre, blocks.1.hook_resid_post")]
    [InlineData(
        "neox", "hook_pos_embed",
        "hook 'hook_pos_embed': this model has no such point because it has no learned positions; "
        + "nearest: hook_embed, unembed.hook_in, blocks.0.hook_mlp_in")]
    public void A_name_that_does_not_fit_says_why(string model, string typed, string message) =>
        Assert.Equal(message, Models.Error(() => Models.Map(model).Parse(typed)));

    [Fact]
    public void An_encoder_prefix_is_unknown_in_a_decoder() =>
        Models.ErrorHas("no such hook point", () => Models.Map("gpt2").Parse("embed.hook_embed"));

    [Theory]
    [InlineData("")]
    [InlineData("blocks.")]
    [InlineData("blocks.1")]
    [InlineData("-1")]
    [InlineData("5")]
    [InlineData("z1.5")]
    [InlineData("hook_z")]
    public void Rubbish_is_an_error_with_nearest_names(string typed) =>
        Models.ErrorHas("no such hook point; nearest: ", () => Models.Map("gpt2").Parse(typed));
}
