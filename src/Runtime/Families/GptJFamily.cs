using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// GPT-J (Wang and Komatsuzaki 2021, "GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model"): attention and FFN side
/// by side on one norm, rotary positions on adjacent pairs of part of each head, a bias on the unembedding.
/// Reference: transformers, modeling_gptj.
/// </summary>
public sealed class GptJFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gptj";

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless =>
        HarmlessSettings.With("n_ctx");

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.IsNull("rotary_dim"))
        {
            throw new InvalidInputException($"{config.Path}: rotary_dim: expected an integer, found null");
        }

        config.Only("rotary", true);
        config.Only("scale_attn_weights", true);
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
            Block = BlockStyle.ParallelSharedNorm,
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = PositionKind.Rotary,
            Rotary = new RotaryConfig(config.Int("rotary_dim", 64), 10000, AdjacentPairs: true),
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "activation_function", "gelu_new"),
            TiedUnembedding = config.Flag("tie_word_embeddings", false),
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
        var reader = new WeightReader(source, "transformer.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("wte.weight"), "lm_head.weight", config.HasUnembed ? source.Read("lm_head.bias", config.DVocab) : null);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"h.{l}")))],
            FinalNorm = reader.LayerNorm("ln_f", config.DModel),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("ln_1", d),
            new AttentionWeights(
                reader.Linear("attn.q_proj", d, d, bias: false),
                reader.Linear("attn.k_proj", d, d, bias: false),
                reader.Linear("attn.v_proj", d, d, bias: false),
                reader.Linear("attn.out_proj", d, d, bias: false)),
            null,
            new FeedForwardWeights(
                reader.Linear("mlp.fc_in", config.DMlp, d, bias: true),
                null,
                reader.Linear("mlp.fc_out", d, config.DMlp, bias: true),
                []));
    }
}
