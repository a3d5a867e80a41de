namespace Interp.Runtime.Families;

/// <summary>
/// StableLM (Bellagente et al. 2024, "Stable LM 2 1.6B Technical Report"): Llama's parts with LayerNorm, partial rotary
/// positions, optional biases on q, k and v, an optional norm of each head's query and key with gains of its own, and an optional
/// parallel block on one norm. Reference: transformers, modeling_stablelm.
/// </summary>
public sealed class StableLmFamily() : LlamaStyleFamily("stablelm")
{
    /// <inheritdoc/>
    private protected override RotaryDefaults Rotary => new(Share: 0.25);

    /// <inheritdoc/>
    private protected override double NormEpsilon(ConfigReader config) => config.Number("layer_norm_eps", 1e-5);

    /// <inheritdoc/>
    private protected override bool? AttentionBias(ConfigReader config) =>
        config.Has("use_qkv_bias") ? config.Flag("use_qkv_bias", false) : null;

    /// <inheritdoc/>
    private protected override bool? OutputBias(ModelConfig config) => null;

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("rotary_scaling_factor", 1);
        return (base.ReadConfig(config) with
        {
            Norm = NormKind.LayerNorm,
            QkNorm = config.Flag("qk_layernorm", false) ? QkNorm.PerHead : QkNorm.None,
            Block = config.Flag("use_parallel_residual", false) ? BlockStyle.ParallelSharedNorm : BlockStyle.PreNorm,
        }).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override NormWeights Norm(WeightReader reader, string name, int width) => reader.LayerNorm(name, width);

    /// <inheritdoc/>
    private protected override BlockWeights Block(ModelConfig config, WeightReader reader) =>
        BlockPlan.Of(config).Has(BlockNorm.Second)
            ? base.Block(config, reader)
            : new(Norm(reader, "input_layernorm", config.DModel), Attention(config, reader), null, FeedForward(config, reader));

    /// <inheritdoc/>
    private protected override AttentionWeights Attention(ModelConfig config, WeightReader reader)
    {
        AttentionWeights attention = base.Attention(config, reader);
        return config.QkNorm == QkNorm.None ? attention : attention with
        {
            QueryNorm = HeadNorms(reader, "self_attn.q_layernorm", config.NHeads, config.DHead),
            KeyNorm = HeadNorms(reader, "self_attn.k_layernorm", config.NKeyValueHeads, config.DHead),
        };
    }

    // One LayerNorm without bias for each head.
    private static NormWeights HeadNorms(WeightReader reader, string name, int heads, int width) =>
        new([.. Enumerable.Range(0, heads).SelectMany(h => reader.Read($"{name}.norms.{h}.weight", width))], []);
}
