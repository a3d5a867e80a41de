using Interp.Runtime;

namespace Interp.Bench.Sweeps;

/// <summary>Random weights in the shape of a well-known model.</summary>
internal static class SweepModel
{
    /// <summary>12 layers, d_model 768, 12 heads, vocabulary 50257.</summary>
    internal static TransformerModel Gpt2Small()
    {
        const int Layers = 12, Width = 768, Neurons = 3072, Vocabulary = 50257, Context = 1024;
        var random = new Random(1);
        var config = new ModelConfig
        {
            Family = "gpt2",
            NLayers = Layers,
            DModel = Width,
            NHeads = 12,
            NKeyValueHeads = 12,
            DHead = 64,
            DMlp = Neurons,
            DVocab = Vocabulary,
            NCtx = Context,
            AttentionScale = 0.125f,
            Positions = PositionKind.Learned,
        };
        return TransformerModel.Create(
            config,
            new ModelWeights
            {
                TokenEmbedding = new EmbeddingTable(Values(Vocabulary * Width, 1), Width),
                PositionEmbedding = Values(Context * Width, 0.3f),
                Blocks = [.. Enumerable.Range(0, Layers).Select(_ => new BlockWeights(
                    Norm(),
                    new AttentionWeights(Map(Width, Width), Map(Width, Width), Map(Width, Width), Map(Width, Width)),
                    Norm(),
                    new FeedForwardWeights(Map(Width, Neurons), null, Map(Neurons, Width), [])))],
                FinalNorm = Norm(),
                Unembed = Map(Width, Vocabulary),
            },
            "gpt2-small geometry");

        NormWeights Norm() => new([.. Values(Width, 0.1f).Select(x => 1 + x)], Values(Width, 0.1f));
        Linear Map(int inputs, int outputs) => Linear.FromInputsByOutputs(
            Values(inputs * outputs, 1 / MathF.Sqrt(inputs)), inputs, outputs, Values(outputs, 0.01f));
        float[] Values(int count, float deviation)
        {
            var values = new float[count];
            for (int i = 0; i < count; i++)
                values[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 2 * deviation;
            return values;
        }
    }
}
