using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>What several families read the same way from their config.json.</summary>
internal static class FamilyConfig
{
    private const int MostLayers = 65_536;

    /// <summary>Width divided by heads, which has to come out even.</summary>
    public static int HeadDimension(ConfigReader config, int width, int heads)
    {
        if (heads < 1 || width % heads != 0)
        {
            throw new InvalidInputException(
                $"{config.Path}: model width {width} and {heads} heads contradict each other: expected a multiple of the heads");
        }

        return width / heads;
    }

    /// <summary>The FFN's nonlinearity under Hugging Face's names.</summary>
    public static ActivationFunction Activation(ConfigReader config, string field, string fallback)
    {
        string name = config.Text(field, fallback);
        return name switch
        {
            "relu" => ActivationFunction.Relu,
            "gelu" or "gelu_python" => ActivationFunction.GeluExact,
            "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" or "gelu_python_tanh" => ActivationFunction.GeluTanh,
            "silu" or "swish" => ActivationFunction.Silu,
            "relu2" or "relu_squared" => ActivationFunction.ReluSquared,
            _ => throw new InvalidInputException(
                $"{config.Path}: {field} '{name}' is not supported; expected relu, gelu, gelu_new, gelu_pytorch_tanh, silu or relu2"),
        };
    }

    /// <summary>Gemma's nonlinearity, under either name.</summary>
    public static ActivationFunction GemmaActivation(ConfigReader config)
    {
        ActivationFunction function = Activation(config, "hidden_activation", "gelu_pytorch_tanh");
        ActivationFunction old = Activation(config, "hidden_act", "gelu_pytorch_tanh");

        // hidden_act of old checkpoints says gelu and is not what they were trained with: transformers ignores it too.
        return old == function || old == ActivationFunction.GeluExact ? function : throw new InvalidInputException(
            $"{config.Path}: hidden_act: expected what hidden_activation says, gelu_pytorch_tanh where that is absent, "
            + $"found '{config.Text("hidden_act")}'");
    }

    /// <summary>The beginning-of-sequence token, if one is named.</summary>
    public static int? Bos(ConfigReader config)
    {
        IReadOnlyList<int> ids = config.Ints("bos_token_id");
        return ids.Count == 0 ? null : ids[0];
    }

    /// <summary>Longest sequence: only dynamic rotary scaling goes beyond what the field says.</summary>
    public static int Context(RotaryConfig? rotary, int context) =>
        rotary?.Scaling is { Kind: RotaryScalingKind.Dynamic } dynamic ? (int)(context * dynamic.Factor) : context;

    /// <summary>An integer field under its name or the older one that it had.</summary>
    /// <exception cref="InvalidInputException">It is under neither name, or they say different things.</exception>
    public static int IntOr(ConfigReader config, string field, string older)
    {
        int? now = config.OptionalInt(field), before = config.OptionalInt(older);
        return now is null || before is null || now == before ? now ?? before ?? config.Int(field) : throw new InvalidInputException(
            $"{config.Path}: {field}: expected {before} as {older} says, found {now}");
    }

    /// <summary>
    /// The token embedding and the unembedding, which are the same memory when tied; the unembedding has a bias where one is given.
    /// Of tied matrices a checkpoint has one or both. Where it has both and they differ, each is what it is in the checkpoint.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="source">Where the matrices are.</param>
    /// <param name="embedding">The token embedding's name there.</param>
    /// <param name="unembedding">The unembedding's name there.</param>
    /// <param name="bias">The unembedding's bias, or null.</param>
    public static (EmbeddingTable Embedding, Linear? Unembedding) Embeddings(
        ModelConfig config, IWeightSource source, string embedding, string unembedding, float[]? bias = null)
    {
        int rows = config.DVocab, width = config.DModel;
        if (!config.HasUnembed)
        {
            return (source.View(embedding, rows, width).ToTable(rows, width), null);
        }

        (WeightView tokens, WeightView? own) = Matrices(config, source, embedding, unembedding, width);
        Linear map = (own ?? tokens).OutputsFirst(rows, width, bias);
        return (own is null ? EmbeddingTable.Tied(map) : tokens.ToTable(rows, width), map);
    }

    /// <summary>The matrices of the token embedding and of the unembedding; null for one that is the token embedding.</summary>
    public static (WeightView Embedding, WeightView? Unembedding) Matrices(
        ModelConfig config, IWeightSource source, string embedding, string unembedding, int width)
    {
        bool stored = source.Contains(unembedding);
        if (config.TiedUnembedding && stored && !source.Contains(embedding))
        {
            return (source.View(unembedding, config.DVocab, width), null);
        }

        WeightView tokens = source.View(embedding, config.DVocab, width);
        if (config.TiedUnembedding && !stored)
        {
            return (tokens, null);
        }

        WeightView own = source.View(unembedding, config.DVocab, width);
        return (tokens, config.TiedUnembedding && own.HoldsSame(tokens) ? null : own);
    }

    /// <summary>The bias of a masked-language-model head, which checkpoints have under one name or two.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="own">Its name beside the head's matrix, which counts where both are there.</param>
    /// <param name="other">Its other name.</param>
    /// <param name="width">Its length.</param>
    public static float[] HeadBias(IWeightSource source, string own, string other, int width)
    {
        source.Ignore(name => name == other);
        return source.Read(source.Contains(own) ? own : other, width);
    }

    /// <summary>The number of layers, for families that say something about each: too large a number is refused before that.</summary>
    /// <exception cref="InvalidInputException">It is not 1 to 65536.</exception>
    public static int Layers(ConfigReader config, string field)
    {
        int layers = config.Int(field);
        return layers is >= 1 and <= MostLayers
            ? layers
            : throw new InvalidInputException($"{config.Path}: {field}: expected 1 to {MostLayers} layers, found {layers}");
    }

    /// <summary>
    /// The sliding window of each layer: of the layers that <c>layer_types</c> names, or where that is absent of those that
    /// the family's rule names. Null when no layer slides.
    /// </summary>
    public static IReadOnlyList<int?>? Windows(ConfigReader config, int layers, int? window, Func<int, bool> slides)
    {
        IReadOnlyList<string>? types = config.Texts("layer_types");
        if (window is null)
        {
            return types is null || types.All(type => type == "full_attention") ? null : throw new InvalidInputException(
                $"{config.Path}: layer_types: expected full_attention in each layer where there is no sliding window, "
                + $"found '{types.First(type => type != "full_attention")}'");
        }

        if (window < 1)
        {
            throw new InvalidInputException($"{config.Path}: sliding_window: expected at least 1, found {window}");
        }

        if (types is null)
        {
            return [.. Enumerable.Range(0, layers).Select(l => slides(l) ? window : null)];
        }

        if (types.Count != layers)
        {
            throw new InvalidInputException($"{config.Path}: layer_types: expected {layers} entries, found {types.Count}");
        }

        return [.. types.Select(type => type switch
        {
            "sliding_attention" => window,
            "full_attention" => (int?)null,
            _ => throw new InvalidInputException(
                $"{config.Path}: layer_types: expected sliding_attention or full_attention, found '{type}'"),
        })];
    }
}
