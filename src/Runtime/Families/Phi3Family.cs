using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// Phi-3 (Abdin et al. 2024, "Phi-3 Technical Report"): Llama's block with q, k and v in one matrix, gate and linear branch of
/// the FFN in another, and a sliding window in every layer. Reference: transformers, modeling_phi3.
/// </summary>
public sealed class Phi3Family() : LlamaStyleFamily("phi3")
{
    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        foreach (string bias in new[] { "attention_bias", "mlp_bias", "lm_head_bias" })
        {
            config.Only(bias, false);
        }

        config.Only("full_attn_mod", 1);
        config.Only("interpolate_factor", 1);
        return base.ReadConfig(config);
    }

    /// <inheritdoc/>
    private protected override AttentionWeights Attention(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, queries = config.NHeads * config.DHead, keys = config.NKeyValueHeads * config.DHead;
        WeightView fused = reader.View("self_attn.qkv_proj.weight", queries + (2 * keys), d);
        return new AttentionWeights(
            Rows(fused, 0, queries, d),
            Rows(fused, queries, keys, d),
            Rows(fused, queries + keys, keys, d),
            reader.Linear("self_attn.o_proj", d, queries, bias: false));
    }

    /// <inheritdoc/>
    private protected override FeedForwardWeights FeedForward(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, mlp = config.DMlp;
        WeightView fused = reader.View("mlp.gate_up_proj.weight", 2 * mlp, d);
        return new FeedForwardWeights(
            Rows(fused, 0, mlp, d), Rows(fused, mlp, mlp, d), reader.Linear("mlp.down_proj", d, mlp, bias: false), []);
    }

    /// <inheritdoc/>
    private protected override int? Window(ConfigReader config) => config.OptionalInt("sliding_window");

    private static Linear Rows(WeightView fused, int first, int count, int width) =>
        fused.OutputsFirst(count, width, null, new WeightPlace((long)first * width));
}
