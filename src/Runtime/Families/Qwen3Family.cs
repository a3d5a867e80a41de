namespace Interp.Runtime.Families;

/// <summary>
/// Qwen3 (Yang et al. 2025, "Qwen3 Technical Report"): Llama's block with an RMSNorm over each head's query and key, its gain
/// shared by the heads, and a head dimension of its own. Reference: transformers, modeling_qwen3.
/// </summary>
public sealed class Qwen3Family() : LlamaStyleFamily("qwen3")
{
    /// <inheritdoc/>
    private protected override int? DefaultHeadDimension => 128;

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Accept(UnusedWindow);
        return (base.ReadConfig(config) with { QkNorm = QkNorm.PerHead }).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override AttentionWeights Attention(ModelConfig config, WeightReader reader) =>
        base.Attention(config, reader) with
        {
            QueryNorm = Norm(reader, "self_attn.q_norm", config.DHead),
            KeyNorm = Norm(reader, "self_attn.k_norm", config.DHead),
        };

    /// <inheritdoc/>
    private protected override int? Window(ConfigReader config) =>
        config.Flag("use_sliding_window", false) ? config.OptionalInt("sliding_window") : null;

    /// <inheritdoc/>
    private protected override bool Slides(ConfigReader config, int layer, int layers) =>
        layer >= config.Int("max_window_layers", layers);
}
