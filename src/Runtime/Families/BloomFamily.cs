using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// BLOOM (BigScience Workshop 2022): pre-norm LayerNorm, ALiBi positions, a norm over the token embedding, q, k and v
/// interleaved by head in one matrix, tied unembedding. Reference: transformers, modeling_bloom.
/// </summary>
public sealed class BloomFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bloom";

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless =>
        HarmlessSettings.With(
            "slow_but_exact", "attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "offset_alibi",
            "skip_bias_add", "skip_bias_add_qkv");

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("apply_residual_connection_post_layernorm", false);
        int width = FamilyConfig.IntOr(config, "hidden_size", "n_embed");
        int heads = FamilyConfig.IntOr(config, "n_head", "num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        config.Only("n_inner", 4 * width);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = FamilyConfig.IntOr(config, "n_layer", "num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = 4 * width,
            DVocab = config.Int("vocab_size"),
            // ALiBi itself has no limit; this is the length that BLOOM was trained with.
            NCtx = config.Int("seq_length", 2048),
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = PositionKind.Alibi,
            AttentionScale = 1f / MathF.Sqrt(head),
            EmbedNorm = true,
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
        var reader = new WeightReader(source, source.Contains("word_embeddings.weight") ? "" : "transformer.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("word_embeddings.weight"), "lm_head.weight");
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            EmbedNorm = reader.LayerNorm("word_embeddings_layernorm", config.DModel),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"h.{l}")))],
            FinalNorm = reader.LayerNorm("ln_f", config.DModel),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        (Linear query, Linear key, Linear value) = reader.FusedByGroup("self_attention.query_key_value", config, biased: true);
        return new BlockWeights(
            reader.LayerNorm("input_layernorm", d),
            new AttentionWeights(query, key, value, reader.Linear("self_attention.dense", d, d, bias: true)),
            reader.LayerNorm("post_attention_layernorm", d),
            new FeedForwardWeights(
                reader.Linear("mlp.dense_h_to_4h", config.DMlp, d, bias: true),
                null,
                reader.Linear("mlp.dense_4h_to_h", d, config.DMlp, bias: true),
                []));
    }
}
