using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// GPT-Neo (Black et al. 2021): GPT-2's block with layers of local attention in between and scores that are not scaled.
/// Reference: transformers, modeling_gpt_neo.
/// </summary>
public sealed class GptNeoFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_neo";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("hidden_size"), heads = config.Int("num_heads"), layers = config.Int("num_layers");
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = layers,
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = FamilyConfig.HeadDimension(config, width, heads),
            DMlp = config.Int("intermediate_size", 4 * width),
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("max_position_embeddings"),
            NormEpsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            Positions = PositionKind.Learned,
            AttentionScale = 1,
            Windows = Windows(config, layers),
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
        // Buffers that hold masks, and the copy of a tied unembedding.
        source.Ignore(name => name.EndsWith(".attn.attention.bias", StringComparison.Ordinal)
            || name.EndsWith(".attn.attention.masked_bias", StringComparison.Ordinal)
            || (config.TiedUnembedding && name == "lm_head.weight"));
        var reader = new WeightReader(source, "transformer.");
        float[] embedding = reader.Read("wte.weight", config.DVocab, config.DModel);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("wpe.weight", config.NCtx, config.DModel),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"h.{l}")))],
            FinalNorm = reader.LayerNorm("ln_f", config.DModel),
            Unembed = FamilyConfig.Unembedding(config, embedding, source, "lm_head"),
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("ln_1", d),
            new AttentionWeights(
                reader.Linear("attn.attention.q_proj", d, d, bias: false),
                reader.Linear("attn.attention.k_proj", d, d, bias: false),
                reader.Linear("attn.attention.v_proj", d, d, bias: false),
                reader.Linear("attn.attention.out_proj", d, d, bias: true)),
            reader.LayerNorm("ln_2", d),
            new FeedForwardWeights(
                reader.Linear("mlp.c_fc", config.DMlp, d, bias: true),
                null,
                reader.Linear("mlp.c_proj", d, config.DMlp, bias: true),
                []));
    }

    // attention_layers has a word per layer; where it is absent, attention_types has words and how often they are repeated.
    private static IReadOnlyList<int?>? Windows(ConfigReader config, int layers)
    {
        IReadOnlyList<string> kinds = config.Texts("attention_layers") ?? config.RepeatedTexts("attention_types") ?? [];
        if (kinds.Count == 0)
        {
            return null;
        }

        if (kinds.Count != layers)
        {
            throw new InvalidInputException(
                $"{config.Path}: attention_layers: expected {layers} of them, one for each layer, found {kinds.Count}");
        }

        int window = config.Int("window_size", 256);
        if (window < 1)
        {
            throw new InvalidInputException($"{config.Path}: window_size: expected at least 1, found {window}");
        }

        return [.. kinds.Select(kind => kind switch
        {
            "global" => (int?)null,
            "local" => window,
            _ => throw new InvalidInputException(
                $"{config.Path}: attention_layers: '{kind}' is not supported; expected global or local"),
        })];
    }
}
