using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"): pre-norm LayerNorm, learned
/// positions, tied unembedding, projections stored as [inputs, outputs] with q, k and v side by side.
/// Reference: transformers, modeling_gpt2.
/// </summary>
public sealed class Gpt2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt2";

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless =>
        HarmlessSettings.With("n_ctx", "n_special");

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("n_embd");
        int heads = config.Int("n_head");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("n_layer"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = config.Int("n_inner", 4 * width),
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("n_positions"),
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = PositionKind.Learned,
            AttentionScale = config.Flag("scale_attn_weights", true) ? 1f / MathF.Sqrt(head) : 1f,
            ScaleByInverseLayer = config.Flag("scale_attn_by_inverse_layer_idx", false),
            Activation = FamilyConfig.Activation(config, "activation_function", "gelu_new"),
            TiedUnembedding = config.Flag("tie_word_embeddings", true),
            BosId = FamilyConfig.Bos(config),
            EosIds = config.Ints("eos_token_id"),
        }.Validated(config.Path);
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        // Buffers that hold the causal mask.
        source.Ignore(name => name.EndsWith(".attn.bias", StringComparison.Ordinal)
            || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal));
        string prefix = source.Contains("wte.weight") ? "" : "transformer.";
        var reader = new WeightReader(source, prefix);
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("wte.weight"), "lm_head.weight");
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("wpe.weight", config.NCtx, config.DModel),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"h.{l}")))],
            FinalNorm = reader.LayerNorm("ln_f", config.DModel),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        WeightView weight = reader.View("attn.c_attn.weight", d, 3 * d);
        float[] bias = reader.Read("attn.c_attn.bias", 3 * d);
        return new BlockWeights(
            reader.LayerNorm("ln_1", d),
            new AttentionWeights(Third(0), Third(1), Third(2), reader.Conv1D("attn.c_proj", d, d)),
            reader.LayerNorm("ln_2", d),
            new FeedForwardWeights(
                reader.Conv1D("mlp.c_fc", d, config.DMlp), null, reader.Conv1D("mlp.c_proj", config.DMlp, d), []));

        Linear Third(int part) => weight.InputsFirst(
            d, d, bias[(part * d)..((part + 1) * d)], new WeightPlace(part * d, Stride: 3 * d));
    }
}
