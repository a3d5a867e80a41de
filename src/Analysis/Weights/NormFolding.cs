using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Folds gains and biases of norms into the maps that read them.</summary>
internal static class NormFolding
{
    /// <summary>W' = diag(g) W, b' = b + beta W for all that read a norm; then W' minus its mean over inputs (LayerNorm).</summary>
    public static ModelWeights Fold(TransformerModel model)
    {
        ModelConfig config = model.Config;
        ModelWeights weights = model.Weights;
        bool shared = BlockPlan.Of(config).NormBefore(BlockOperation.FeedForward) == BlockNorm.First;
        bool centre = config.Norm == NormKind.LayerNorm;
        weights = weights with { Blocks = [.. weights.Blocks.Select(Block)] };
        if (weights.MlmHead is { } head)
        {
            return weights with
            {
                MlmHead = head with { Norm = NormWeights.Plain },
                Unembed = Into(weights.Unembed, head.Norm),
            };
        }

        return weights.FinalNorm is { } last
            ? weights with { FinalNorm = NormWeights.Plain, Unembed = Into(weights.Unembed, last) }
            : weights;

        BlockWeights Block(BlockWeights block)
        {
            if (block.Norm1 is { } first)
            {
                block = block with
                {
                    Norm1 = NormWeights.Plain,
                    Attention = block.Attention with
                    {
                        Query = Into(block.Attention.Query, first),
                        Key = Into(block.Attention.Key, first),
                        Value = Into(block.Attention.Value, first),
                    },
                };
                block = shared ? FeedForward(block, first) : block;
            }

            return block.Norm2 is { } second ? FeedForward(block, second) with { Norm2 = NormWeights.Plain } : block;
        }

        BlockWeights FeedForward(BlockWeights block, NormWeights norm) => block with
        {
            FeedForward = block.FeedForward is { } own ? Inputs(own, norm) : null,
            Mixture = block.Mixture is { } mixture
                ? new MixtureWeights(Into(mixture.Router, norm), [.. mixture.Experts.Select(e => Inputs(e, norm))])
                : null,
        };

        FeedForwardWeights Inputs(FeedForwardWeights part, NormWeights norm) => part with
        {
            In = Into(part.In, norm),
            Linear = part.Linear is { } linear ? Into(linear, norm) : null,
        };

        Linear Into(Linear map, NormWeights norm)
        {
            double[] bias = new double[map.Outputs], mean = new double[map.Outputs];
            var row = new float[map.Outputs];
            for (int i = 0; i < map.Inputs; i++)
            {
                map.CopyInput(i, row);
                for (int j = 0; j < row.Length; j++)
                {
                    bias[j] += norm.Bias.Length > 0 ? (double)norm.Bias[i] * row[j] : 0;
                    mean[j] += (double)Gain(norm, i) * row[j] / map.Inputs;
                }
            }

            bool biased = !map.Bias.IsEmpty || norm.Bias.Length > 0;
            for (int j = 0; j < bias.Length && !map.Bias.IsEmpty; j++)
            {
                bias[j] += map.Bias[j];
            }

            return LinearMaps.With(
                map,
                (i, values) =>
                {
                    for (int j = 0; j < values.Length; j++)
                    {
                        values[j] = (float)(((double)Gain(norm, i) * values[j]) - (centre ? mean[j] : 0));
                    }
                },
                biased ? [.. bias.Select(x => (float)x)] : []);
        }
    }

    private static float Gain(NormWeights norm, int index) => norm.Gain.Length > 0 ? norm.Gain[index] : 1;
}
