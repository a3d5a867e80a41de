using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// GPT-Neo (Black et al. 2021, "GPT-Neo: Large Scale Autoregressive Language Modeling with Mesh-Tensorflow"): GPT-2 with
/// layers that attend to a local window in turn with global ones, and scores that are not divided by sqrt(d_head).
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
        int width = config.Int("hidden_size");
        int heads = config.Int("num_heads");
        int layers = FamilyConfig.Layers(config, "num_layers");
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
            Windows = Windows(config, layers),
            AttentionScale = 1f,
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
        source.Ignore(name => name.EndsWith(".attn.attention.bias", StringComparison.Ordinal)
            || name.EndsWith(".attn.attention.masked_bias", StringComparison.Ordinal));
        var reader = new WeightReader(source, source.Contains("wte.weight") ? "" : "transformer.");
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

    // attention_types: [[["global", "local"], 12]] stands for the two kinds in turn, twelve times.
    private static int?[] Windows(ConfigReader config, int layers)
    {
        int window = config.Int("window_size", 256);
        if (window < 1)
        {
            throw new InvalidInputException($"{config.Path}: window_size: expected at least 1, found {window}");
        }

        var windows = new List<int?>();
        foreach ((JsonElement names, int repeats) in Entries())
        {
            for (int i = 0; i < repeats && windows.Count <= layers; i++)
            {
                windows.AddRange(names.EnumerateArray().Select(kind => kind.ToString() switch
                {
                    "global" => (int?)null,
                    "local" => window,
                    string other => throw new InvalidInputException(
                        $"{config.Path}: attention_types: expected global or local, found '{other}'"),
                }));
            }
        }

        if (windows.Count != layers)
        {
            throw new InvalidInputException(
                $"{config.Path}: attention_types: expected {layers} layers (num_layers), found {windows.Count}");
        }

        // Checkpoints that were saved by transformers have the same once more, layer by layer.
        string[] kinds = [.. windows.Select(w => w is null ? "global" : "local")];
        return config.Texts("attention_layers") is not { } written || written.SequenceEqual(kinds)
            ? [.. windows]
            : throw new InvalidInputException($"{config.Path}: attention_layers: expected {string.Join(", ", kinds)} as "
                + $"attention_types says, found {string.Join(", ", written)}");

        IEnumerable<(JsonElement Kinds, int Repeats)> Entries()
        {
            JsonElement types = config.Raw("attention_types") ?? throw Wrong("nothing");
            if (types.ValueKind != JsonValueKind.Array)
            {
                throw Wrong(types.GetRawText());
            }

            foreach (JsonElement entry in types.EnumerateArray())
            {
                yield return entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
                    && entry[0].ValueKind == JsonValueKind.Array && entry[0].GetArrayLength() > 0
                    && entry[1].ValueKind == JsonValueKind.Number && entry[1].TryGetInt32(out int repeats)
                    ? (entry[0], repeats)
                    : throw Wrong(entry.GetRawText());
            }
        }

        InvalidInputException Wrong(string found) => new(
            $"{config.Path}: attention_types: expected a list such as [[[\"global\", \"local\"], 12]], found "
            + string.Join(' ', found.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }
}
