namespace Interp.Hooks.Tests;

public sealed class HookNameTests
{
    private static readonly HookMap Gpt2 = new(Outlines.Gpt2), Llama = new(Outlines.Llama), Bert = new(Outlines.Bert);

    public static TheoryData<string, string> Shorthand => new()
    {
        { "z1", "blocks.1.attn.hook_z" },
        { "k2", "blocks.2.attn.hook_k" },
        { "resid_pre-1", "blocks.2.hook_resid_pre" },
        { "resid_post0", "blocks.0.hook_resid_post" },
        { "scale1ln1", "blocks.1.ln1.hook_scale" },
        { "normalized2ln2", "blocks.2.ln2.hook_normalized" },
        { "scale", "ln_final.hook_scale" },
        { "normalized", "ln_final.hook_normalized" },
        { "embed", "hook_embed" },
        { "pos_embed", "hook_pos_embed" },
        { "attn1", "blocks.1.attn.hook_pattern" },
        { "attn_logits0", "blocks.0.attn.hook_attn_scores" },
        { "key0", "blocks.0.attn.hook_k" },
        { "query0", "blocks.0.attn.hook_q" },
        { "value0", "blocks.0.attn.hook_v" },
        { "mlp_pre1", "blocks.1.mlp.hook_pre" },
        { "mlp_post1", "blocks.1.mlp.hook_post" },
        { "pre1m", "blocks.1.mlp.hook_pre" },
        { "z1a", "blocks.1.attn.hook_z" },
        { "mlp_out2", "blocks.2.hook_mlp_out" },
        { "blocks.-1.attn.hook_z", "blocks.2.attn.hook_z" },
        { "embed.hook_out", "hook_embed" },
        { "pos_embed.hook_out", "hook_pos_embed" },
        { "blocks.1.hook_in", "blocks.1.hook_resid_pre" },
        { "blocks.1.hook_out", "blocks.1.hook_resid_post" },
        { "blocks.1.ln2.hook_in", "blocks.1.hook_resid_mid" },
        { "blocks.1.attn.q.hook_out", "blocks.1.attn.hook_q" },
        { "blocks.1.attn.o.hook_in", "blocks.1.attn.hook_z" },
        { "blocks.1.attn.hook_out", "blocks.1.hook_attn_out" },
        { "blocks.1.mlp.hook_out", "blocks.1.hook_mlp_out" },
        { "blocks.1.mlp.in.hook_out", "blocks.1.mlp.hook_pre" },
        { "blocks.1.mlp.out.hook_in", "blocks.1.mlp.hook_post" },
    };

    public static TheoryData<string, string[]> Errors => new()
    {
        { "blocks.1.attn.hook_zz", ["'blocks.1.attn.hook_zz'", "no such hook point", "nearest: blocks.1.attn.hook_z"] },
        { "resid_per1", ["'resid_per1'", "nearest: resid_pre1"] },
        { "z7", ["blocks.7.attn.hook_z", "layer 7 is out of range", "layers 0..2"] },
        { "z-4", ["layer -1 is out of range"] },
        { "blocks.99999999999.attn.hook_z", ["no such hook point"] },
        { "rot_q0", ["blocks.0.attn.hook_rot_q", "this model has no such point because its positions are not rotary"] },
        { "pre_linear1", ["because its FFN is not gated"] },
        { "scale1", ["which norm", "scale1ln1"] },
        { "z1ln1", ["no such hook point"] },
        { "", ["no such hook point"] },
        { "embed3", ["no such hook point"] },
    };

    [Fact]
    public void Every_canonical_name_parses_to_itself()
    {
        foreach (HookMap map in new[] { Gpt2, Llama, Bert, new(Outlines.AttentionOnly), new(Outlines.SharedNorm) })
        {
            Assert.All(map.AllPoints, p => Assert.Equal(p, map.Parse(map.Name(p))));
        }
    }

    [Fact]
    public void Names_are_unique_and_the_table_lists_every_kind_in_order()
    {
        Assert.Equal(Enum.GetValues<HookKind>(), HookTable.Rows.Select(r => r.Kind));
        Assert.Equal(HookTable.Rows.Length, HookTable.Rows.Select(r => r.Name).Distinct().Count());
        Assert.Equal(HookTable.Rows.Length, HookTable.Rows.Select(r => r.Site).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Shorthand))]
    public void Generous_names_in_canonical_names_out(string name, string canonical) =>
        Assert.Equal(canonical, Gpt2.Name(Gpt2.Parse(name)));

    [Fact]
    public void Typed_access_and_access_by_name_give_equal_values()
    {
        Assert.Equal(Hook.Z(1), Gpt2.Parse("z1"));
        Assert.Equal(Hook.Z(1), Gpt2.Parse("z", 1));
        Assert.Equal(Hook.ResidPre(2), Gpt2.Parse("resid_pre", -1));
        Assert.Equal(new HookPoint(HookKind.Ln2Normalized, 2), Gpt2.Parse("normalized", 2, "ln2"));
        Assert.Equal(Hook.Z(1), Gpt2.Resolve("z1"));
        Assert.Equal(Hook.Z(1), Gpt2.Resolve(Hook.Z(1)));
    }

    [Fact]
    public void Gated_models_follow_the_bridge_in_calling_the_gate_pre()
    {
        Assert.Equal("blocks.0.mlp.hook_pre_linear", Llama.Name(Llama.Parse("blocks.0.mlp.in.hook_out")));
        Assert.Equal("blocks.0.mlp.hook_pre", Llama.Name(Llama.Parse("blocks.0.mlp.gate.hook_out")));
    }

    [Fact]
    public void Encoders_name_embeddings_with_a_prefix_and_read_both()
    {
        Assert.Equal("embed.hook_embed", Bert.Name(Bert.Parse("hook_embed")));
        Assert.Equal(Bert.Parse("hook_embed"), Bert.Parse("embed.hook_embed"));
        Assert.Equal("mlm_head.ln.hook_scale", Bert.Name(Bert.Parse("scale")));
    }

    [Fact]
    public void Globs_match_canonical_names_in_firing_order()
    {
        Assert.Equal(
            ["blocks.0.hook_resid_post", "blocks.1.hook_resid_post", "blocks.2.hook_resid_post"],
            Gpt2.Match(["blocks.*.hook_resid_post"]).Select(Gpt2.Name));
        Assert.Equal(Gpt2.Points, Gpt2.Match(["*"]));
        Assert.Equal(3, Gpt2.Match(["z", "blocks.?.attn.hook_z", "z0"]).Count);
        Assert.Equal(
            ["blocks.0.hook_q_input", "blocks.1.hook_q_input", "blocks.2.hook_q_input"],
            Gpt2.Match(["blocks.*.hook_q_input"]).Select(Gpt2.Name));
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Unknown_or_absent_names_say_what_is_near_or_why(string name, string[] words)
    {
        var error = Assert.Throws<InvalidInputException>(() => Gpt2.Parse(name));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("blocks.*.nothing", "nearest")]
    [InlineData("rot_q", "not rotary")]
    public void A_pattern_that_matches_nothing_is_an_error(string pattern, string word) =>
        Assert.Contains(word, Assert.Throws<InvalidInputException>(() => Gpt2.Match([pattern])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_shared_norm_and_missing_middle_are_explained()
    {
        var shared = new HookMap(Outlines.SharedNorm);
        Assert.Contains("no second norm", Assert.Throws<InvalidInputException>(() => shared.Parse("scale0ln2")).Message);
        Assert.Contains("in parallel", Assert.Throws<InvalidInputException>(() => shared.Parse("resid_mid0")).Message);
        Assert.Contains("share keys", Assert.Throws<InvalidInputException>(() => Llama.Parse("attn_in0")).Message);
    }

    [Theory]
    [InlineData("9.6")]
    [InlineData("L9H6")]
    [InlineData("l9h6")]
    public void Heads_are_read_in_both_forms(string text)
    {
        Assert.Equal(new HeadRef(9, 6), HeadRef.Parse(text));
        Assert.Equal("L9H6", HeadRef.Parse(text).ToString());
    }

    [Theory]
    [InlineData("9")]
    [InlineData("L9")]
    [InlineData("9.6.q")]
    [InlineData("a.b")]
    public void A_malformed_head_is_an_error(string text) =>
        Assert.Contains("9.6 or L9H6", Assert.Throws<InvalidInputException>(() => HeadRef.Parse(text)).Message);
}
