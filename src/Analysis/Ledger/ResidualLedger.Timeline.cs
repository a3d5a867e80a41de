using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>One thing that happens to the stream at every position, in the order of the forward pass.</summary>
    private abstract record Step;

    /// <summary>A component adds to the stream.</summary>
    private sealed record Written(Component Component) : Step;

    /// <summary>The stream is recorded.</summary>
    private sealed record Recorded(HookPoint Point) : Step;

    /// <summary>The stream passes through a norm (post-norm models).</summary>
    private sealed record Normed(HookPoint Scale, NormWeights Weights, NormKind Kind, Component Bias) : Step
    {
        /// <summary>g (w - mean(w)) / scale: where the norm takes one write.</summary>
        public float[] Carry(float[] write, float scale)
        {
            var carried = new float[write.Length];
            FrozenNorm.Carry(write, Weights, Kind, scale, carried);
            return carried;
        }

        /// <summary>Where the norm takes the sum of all writes, its bias included, in place.</summary>
        public void Carry(double[] sum, double scale)
        {
            double mean = Kind == NormKind.LayerNorm ? sum.Average() : 0;
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] = ((sum[i] - mean) / scale * (Weights.Gain.Length > 0 ? Weights.Gain[i] : 1))
                    + (Weights.Bias.Length > 0 ? Weights.Bias[i] : 0);
            }
        }

        /// <summary>The transposed map: the direction before the norm that reads what this direction reads after it.</summary>
        public double[] PullBack(double[] direction, double scale)
        {
            var before = new double[direction.Length];
            for (int i = 0; i < before.Length; i++)
            {
                before[i] = direction[i] * (Weights.Gain.Length > 0 ? Weights.Gain[i] : 1) / scale;
            }

            if (Kind == NormKind.LayerNorm)
            {
                double mean = before.Average();
                TensorPrimitives.Subtract(before, mean, before);
            }

            return before;
        }
    }

    private static IEnumerable<Step> Timeline(TransformerModel model)
    {
        ModelConfig config = model.Config;
        yield return new Written(new Component(ComponentKind.Embed));
        if (config.Positions == PositionKind.Learned)
        {
            yield return new Written(new Component(ComponentKind.PosEmbed));
        }

        if (config.TokenTypes > 0)
        {
            yield return new Written(new Component(ComponentKind.TokenTypeEmbed));
        }

        if (model.Weights.EmbedNorm is { } embedNorm)
        {
            yield return new Normed(
                new HookPoint(HookKind.EmbedNormScale, -1), embedNorm, config.Norm, new Component(ComponentKind.EmbedNormBias));
        }

        var plan = BlockPlan.Of(config);
        for (int l = 0; l < config.NLayers; l++)
        {
            BlockWeights block = model.Weights.Blocks[l];
            foreach (BlockStep step in plan.Steps)
            {
                switch (step)
                {
                    case { Operation: BlockOperation.Offer, From: BlockSlot.Stream }:
                        yield return new Recorded(new HookPoint(step.Points[0], l));
                        break;
                    case { Operation: BlockOperation.Normalize, To: BlockSlot.Stream, Norm: { } place }:
                        yield return new Normed(
                            new HookPoint(step.Points[0], l), block.Norm(place)!, config.Norm,
                            new Component(place == BlockNorm.First ? ComponentKind.Norm1Bias : ComponentKind.Norm2Bias, l));
                        break;
                    case { Operation: BlockOperation.Add }:
                        foreach (ComponentKind kind in Writes(step.From, block))
                        {
                            yield return new Written(new Component(kind, l));
                        }

                        break;
                }
            }
        }
    }

    /// <summary>What a sum adds to the stream: a branch's write without its biases, and these.</summary>
    private static IEnumerable<ComponentKind> Writes(BlockSlot branch, BlockWeights block)
    {
        bool attention = branch == BlockSlot.AttentionWrite;
        yield return attention ? ComponentKind.Attn : ComponentKind.Mlp;
        if (attention ? !block.Attention.Output.Bias.IsEmpty : block.FeedForwards.Any(f => !f.Out.Bias.IsEmpty))
        {
            yield return attention ? ComponentKind.AttnBias : ComponentKind.MlpBias;
        }

        if (block.Norm(attention ? BlockNorm.AfterAttention : BlockNorm.AfterFeedForward) is { Bias.Length: > 0 })
        {
            yield return attention ? ComponentKind.Norm1PostBias : ComponentKind.Norm2PostBias;
        }
    }
}
