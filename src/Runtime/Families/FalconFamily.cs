using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// Falcon (Almazrouei et al. 2023, "The Falcon Series of Open Language Models"): attention and FFN side by side, on one norm
/// (7B, and 11B) or two (40B, 180B), or one after the other; multi-query or grouped attention in one matrix; rotary positions.
/// Reference: transformers, modeling_falcon.
/// </summary>
public sealed class FalconFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "falcon";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // Its ALiBi is rounded to bfloat16 and scaled with the scores, unlike everybody else's.
        config.Only("alibi", false);
        int width = config.Int("hidden_size"), heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads), context = config.Int("max_position_embeddings", 2048);
        bool grouped = config.Flag("new_decoder_architecture", false);
        int keyHeads = grouped
            ? config.Int("num_kv_heads", heads)
            : config.Flag("multi_query", true) ? 1 : heads;
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = keyHeads,
            DHead = head,
            DMlp = config.Int("ffn_hidden_size", 4 * width),
            DVocab = config.Int("vocab_size"),
            NCtx = context,
            Block = Block(config, grouped),
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = PositionKind.Rotary,
            Rotary = new RotaryConfig(
                head, FamilyConfig.RotaryNumber(config, "rope_theta", 10000),
                Scaling: FamilyConfig.RotaryScaling(config, context)),
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "activation", "gelu"),
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
        source.Ignore(name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            || (config.TiedUnembedding && name == "lm_head.weight"));
        var reader = new WeightReader(source, "transformer.");
        float[] embedding = reader.Read("word_embeddings.weight", config.DVocab, config.DModel);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => ReadBlock(config, reader.Under($"h.{l}")))],
            FinalNorm = reader.LayerNorm("ln_f", config.DModel),
            Unembed = FamilyConfig.Unembedding(config, embedding, source, "lm_head"),
        };
    }

    private static BlockStyle Block(ConfigReader config, bool grouped)
    {
        if (!grouped && !config.Flag("parallel_attn", true))
        {
            return BlockStyle.PreNorm;
        }

        int norms = config.OptionalInt("num_ln_in_parallel_attn") ?? (grouped ? 2 : 1);
        return norms switch
        {
            1 => BlockStyle.ParallelSharedNorm,
            2 when grouped => BlockStyle.Parallel,
            _ => throw new InvalidInputException(
                $"{config.Path}: num_ln_in_parallel_attn: expected 1, or 2 with new_decoder_architecture, found {norms}"),
        };
    }

    private static BlockWeights ReadBlock(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        (string norm1, string? norm2) = config.Block switch
        {
            BlockStyle.Parallel => ("ln_attn", "ln_mlp"),
            BlockStyle.PreNorm => ("input_layernorm", "post_attention_layernorm"),
            _ => ("input_layernorm", null),
        };
        return new BlockWeights(
            reader.LayerNorm(norm1, d),
            reader.GroupedAttention(config, "self_attention.query_key_value", "self_attention.dense"),
            norm2 is null ? null : reader.LayerNorm(norm2, d),
            new FeedForwardWeights(
                Map("mlp.dense_h_to_4h", config.DMlp, d), null, Map("mlp.dense_4h_to_h", d, config.DMlp), []));

        Linear Map(string name, int outputs, int inputs) => reader.Linear(name, outputs, inputs, reader.Has(name + ".bias"));
    }
}
