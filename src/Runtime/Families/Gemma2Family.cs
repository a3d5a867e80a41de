namespace Interp.Runtime.Families;

/// <summary>
/// Gemma 2 (Gemma Team 2024, "Gemma 2: Improving Open Language Models at a Practical Size"): Gemma with norms after attention
/// and FFN besides those before, soft-caps on scores and logits, a score scale of its own, and a sliding window in every other
/// layer. Reference: transformers, modeling_gemma2.
/// </summary>
public sealed class Gemma2Family() : LlamaStyleFamily("gemma2")
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
        return (resolved with
        {
            EmbedScale = (float)Math.Sqrt(resolved.DModel),
            BranchNorms = BranchNorms.BeforeAndAfter,
            AttentionScale = (float)(1 / Math.Sqrt(config.Number("query_pre_attn_scalar", 256))),
            ScoreSoftCap = Cap("attn_logit_softcapping", 50),
            LogitSoftCap = Cap("final_logit_softcapping", 30),
        }).Validated(config.Path);

        float? Cap(string field, double fallback) => config.IsNull(field) ? null : (float)config.Number(field, fallback);
    }

    /// <inheritdoc/>
    private protected override ActivationFunction Activation(ConfigReader config) => FamilyConfig.GemmaActivation(config);

    /// <inheritdoc/>
    private protected override NormWeights Norm(WeightReader reader, string name, int width) =>
        reader.OnePlusRmsNorm(name, width);

    /// <inheritdoc/>
    private protected override BlockWeights Block(ModelConfig config, WeightReader reader) => new(
        Norm(reader, "input_layernorm", config.DModel),
        Attention(config, reader),
        Norm(reader, "pre_feedforward_layernorm", config.DModel),
        FeedForward(config, reader))
    {
        Norm1Post = Norm(reader, "post_attention_layernorm", config.DModel),
        Norm2Post = Norm(reader, "post_feedforward_layernorm", config.DModel),
    };

    /// <inheritdoc/>
    private protected override int? Window(ConfigReader config)
    {
        int? window = config.IsNull("sliding_window") ? null : config.Int("sliding_window", 4096);
        if (window is { } size)
        {
            config.Only("sliding_window_size", size);
        }

        return window;
    }

    /// <inheritdoc/>
    private protected override bool Slides(ConfigReader config, int layer, int layers) => layer % 2 == 0;
}
