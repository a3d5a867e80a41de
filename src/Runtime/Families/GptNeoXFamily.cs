using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): attention and FFN in parallel (or one after the other),
/// partial rotary positions, q, k and v interleaved by head in one matrix. Reference: transformers, modeling_gpt_neox.
/// </summary>
public sealed class GptNeoXFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_neox";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        int context = config.Int("max_position_embeddings");
        RotaryConfig rotary = RotarySettings.Read(config, head, context, new RotaryDefaults(Share: 0.25)
        {
            ShareNames = ["rotary_pct", "partial_rotary_factor"],
            BaseNames = ["rotary_emb_base", "rope_theta"],
        });
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = config.Int("intermediate_size"),
            DVocab = config.Int("vocab_size"),
            NCtx = FamilyConfig.Context(rotary, context),
            Block = config.Flag("use_parallel_residual", true) ? BlockStyle.Parallel : BlockStyle.PreNorm,
            NormEpsilon = (float)config.Number("layer_norm_eps", 1e-5),
            Positions = PositionKind.Rotary,
            Rotary = rotary,
            AttentionBias = config.Has("attention_bias") ? config.Flag("attention_bias", true) : null,
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "hidden_act", "gelu"),
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
        // Buffers of old checkpoints: masks and rotary frequencies.
        source.Ignore(name => name.EndsWith(".attention.bias", StringComparison.Ordinal)
            || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal)
            || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal));
        var reader = new WeightReader(source, "gpt_neox.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("embed_in.weight"), "embed_out.weight");
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = reader.LayerNorm("final_layer_norm", config.DModel),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        (Linear query, Linear key, Linear value) = reader.FusedByGroup("attention.query_key_value", config, config.AttentionBias);
        return new BlockWeights(
            reader.LayerNorm("input_layernorm", d),
            new AttentionWeights(query, key, value, reader.LinearOf("attention.dense", d, d, config.AttentionBias)),
            reader.LayerNorm("post_attention_layernorm", d),
            new FeedForwardWeights(
                reader.Linear("mlp.dense_h_to_4h", config.DMlp, d, bias: true),
                null,
                reader.Linear("mlp.dense_4h_to_h", d, config.DMlp, bias: true),
                []));
    }
}
