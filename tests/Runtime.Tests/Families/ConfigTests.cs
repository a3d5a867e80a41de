using System.Text.Json;
using Interp.Runtime.Families;

namespace Interp.Runtime.Tests.Families;

/// <summary>What config.json says, and what is left out, of families that vary Llama.</summary>
public sealed class ConfigTests
{
    [Fact]
    public void Gemma2_slides_in_even_layers_or_where_layer_types_says_so()
    {
        Assert.Equal([4096, null, 4096, null], Read("gemma2").Windows!);
        Assert.Equal([8, null, 8, null], Read("gemma2", ("sliding_window", 8)).Windows!);
        Assert.Null(Read("gemma2", ("sliding_window", null)).Windows);
        string[] types = ["full_attention", "full_attention", "full_attention", "sliding_attention"];
        Assert.Equal([null, null, null, 8], Read("gemma2", ("sliding_window", 8), ("layer_types", types)).Windows!);
    }

    [Fact]
    public void Gemma2_has_soft_caps_unless_they_are_null()
    {
        Assert.Equal((50, 30), (Read("gemma2").ScoreSoftCap, Read("gemma2").LogitSoftCap));
        ModelConfig none = Read("gemma2", ("attn_logit_softcapping", null), ("final_logit_softcapping", null));
        Assert.Equal((null, null), (none.ScoreSoftCap, none.LogitSoftCap));
    }

    [Fact]
    public void Gemma_ignores_the_activation_that_old_checkpoints_name() =>
        Assert.Equal(ActivationFunction.GeluTanh, Read("gemma", ("hidden_act", "gelu")).Activation);

    [Fact]
    public void Rotary_settings_are_read_from_rope_parameters_where_transformers_5_writes_them()
    {
        var parameters = new { rope_type = "linear", factor = 2, rope_theta = 5000, partial_rotary_factor = 0.5 };
        RotaryConfig rotary = Read("phi3", ("rope_parameters", parameters)).Rotary!;
        Assert.Equal((4, 5000, RotaryScalingKind.Linear), (rotary.Dim, rotary.Base, rotary.Scaling!.Kind));
        Assert.Equal(1e6, Read("mixtral").Rotary!.Base);
        Assert.Equal(5000, Read("mixtral", ("rope_parameters", new { rope_type = "default", rope_theta = 5000 })).Rotary!.Base);
    }

    [Theory]
    [InlineData("phi3", "rope_scaling", """{ "type": "longrope", "factor": 4 }""", "short_factor: expected a list of numbers, found nothing")]
    [InlineData("gemma2", "layer_types", """["full_attention"]""", "layer_types: expected 4 entries, found 1")]
    [InlineData("qwen3", "layer_types", """["full_attention", "x", "x", "x"]""", "expected sliding_attention or full_attention, found 'x'")]
    [InlineData("gemma2", "layer_types", "3", "layer_types: expected a list of texts, found 3")]
    [InlineData("gemma2", "final_logit_softcapping", "0", "soft-cap: expected a number above 0, found 0")]
    [InlineData("gemma2", "use_bidirectional_attention", "true", "use_bidirectional_attention: expected false")]
    [InlineData("mixtral", "num_experts_per_tok", "9", "found 9 of 8 experts")]
    [InlineData("mistral", "sliding_window", "0", "sliding_window: expected at least 1, found 0")]
    [InlineData("mistral", "num_hidden_layers", "-1", "num_hidden_layers: expected 1 to 65536 layers, found -1")]
    [InlineData("mistral", "num_hidden_layers", "2000000000", "num_hidden_layers: expected 1 to 65536 layers, found 2000000000")]
    [InlineData("roberta", "pad_token_id", "-2", "pad_token_id: expected a token, 0 to 98, found -2")]
    [InlineData("roberta", "pad_token_id", "2147483647", "pad_token_id: expected a token, 0 to 98, found 2147483647")]
    public void A_setting_that_is_not_computed_is_refused(string family, string field, string json, string message)
    {
        (string, object?)[] settings = [(field, JsonDocument.Parse(json).RootElement), ("sliding_window", 8), ("use_sliding_window", true)];
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => Read(family, field == "sliding_window" ? settings[..1] : settings));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static ModelConfig Read(string family, params (string Name, object? Value)[] settings)
    {
        Dictionary<string, object?> config = new()
        {
            ["model_type"] = family,
            ["hidden_size"] = 32,
            ["num_attention_heads"] = 4,
            ["num_hidden_layers"] = 4,
            ["intermediate_size"] = 64,
            ["vocab_size"] = 99,
            ["max_position_embeddings"] = 64,
        };
        foreach ((string name, object? value) in settings)
        {
            config[name] = value;
        }

        ConfigReader reader = ConfigReader.Parse("config.json", JsonSerializer.Serialize(config));
        return ModelFamily.For(reader).ReadConfig(reader);
    }
}
