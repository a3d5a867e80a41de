using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Random weights in the shape of well-known models, to measure speed without a checkpoint.</summary>
public static class Geometry
{
    /// <summary>The shapes there are.</summary>
    public static IReadOnlyList<string> Names { get; } = ["gpt2-small", "pythia-160m", "llama"];

    private static ModelConfig Gpt2Small { get; } = new()
    {
        Family = "gpt2",
        NLayers = 12,
        DModel = 768,
        NHeads = 12,
        NKeyValueHeads = 12,
        DHead = 64,
        DMlp = 3072,
        DVocab = 50257,
        NCtx = 1024,
        AttentionScale = 0.125f,
        Positions = PositionKind.Learned,
    };

    /// <summary>Makes a model.</summary>
    /// <param name="name">One of <see cref="Names"/>; llama has 16 layers of width 1024, 16 heads on 4 key-value heads.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="InvalidInputException">There is no such shape.</exception>
    public static TransformerModel Create(string name, int seed) => name switch
    {
        "gpt2-small" => Create(name, seed, Gpt2Small),
        "pythia-160m" => Create(name, seed, Gpt2Small with
        {
            Family = "gpt_neox",
            DVocab = 50304,
            NCtx = 2048,
            Positions = PositionKind.Rotary,
            Rotary = new RotaryConfig(16, 10000),
            Block = BlockStyle.Parallel,
            Activation = ActivationFunction.GeluExact,
        }),
        "llama" => Create(name, seed, new ModelConfig
        {
            Family = "llama",
            NLayers = 16,
            DModel = 1024,
            NHeads = 16,
            NKeyValueHeads = 4,
            DHead = 64,
            DMlp = 2816,
            DVocab = 32000,
            NCtx = 2048,
            AttentionScale = 0.125f,
            Positions = PositionKind.Rotary,
            Rotary = new RotaryConfig(64, 10000),
            Norm = NormKind.Rms,
            Gated = true,
            Activation = ActivationFunction.Silu,
        }),
        _ => throw new InvalidInputException($"geometry '{name}': expected one of {string.Join(", ", Names)}"),
    };

    private static TransformerModel Create(string name, int seed, ModelConfig c)
    {
        var random = new Random(seed);
        bool biases = c.Norm == NormKind.LayerNorm;
        int d = c.DModel, q = c.NHeads * c.DHead, k = c.NKeyValueHeads * c.DHead;
        return TransformerModel.Create(
            c,
            new ModelWeights
            {
                TokenEmbedding = new EmbeddingTable(Values(c.DVocab * d, 1), d),
                PositionEmbedding = c.Positions == PositionKind.Learned ? Values(c.NCtx * d, 0.3f) : [],
                Blocks = [.. Enumerable.Range(0, c.NLayers).Select(_ => new BlockWeights(
                    Norm(),
                    new AttentionWeights(Map(d, q), Map(d, k), Map(d, k), Map(q, d)),
                    Norm(),
                    new FeedForwardWeights(Map(d, c.DMlp), c.Gated ? Map(d, c.DMlp) : null, Map(c.DMlp, d), [])))],
                FinalNorm = Norm(),
                Unembed = Map(d, c.DVocab),
            },
            $"{name} geometry, random weights");

        NormWeights Norm() => new([.. Values(d, 0.1f).Select(x => 1 + x)], biases ? Values(d, 0.1f) : []);
        Linear Map(int inputs, int outputs) => Linear.FromInputsByOutputs(
            Values(inputs * outputs, 1 / MathF.Sqrt(inputs)), inputs, outputs, biases ? Values(outputs, 0.01f) : null);
        float[] Values(int count, float deviation)
        {
            // The sum of three uniform numbers has variance 1/4.
            var values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 2 * deviation;
            }

            return values;
        }
    }
}
