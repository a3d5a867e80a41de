using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Takes means out of weights.</summary>
internal static class Centring
{
    /// <summary>Everything that writes to the stream, without its mean over d_model.</summary>
    public static ModelWeights Writing(TransformerModel model)
    {
        ModelWeights weights = model.Weights;
        int d = model.Config.DModel;
        return weights with
        {
            TokenEmbedding = new EmbeddingTable(Table(weights.TokenEmbedding.ToArray(), d), d),
            // Shortformer's positions are no writes: they are added to queries and keys, behind the norm.
            PositionEmbedding = model.Config.Positions == PositionKind.Learned
                ? Table(weights.PositionEmbedding, d)
                : weights.PositionEmbedding,
            TokenTypeEmbedding = Table(weights.TokenTypeEmbedding, d),
            Blocks =
            [
                .. weights.Blocks.Select(block => block with
                {
                    Attention = block.Attention with { Output = Outputs(block.Attention.Output) },
                    FeedForward = block.FeedForward is { } own ? own with { Out = Outputs(own.Out) } : null,
                    Mixture = block.Mixture is { } mixture
                        ? mixture with { Experts = [.. mixture.Experts.Select(e => e with { Out = Outputs(e.Out) })] }
                        : null,
                }),
            ],
        };
    }

    /// <summary>A map without the mean over its outputs, its bias included.</summary>
    public static Linear Outputs(Linear map)
    {
        float[] bias = map.Bias.ToArray();
        Row(bias);
        return LinearMaps.With(map, (_, row) => Row(row), bias);
    }

    private static float[] Table(float[] table, int width)
    {
        float[] centred = [.. table];
        for (int start = 0; start < centred.Length; start += width)
        {
            Row(centred.AsSpan(start, width));
        }

        return centred;
    }

    private static void Row(Span<float> row)
    {
        double mean = 0;
        foreach (float value in row)
        {
            mean += value;
        }

        mean /= Math.Max(1, row.Length);
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = (float)(row[i] - mean);
        }
    }
}
