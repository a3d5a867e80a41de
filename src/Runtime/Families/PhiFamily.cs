using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// Phi-1, Phi-1.5 and Phi-2 (Gunasekar et al. 2023; Li et al. 2023): attention and FFN side by side on one norm, rotary
/// positions on part of each head, biases everywhere, also on the unembedding. Reference: transformers, modeling_phi.
/// </summary>
public sealed class PhiFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "phi";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("qk_layernorm", false);
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        int context = config.Int("max_position_embeddings");
        RotaryConfig rotary = RotarySettings.Read(config, head, context, new RotaryDefaults(Share: 0.5));
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = config.Int("num_key_value_heads", heads),
            DHead = head,
            DMlp = config.Int("intermediate_size"),
            DVocab = config.Int("vocab_size"),
            NCtx = FamilyConfig.Context(rotary, context),
            Block = BlockStyle.ParallelSharedNorm,
            NormEpsilon = (float)config.Number("layer_norm_eps", 1e-5),
            Positions = PositionKind.Rotary,
            Rotary = rotary,
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "hidden_act", "gelu_new"),
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
        source.Ignore(name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal));
        var reader = new WeightReader(source, "model.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("embed_tokens.weight"), "lm_head.weight", config.HasUnembed ? source.Read("lm_head.bias", config.DVocab) : null);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = reader.LayerNorm("final_layernorm", config.DModel),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, keys = config.NKeyValueHeads * config.DHead;
        return new BlockWeights(
            reader.LayerNorm("input_layernorm", d),
            new AttentionWeights(
                reader.Linear("self_attn.q_proj", d, d, bias: true),
                reader.Linear("self_attn.k_proj", keys, d, bias: true),
                reader.Linear("self_attn.v_proj", keys, d, bias: true),
                reader.Linear("self_attn.dense", d, d, bias: true)),
            null,
            new FeedForwardWeights(
                reader.Linear("mlp.fc1", config.DMlp, d, bias: true),
                null,
                reader.Linear("mlp.fc2", d, config.DMlp, bias: true),
                []));
    }
}
