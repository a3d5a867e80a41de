using System.Text.Json.Nodes;
using Interp.Runtime.Families;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Families;

/// <summary>Every setting is known or refused: what published checkpoints say is, and anything else is named.</summary>
public sealed class KnownSettingsTests
{
    public static TheoryData<string> Published => [.. PublishedConfigs.All.Keys];

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_settings_are_known(string name) =>
        Assert.Equal(name.Split(' ')[0], Resolve(PublishedConfigs.All[name]).Family);

    [Fact]
    public void Each_family_has_a_published_example() =>
        Assert.Equal(ModelFamily.Names.Order(), PublishedConfigs.All.Keys.Select(k => k.Split(' ')[0]).Distinct().Order());

    // A key of another family, or of none, whatever its value, but for null, which says nothing.
    [Theory]
    [MemberData(nameof(Published))]
    public void A_setting_that_is_not_known_is_refused_by_name(string name)
    {
        foreach (JsonNode value in new JsonNode[] { true, false, 0, "x", new JsonArray(1), new JsonObject() })
        {
            Refused.With(() => Resolve(With(name, "a_new_setting", value)), "config.json", "'a_new_setting'", "expected only known settings");
        }

        Resolve(With(name, "a_new_setting", null));
        Refused.With(() => Resolve(With(name, "num_register_tokens", 4)), "'num_register_tokens'", "found 4");
    }

    [Theory]
    [InlineData("llama", "rope_thetas", "500", "the nearest known setting is 'rope_theta'")]
    [InlineData("llama", "sliding_windows", "8", "'sliding_windows'")]
    [InlineData("gpt2", "rope_theta", "10000", "'rope_theta'")]
    [InlineData("gptj", "rope_parameters", """{"rope_type":"linear","factor":2}""", "'rope_parameters'")]
    [InlineData("gpt2", "quantization_config", """{"bits":4}""", "quantization_config: quantised weights are not read")]
    [InlineData("llama", "pruned_heads", """{"1":[0]}""", "pruned_heads", "'1'")]
    [InlineData("llama", "is_encoder_decoder", "true", "is_encoder_decoder: expected false")]
    [InlineData("gpt2", "add_cross_attention", "true", "add_cross_attention: expected false")]
    [InlineData("llama", "rope_interleaved", "true", "rope_interleaved: expected false")]
    [InlineData("qwen2", "use_mrope", "true", "use_mrope: expected false")]
    [InlineData("qwen2", "layer_types", """["full_attention","sliding_attention"]""", "layer_types: expected full_attention")]
    [InlineData("gptj", "scale_attn_weights", "false", "scale_attn_weights: expected true")]
    [InlineData("gptj", "rotary", "false", "rotary: expected true")]
    [InlineData("gpt_neo", "attention_layers", """["local","local","global","local"]""", "attention_layers: expected global, local, global, local")]
    [InlineData("gemma", "hidden_act", "\"silu\"", "hidden_act: expected what hidden_activation says")]
    [InlineData("gemma", "use_bidirectional_attention", "true", "use_bidirectional_attention: expected false")]
    [InlineData("gemma2", "sliding_window_size", "8", "sliding_window_size: expected 4096, found 8")]
    [InlineData("phi3 128k", "attention_bias", "true", "attention_bias: expected false")]
    [InlineData("stablelm", "rotary_scaling_factor", "2", "rotary_scaling_factor: expected 1, found 2")]
    [InlineData("stablelm", "rms_norm_eps", "1e-5", "'rms_norm_eps'")]
    [InlineData("opt", "scale_embeddings", "true", "scale_embeddings: expected false")]
    [InlineData("falcon 11B", "ff_factor", "3", "ff_factor: expected 4, found 3")]
    [InlineData("bloom", "n_inner", "8", "n_inner: expected 4096, found 8")]
    [InlineData("bloom", "hidden_size", "8", "hidden_size: expected 1024 as n_embed says, found 8")]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"", "position_embedding_type")]
    [InlineData("bert", "embedding_size", "8", "embedding_size: expected 768, found 8")]
    [InlineData("bert", "is_decoder", "true", "is_decoder: expected false")]
    [InlineData("hooked_transformer", "use_qk_norm", "true", "use_qk_norm: expected false")]
    [InlineData("hooked_transformer", "post_embedding_ln", "true", "post_embedding_ln: expected false")]
    [InlineData("hooked_transformer", "use_normalization_before_and_after", "true", "use_normalization_before_and_after: expected false")]
    [InlineData("hooked_transformer", "num_experts", "4", "'num_experts'")]
    [InlineData("hooked_transformer", "rotary_base_local", "10", "'rotary_base_local'")]
    [InlineData("hooked_transformer", "use_local_attn", "true", "window_size")]
    [InlineData("hooked_transformer", "attention_dir", "\"sideways\"", "attention_dir 'sideways'")]
    [InlineData("hooked_transformer", "d_vocab_out", "0", "number of outputs: expected at least 1, found 0")]
    public void A_setting_at_a_value_that_is_not_computed_is_refused_by_name(string name, string key, string json, params string[] words) =>
        Refused.With(() => Resolve(With(name, key, JsonNode.Parse(json))), ["config.json", .. words]);

    [Fact]
    public void Biases_are_those_that_the_settings_ask_for()
    {
        Assert.Equal((false, false), (Resolve(PublishedConfigs.All["llama"]).AttentionBias, Resolve(PublishedConfigs.All["llama"]).FeedForwardBias));
        Assert.Null(Resolve(PublishedConfigs.All["gpt_neox"]).AttentionBias);
        Assert.True(Resolve(PublishedConfigs.All["gpt_neox 20B"]).AttentionBias);
        string folder = Fixtures.Require("hf/llama_bias"), config = File.ReadAllText(Path.Combine(folder, "config.json"));
        using var work = new TemporaryDirectory();
        File.Copy(Path.Combine(folder, "model.safetensors"), work.At("model.safetensors"));
        work.Put("config.json", config.Replace("\"attention_bias\": true", "\"attention_bias\": false", StringComparison.Ordinal));
        Refused.With(() => TransformerModel.Load(work.FullPath), "self_attn.q_proj.bias", "expected none");
    }

    private static string With(string name, string key, JsonNode? value)
    {
        JsonObject config = JsonNode.Parse(PublishedConfigs.All[name])!.AsObject();
        config[key] = value?.DeepClone();
        return config.ToJsonString();
    }

    private static ModelConfig Resolve(string json)
    {
        var config = ConfigReader.Parse("config.json", json);
        return ModelFamily.For(config).Resolve(config);
    }
}
