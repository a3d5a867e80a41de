using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023: sliding window) and Qwen2 (Yang et al. 2024: biases on q, k
/// and v): pre-norm RMSNorm, rotary positions on halves, grouped-query attention, gated SiLU FFN.
/// Reference: transformers, modeling_llama, modeling_mistral, modeling_qwen2.
/// </summary>
/// <param name="modelType">llama, mistral or qwen2.</param>
public sealed class LlamaFamily(string modelType) : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => modelType;

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int layers = config.Int("num_hidden_layers");
        int head = config.OptionalInt("head_dim") ?? FamilyConfig.HeadDimension(config, width, heads);
        int context = config.Int("max_position_embeddings");
        RotaryScaling? scaling = FamilyConfig.RotaryScaling(config, context);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = layers,
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = config.Int("num_key_value_heads", heads),
            DHead = head,
            DMlp = config.Int("intermediate_size"),
            DVocab = config.Int("vocab_size"),
            NCtx = FamilyConfig.Context(scaling, context),
            Norm = NormKind.Rms,
            NormEpsilon = (float)config.Number("rms_norm_eps", 1e-6),
            Positions = PositionKind.Rotary,
            Rotary = new RotaryConfig(head, config.Number("rope_theta", 10000), Scaling: scaling),
            Windows = Windows(config, layers),
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "hidden_act", "silu"),
            Gated = true,
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
        source.Ignore(name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            || (config.TiedUnembedding && name == "lm_head.weight"));
        var reader = new WeightReader(source, "model.");
        float[] embedding = reader.Read("embed_tokens.weight", config.DVocab, config.DModel);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = reader.RmsNorm("norm", config.DModel),
            Unembed = FamilyConfig.Unembedding(config, embedding, source, "lm_head"),
        };
    }

    // Biases are read where the checkpoint has them: Llama's flags for them came after checkpoints that use them.
    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, queries = config.NHeads * config.DHead, keys = config.NKeyValueHeads * config.DHead;
        return new BlockWeights(
            reader.RmsNorm("input_layernorm", d),
            new AttentionWeights(
                Project("self_attn.q_proj", queries, d),
                Project("self_attn.k_proj", keys, d),
                Project("self_attn.v_proj", keys, d),
                Project("self_attn.o_proj", d, queries)),
            reader.RmsNorm("post_attention_layernorm", d),
            new FeedForwardWeights(
                Project("mlp.gate_proj", config.DMlp, d),
                Project("mlp.up_proj", config.DMlp, d),
                Project("mlp.down_proj", d, config.DMlp),
                []));

        Linear Project(string name, int outputs, int inputs) =>
            reader.Linear(name, outputs, inputs, reader.Has(name + ".bias"));
    }

    private IReadOnlyList<int?>? Windows(ConfigReader config, int layers)
    {
        int? window = ModelType switch
        {
            "mistral" => config.OptionalInt("sliding_window"),
            "qwen2" when config.Flag("use_sliding_window", false) => config.OptionalInt("sliding_window"),
            _ => null,
        };
        if (window is null)
        {
            return null;
        }

        if (window < 1)
        {
            throw new InvalidInputException($"{config.Path}: sliding_window: expected at least 1, found {window}");
        }

        // Qwen2 slides only from max_window_layers upward; Mistral in every layer.
        int first = ModelType == "qwen2" ? config.Int("max_window_layers", layers) : 0;
        return [.. Enumerable.Range(0, layers).Select(l => l >= first ? window : null)];
    }
}
