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
        ModelConfig resolved = base.ReadConfig(config);
        return resolved with
        {
            EmbedScale = (float)Math.Sqrt(resolved.DModel),

            // hidden_act of old checkpoints says gelu and is not what they were trained with: transformers ignores it too.
            Activation = FamilyConfig.Activation(config, "hidden_activation", "gelu_pytorch_tanh"),
        };
    }

    /// <inheritdoc/>
    private protected override NormWeights Norm(WeightReader reader, string name, int width) =>
        reader.OnePlusRmsNorm(name, width);
}
