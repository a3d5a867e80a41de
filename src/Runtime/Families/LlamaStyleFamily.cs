using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// What Llama (Touvron et al. 2023) shares with the families that vary it: pre-norm RMSNorm, rotary positions on halves,
/// grouped-query attention, gated SiLU FFN, and Hugging Face's names of their settings and tensors.
/// </summary>
/// <param name="modelType">The family's <c>model_type</c>.</param>
public abstract class LlamaStyleFamily(string modelType) : ModelFamily
{
    /// <summary>Qwen's settings of a window, which count for nothing unless <c>use_sliding_window</c> is set.</summary>
    private protected static string[] UnusedWindow => ["sliding_window", "max_window_layers"];

    /// <inheritdoc/>
    public override string ModelType => modelType;

    /// <summary>Head dimension where config.json has none; null = model width over heads.</summary>
    private protected virtual int? DefaultHeadDimension => null;

    /// <summary>Whether the unembedding is tied where config.json does not say.</summary>
    private protected virtual bool TiedByDefault => false;

    /// <summary>Rotary settings where config.json says nothing.</summary>
    private protected virtual RotaryDefaults Rotary => new();

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int layers = FamilyConfig.Layers(config, "num_hidden_layers");
        int head = config.OptionalInt("head_dim") ?? DefaultHeadDimension ?? FamilyConfig.HeadDimension(config, width, heads);
        int context = config.Int("max_position_embeddings");
        RotaryConfig rotary = RotarySettings.Read(config, head, context, Rotary);
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
            NCtx = FamilyConfig.Context(rotary, context),
            Norm = NormKind.Rms,
            NormEpsilon = (float)NormEpsilon(config),
            Positions = PositionKind.Rotary,
            Rotary = rotary,
            Windows = FamilyConfig.Windows(config, layers, Window(config), l => Slides(config, l, layers)),
            AttentionScale = 1f / MathF.Sqrt(head),
            AttentionBias = AttentionBias(config),
            FeedForwardBias = config.Has("mlp_bias") ? config.Flag("mlp_bias", false) : null,
            Activation = Activation(config),
            Gated = true,
            TiedUnembedding = config.Flag("tie_word_embeddings", TiedByDefault),
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
            config, source, reader.Name("embed_tokens.weight"), "lm_head.weight");
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = Norm(reader, "norm", config.DModel),
            Unembed = unembedding,
        };
    }

    /// <summary>Epsilon of the norms.</summary>
    private protected virtual double NormEpsilon(ConfigReader config) => config.Number("rms_norm_eps", 1e-6);

    /// <summary>Nonlinearity of the FFN.</summary>
    private protected virtual ActivationFunction Activation(ConfigReader config) =>
        FamilyConfig.Activation(config, "hidden_act", "silu");

    /// <summary>Whether the projections of attention have biases; null = as the checkpoint has them.</summary>
    private protected virtual bool? AttentionBias(ConfigReader config) =>
        config.Has("attention_bias") ? config.Flag("attention_bias", false) : null;

    /// <summary>Whether the output projection of attention has a bias; null = as the checkpoint has it.</summary>
    private protected virtual bool? OutputBias(ModelConfig config) => config.AttentionBias;

    /// <summary>A norm by its name.</summary>
    private protected virtual NormWeights Norm(WeightReader reader, string name, int width) => reader.RmsNorm(name, width);

    /// <summary>One block; <paramref name="reader"/> reads below its layer.</summary>
    private protected virtual BlockWeights Block(ModelConfig config, WeightReader reader) => new(
        Norm(reader, "input_layernorm", config.DModel),
        Attention(config, reader),
        Norm(reader, "post_attention_layernorm", config.DModel),
        FeedForward(config, reader));

    /// <summary>The attention weights of one block.</summary>
    private protected virtual AttentionWeights Attention(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, queries = config.NHeads * config.DHead, keys = config.NKeyValueHeads * config.DHead;
        return new AttentionWeights(
            reader.LinearOf("self_attn.q_proj", queries, d, config.AttentionBias),
            reader.LinearOf("self_attn.k_proj", keys, d, config.AttentionBias),
            reader.LinearOf("self_attn.v_proj", keys, d, config.AttentionBias),
            reader.LinearOf("self_attn.o_proj", d, queries, OutputBias(config)));
    }

    /// <summary>The FFN of one block; null where it is a mixture of experts.</summary>
    private protected virtual FeedForwardWeights? FeedForward(ModelConfig config, WeightReader reader) => new(
        reader.LinearOf("mlp.gate_proj", config.DMlp, config.DModel, config.FeedForwardBias),
        reader.LinearOf("mlp.up_proj", config.DMlp, config.DModel, config.FeedForwardBias),
        reader.LinearOf("mlp.down_proj", config.DModel, config.DMlp, config.FeedForwardBias),
        []);

    /// <summary>The sliding window of the layers that slide, or null.</summary>
    private protected virtual int? Window(ConfigReader config) => null;

    /// <summary>Whether a layer slides.</summary>
    private protected virtual bool Slides(ConfigReader config, int layer, int layers) => true;
}
