namespace Interp.Runtime.Families;

/// <summary>
/// OLMo 2 (OLMo Team 2025, "2 OLMo 2 Furious"): Llama's parts with the norms after attention and FFN, inside the branch, none
/// before, and an RMSNorm over the whole query and key projection. Reference: transformers, modeling_olmo2.
/// </summary>
public sealed class Olmo2Family() : LlamaStyleFamily("olmo2")
{
    /// <inheritdoc/>
    private protected override double NormEpsilon(ConfigReader config) => config.Number("rms_norm_eps", 1e-5);

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return (base.ReadConfig(config) with
        {
            BranchNorms = BranchNorms.After,
            QkNorm = QkNorm.WholeProjection,
        }).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override BlockWeights Block(ModelConfig config, WeightReader reader) =>
        new(null, Attention(config, reader), null, FeedForward(config, reader))
        {
            Norm1Post = Norm(reader, "post_attention_layernorm", config.DModel),
            Norm2Post = Norm(reader, "post_feedforward_layernorm", config.DModel),
        };

    /// <inheritdoc/>
    private protected override AttentionWeights Attention(ModelConfig config, WeightReader reader) =>
        base.Attention(config, reader) with
        {
            QueryNorm = Norm(reader, "self_attn.q_norm", config.NHeads * config.DHead),
            KeyNorm = Norm(reader, "self_attn.k_norm", config.NKeyValueHeads * config.DHead),
        };
}
