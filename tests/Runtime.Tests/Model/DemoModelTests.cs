using Interp.Runtime.Families;

namespace Interp.Runtime.Tests.Model;

public sealed class DemoModelTests
{
    // What a config.json in TransformerLens' own format says of such a model; the demo model is made without one.
    private const string Json = """
        {
          "model_type": "hooked_transformer", "n_layers": 2, "d_model": 160, "n_heads": 4, "d_head": 32, "d_vocab": 32, "n_ctx": 32,
          "attn_only": true, "normalization_type": null, "positional_embedding_type": "standard", "use_attn_scale": false
        }
        """;

    [Fact]
    public void Its_configuration_is_that_of_a_file_in_its_family() =>
        Assert.Equal(new HookedTransformerFamily().ReadConfig(ConfigReader.Parse("demo", Json)), DemoModel.Create().Config);
}
