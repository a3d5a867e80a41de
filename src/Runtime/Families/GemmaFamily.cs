namespace Interp.Runtime.Families;

/// <summary>
/// Gemma (Gemma Team 2024, "Gemma: Open Models Based on Gemini Research and Technology"): Llama's block with embeddings times
/// sqrt(d_model), norm gains stored as w for 1 + w, a gated GELU, a head dimension of its own, and a tied unembedding.
/// Reference: transformers, modeling_gemma.
/// </summary>
public sealed class GemmaFamily() : LlamaStyleFamily("gemma")
{
    /// <inheritdoc/>
    private protected override int? DefaultHeadDimension => 256;

    /// <inheritdoc/>
    private protected override bool TiedByDefault => true;

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("use_bidirectional_attention", false);
        ModelConfig resolved = base.ReadConfig(config);
        return resolved with { EmbedScale = (float)Math.Sqrt(resolved.DModel) };
    }

    /// <inheritdoc/>
    private protected override ActivationFunction Activation(ConfigReader config) => FamilyConfig.GemmaActivation(config);

    /// <inheritdoc/>
    private protected override NormWeights Norm(WeightReader reader, string name, int width) =>
        reader.OnePlusRmsNorm(name, width);
}
