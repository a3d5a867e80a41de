using Interp.Hooks;
using Interp.Runtime.Families;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Families;

/// <summary>What a family makes of its config.json: settings that are not built are refused by name, the others resolve.</summary>
public sealed class FamilySettingsTests
{
    private const string GptNeo =
        """ "model_type": "gpt_neo", "hidden_size": 32, "num_heads": 4, "num_layers": 4, "vocab_size": 9, "max_position_embeddings": 8 """;

    private const string GptJ =
        """ "model_type": "gptj", "n_embd": 32, "n_head": 4, "n_layer": 2, "vocab_size": 9, "n_positions": 8 """;

    private const string Opt =
        """
        "model_type": "opt", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "ffn_dim": 8, "vocab_size": 9,
        "max_position_embeddings": 8
        """;

    private const string Phi =
        """
        "model_type": "phi", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 8,
        "vocab_size": 9, "max_position_embeddings": 8
        """;

    private const string Falcon =
        """ "model_type": "falcon", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9 """;

    private const string Bloom = """ "model_type": "bloom", "hidden_size": 32, "n_head": 4, "n_layer": 2, "vocab_size": 9 """;

    private const string Roberta =
        """
        "model_type": "roberta", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 8,
        "vocab_size": 9, "max_position_embeddings": 10
        """;

    private const string DistilBert =
        """
        "model_type": "distilbert", "dim": 32, "n_heads": 4, "n_layers": 2, "hidden_dim": 8, "vocab_size": 9,
        "max_position_embeddings": 8
        """;

    [Theory]
    [InlineData(GptNeo, """ "attention_types": [[["global", "sparse"], 2]] """, "attention_types", "'sparse'")]
    [InlineData(GptNeo, """ "attention_types": [[["global", "local"], 3]] """, "attention_types", "expected 4 layers")]
    [InlineData(GptNeo, """ "attention_types": ["global"] """, "attention_types", "found \"global\"")]
    [InlineData(GptNeo, """ "attention_types": 7 """, "attention_types", "found 7")]
    [InlineData(GptNeo, """ "attention_types": null """, "attention_types", "found nothing")]
    [InlineData(GptNeo, """ "attention_types": [[["local"], 4]], "window_size": 0 """, "window_size", "found 0")]
    [InlineData(GptJ, """ "rotary_dim": null """, "rotary_dim", "found null")]
    [InlineData(GptJ, """ "rotary_dim": 64 """, "rotary dimension 64")]
    [InlineData(Opt, """ "layer_norm_elementwise_affine": false """, "layer_norm_elementwise_affine")]
    [InlineData(Opt, """ "activation_function": "mish" """, "activation_function", "'mish'")]
    [InlineData(Phi, """ "qk_layernorm": true """, "qk_layernorm")]
    [InlineData(Phi, """ "num_key_value_heads": 3 """, "3 key-value heads")]
    [InlineData(Falcon, """ "new_decoder_architecture": true, "parallel_attn": false """, "parallel_attn", "found false")]
    [InlineData(Falcon, """ "num_ln_in_parallel_attn": 2 """, "num_ln_in_parallel_attn", "found 2")]
    [InlineData(Falcon, """ "multi_query": false, "num_kv_heads": 2 """, "num_kv_heads", "found 2")]
    [InlineData(Falcon, """ "rope_scaling": {"type": "ntk"} """, "rope_type 'ntk'")]
    [InlineData(Bloom, """ "apply_residual_connection_post_layernorm": true """, "apply_residual_connection_post_layernorm")]
    [InlineData(Roberta, """ "hidden_act": "relu" """, "hidden_act", "'relu'")]
    [InlineData(Roberta, """ "position_embedding_type": "relative_key" """, "position_embedding_type", "'relative_key'")]
    [InlineData(Roberta, """ "is_decoder": true """, "is_decoder")]
    [InlineData(DistilBert, """ "activation": "mish" """, "activation", "'mish'")]
    public void A_setting_that_is_not_built_is_refused_by_name(string family, string setting, params string[] words) =>
        Refused.With(() => Read(family, setting), ["config.json", .. words]);

    [Fact]
    public void Roberta_refuses_a_prompt_with_padding_and_counts_positions_from_the_row_after_it()
    {
        ModelConfig config = Read(Roberta, "\"pad_token_id\": 3");
        Assert.Equal(6, config.NCtx);
        Refused.With(() => new TokenBatch([[1, 2], [4, 3]]).Validate(config), "prompt 1, position 1", "token id 3 is padding");
    }

    [Fact]
    public void Gpt_neo_repeats_its_pattern_of_windows_and_does_not_scale() => Assert.Equal(
        (1f, "..3.3.", "...3"),
        (Read(GptNeo, """ "attention_types": [[["global"], 4]] """).AttentionScale,
        Windows(""" "num_layers": 6, "attention_types": [[["global"], 1], [["global", "local"], 2], [["global"], 1]], "window_size": 3 """),
        Windows(""" "attention_types": [[["global"], 3], [["local"], 1]], "window_size": 3 """)));

    [Fact]
    public void Falcon_chooses_its_block_by_three_settings() => Assert.Equal(
        [
            BlockStyle.ParallelSharedNorm, BlockStyle.PreNorm, BlockStyle.Parallel, BlockStyle.ParallelSharedNorm,
        ],
        new[]
        {
            """ "multi_query": true """, """ "parallel_attn": false """, """ "new_decoder_architecture": true """,
            """ "new_decoder_architecture": true, "num_ln_in_parallel_attn": 1 """,
        }.Select(setting => Read(Falcon, setting).Block));

    [Fact]
    public void Falcon_shares_keys_as_its_design_says() => Assert.Equal(
        [1, 4, 2, 4],
        new[]
        {
            """ "num_kv_heads": 2 """, """ "multi_query": false """, """ "new_decoder_architecture": true, "num_kv_heads": 2 """,
            """ "new_decoder_architecture": true """,
        }.Select(setting => Read(Falcon, setting).NKeyValueHeads));

    [Fact]
    public void Old_names_of_sizes_are_read() => Assert.Equal(
        (48, 6, 3),
        Sizes(Resolve(
            """ "model_type": "bloom", "n_embed": 48, "num_attention_heads": 6, "num_hidden_layers": 3, "vocab_size": 9 """)));

    [Theory]
    [InlineData(Phi, "ln2.scale", "one norm shared by attention and FFN")]
    [InlineData(Phi, "mlp_in", "shared norm")]
    [InlineData(Phi, "resid_mid", "in parallel")]
    [InlineData(Falcon, "ln2.normalized", "one norm shared by attention and FFN")]
    [InlineData(Bloom, "pos_embed", "no learned positions")]
    [InlineData(Bloom, "rot_q", "not rotary")]
    [InlineData(DistilBert, "token_type_embed", "no token types")]
    [InlineData(DistilBert, "ln_final.scale", "no final norm")]
    [InlineData(Opt, "embed.ln.scale", "does not normalise its embeddings")]
    public void A_point_that_a_family_lacks_tells_why(string family, string site, string reason) => Refused.With(
        () => Points(family).Require(new HookPoint(HookTable.Rows.Single(r => r.Site == site).Kind, site.StartsWith("ln_") ? -1 : 0)),
        reason);

    [Fact]
    public void Falcons_second_design_has_a_norm_of_its_own_before_the_ffn() =>
        Assert.True(Points(Falcon, """ "new_decoder_architecture": true """).Contains(new HookPoint(HookKind.Ln2Scale, 1)));

    [Fact]
    public void Bloom_normalises_its_embeddings_and_keeps_the_names_of_a_decoder()
    {
        HookMap points = Points(Bloom);
        Assert.True(points.Contains(new HookPoint(HookKind.EmbedNormScale, -1)));
        Assert.Equal("hook_embed", points.Name(Hook.Embed));
    }

    private static string Windows(string setting) =>
        string.Concat(Read(GptNeo, setting).Windows!.Select(window => window?.ToString(null, null) ?? "."));

    private static (int, int, int) Sizes(ModelConfig config) => (config.DModel, config.NHeads, config.NLayers);

    private static HookMap Points(string family, string setting = "\"attention_types\": [[[\"global\"], 4]]") =>
        new(Read(family, setting).Outline);

    // A field that is there twice counts as it stands last.
    private static ModelConfig Read(string family, string setting) => Resolve($"{family}, {setting}");

    private static ModelConfig Resolve(string fields)
    {
        var config = ConfigReader.Parse("config.json", "{" + fields + "}");
        return ModelFamily.For(config).ReadConfig(config);
    }
}
