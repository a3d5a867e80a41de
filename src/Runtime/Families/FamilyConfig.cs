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

    /// <summary>The beginning-of-sequence token, if one is named.</summary>
    public static int? Bos(ConfigReader config)
    {
        IReadOnlyList<int> ids = config.Ints("bos_token_id");
        return ids.Count == 0 ? null : ids[0];
    }

    /// <summary>Longest sequence: only dynamic rotary scaling goes beyond what the field says.</summary>
    public static int Context(RotaryScaling? scaling, int context) =>
        scaling is { Kind: RotaryScalingKind.Dynamic } ? (int)(context * scaling.Factor) : context;

    /// <summary>An integer field under its name or the older one that it had.</summary>
    public static int IntOr(ConfigReader config, string field, string older) =>
        config.Has(field) ? config.Int(field) : config.Int(config.Has(older) ? older : field);

    /// <summary>
    /// The token embedding and the unembedding, which are the same memory when tied; the unembedding has a bias where one is given.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="embedding">The token embedding.</param>
    /// <param name="source">Where the unembedding is when it is not tied.</param>
    /// <param name="name">The unembedding's name there.</param>
    /// <param name="bias">The unembedding's bias, or null.</param>
    public static (EmbeddingTable Embedding, Linear? Unembedding) Embeddings(
        ModelConfig config, WeightView embedding, IWeightSource source, string name, float[]? bias = null)
    {
        int rows = config.DVocab, width = config.DModel;
        if (!config.HasUnembed)
        {
            return (embedding.ToTable(rows, width), null);
        }

        WeightView matrix = config.TiedUnembedding ? embedding : source.View(name + ".weight", rows, width);
        Linear unembedding = matrix.OutputsFirst(rows, width, bias);
        return (config.TiedUnembedding ? EmbeddingTable.Tied(unembedding) : embedding.ToTable(rows, width), unembedding);
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
        if (window is null)
        {
            return null;
        }

        if (window < 1)
        {
            throw new InvalidInputException($"{config.Path}: sliding_window: expected at least 1, found {window}");
        }

        if (config.Texts("layer_types") is not { } types)
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

    /// <summary>A number of the rotary settings, which transformers 5 writes into an object of their own.</summary>
    public static double RotaryNumber(ConfigReader config, string field, double fallback) =>
        config.Object("rope_parameters") is { } rotary && rotary.Has(field) ? rotary.Number(field) : config.Number(field, fallback);

    /// <summary>The <c>rope_scaling</c> object, in transformers 5 part of <c>rope_parameters</c>, or null.</summary>
    public static RotaryScaling? RotaryScaling(ConfigReader config, int context)
    {
        if ((config.Object("rope_scaling") ?? config.Object("rope_parameters")) is not { } scaling)
        {
            return null;
        }

        string type = scaling.Text("rope_type", scaling.Text("type", "default"));
        if (type == "default")
        {
            return null;
        }

        RotaryScalingKind kind = type switch
        {
            "linear" => RotaryScalingKind.Linear,
            "dynamic" => RotaryScalingKind.Dynamic,
            "yarn" => RotaryScalingKind.Yarn,
            "llama3" => RotaryScalingKind.Llama3,
            _ => throw new InvalidInputException(
                $"{scaling.Path}: rope_type '{type}' is not supported; expected default, linear, dynamic, yarn or llama3"),
        };
        double factor = scaling.Number("factor");
        if (!(factor >= 1))
        {
            throw new InvalidInputException($"{scaling.Path}: factor: expected a number of at least 1, found {factor}");
        }

        // The dynamic kind stretches from max_position_embeddings, which is then the original context.
        int original = kind == RotaryScalingKind.Dynamic ? context : scaling.Int("original_max_position_embeddings", context);
        return new RotaryScaling(kind, factor, original)
        {
            LowFrequencyFactor = scaling.Number("low_freq_factor", 1),
            HighFrequencyFactor = scaling.Number("high_freq_factor", 4),
            BetaFast = scaling.Number("beta_fast", 32),
            BetaSlow = scaling.Number("beta_slow", 1),
            AttentionFactor = scaling.Has("attention_factor") ? scaling.Number("attention_factor") : null,
            YarnContext = context,
        };
    }
}
