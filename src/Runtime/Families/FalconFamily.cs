using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// Falcon (Almazrouei et al. 2023, "The Falcon Series of Open Language Models"). The first design has one key-value head
/// (<c>multi_query</c>) or as many as heads, and attention and FFN side by side on one norm, or one after the other
/// (<c>parallel_attn</c>); the second (<c>new_decoder_architecture</c>) has grouped queries and one or two norms side by
/// side. Positions are rotary or ALiBi. Reference: transformers, modeling_falcon.
/// </summary>
public sealed class FalconFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "falcon";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("apply_residual_connection_post_layernorm", false);
        int width = FamilyConfig.IntOr(config, "hidden_size", "n_embed");
        int heads = FamilyConfig.IntOr(config, "num_attention_heads", "n_head");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        int context = config.Int("max_position_embeddings", 2048);
        bool alibi = config.Flag("alibi", false);
        RotaryConfig? rotary = alibi ? null : RotarySettings.Read(config, head, context);
        RotarySettings.Accept(config);
        bool? bias = config.Has("bias") ? config.Flag("bias", false) : null;
        config.Only("ff_factor", (double)config.Int("ffn_hidden_size", 4 * width) / width);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = FamilyConfig.IntOr(config, "num_hidden_layers", "n_layer"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = KeyValueHeads(config, heads),
            DHead = head,
            DMlp = config.Int("ffn_hidden_size", 4 * width),
            DVocab = config.Int("vocab_size"),
            NCtx = FamilyConfig.Context(rotary, context),
            Block = Style(config),
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = alibi ? PositionKind.Alibi : PositionKind.Rotary,
            Rotary = rotary,
            RoundedAlibi = alibi,
            AttentionBias = bias,
            FeedForwardBias = bias,
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
            || name.EndsWith(".maybe_rotary.inv_freq", StringComparison.Ordinal));
        var reader = new WeightReader(source, "transformer.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("word_embeddings.weight"), "lm_head.weight");
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
        (Linear query, Linear key, Linear value) = reader.FusedByGroup("self_attention.query_key_value", config, config.AttentionBias);
        (string norm1, string? norm2) = NormNames(config);
        return new BlockWeights(
            reader.LayerNorm(norm1, d),
            new AttentionWeights(query, key, value, reader.LinearOf("self_attention.dense", d, d, config.AttentionBias)),
            norm2 is null ? null : reader.LayerNorm(norm2, d),
            new FeedForwardWeights(
                reader.LinearOf("mlp.dense_h_to_4h", config.DMlp, d, config.FeedForwardBias),
                null,
                reader.LinearOf("mlp.dense_4h_to_h", d, config.DMlp, config.FeedForwardBias),
                []));
    }

    /// <summary>The names of a block's norms, which differ between its designs.</summary>
    internal static (string First, string? Second) NormNames(ModelConfig config)
    {
        BlockPlan plan = BlockPlan.Of(config);
        return !plan.Has(BlockNorm.Second) ? ("input_layernorm", null)
            : plan.AttentionReachesFeedForward ? ("input_layernorm", "post_attention_layernorm")
            : ("ln_attn", "ln_mlp");
    }

    private static int KeyValueHeads(ConfigReader config, int heads)
    {
        int asked = config.Int("num_kv_heads", heads);
        bool shared = config.Flag("multi_query", true);
        if (config.Flag("new_decoder_architecture", false))
        {
            return asked;
        }

        if (shared)
        {
            return 1;
        }

        return asked == heads ? heads : throw new InvalidInputException(
            $"{config.Path}: num_kv_heads: expected {heads} (num_attention_heads) where neither multi_query nor "
            + $"new_decoder_architecture is set, found {asked}");
    }

    private static BlockStyle Style(ConfigReader config)
    {
        bool newDesign = config.Flag("new_decoder_architecture", false);
        bool parallel = config.Flag("parallel_attn", true);
        int norms = config.Int("num_ln_in_parallel_attn", newDesign ? 2 : 1);
        return (newDesign, parallel, norms) switch
        {
            (true, true, 2) => BlockStyle.Parallel,
            (_, true, 1) => BlockStyle.ParallelSharedNorm,
            (false, false, _) => BlockStyle.PreNorm,
            (true, false, _) => throw new InvalidInputException(
                $"{config.Path}: parallel_attn: expected true with new_decoder_architecture, found false"),
            _ => throw new InvalidInputException(
                $"{config.Path}: num_ln_in_parallel_attn: expected {(newDesign ? "1 or 2" : "1")}, found {norms}"),
        };
    }
}
