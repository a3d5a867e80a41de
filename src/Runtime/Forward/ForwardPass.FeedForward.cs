using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed partial class ForwardPass<THooks>
{
    /// <summary>
    /// The FFN of one block. <paramref name="normed"/> holds the output of the first norm on entry (what a shared norm or a
    /// post-norm block reads) and is scratch otherwise.
    /// </summary>
    private void FeedForward(int layer, BlockWeights block, float[] stream, float[] normed, float[] write)
    {
        if (_config.Block is BlockStyle.PreNorm or BlockStyle.Parallel)
        {
            ApplyNorm(FeedForwardInput(layer, stream), block.Norm2, HookKind.Ln2Scale, HookKind.Ln2Normalized, layer, normed);
        }

        if (block.Mixture is { } mixture)
        {
            Mixture(layer, mixture, normed, write);
        }
        else
        {
            Dense(layer, block.FeedForward!, normed, write);
        }

        NormalizeBranch(write, block.Norm2Post, HookKind.Ln2PostScale, HookKind.Ln2PostNormalized, layer);
        Fire(HookKind.MlpOut, layer, write, _config.DModel);
    }

    private void Dense(int layer, FeedForwardWeights weights, float[] normed, float[] write)
    {
        int mlp = _config.DMlp;
        float[] pre = Multiply(weights.In, normed);
        Fire(HookKind.Pre, layer, pre, mlp);
        float[]? linear = weights.Linear is null ? null : Multiply(weights.Linear, normed);
        if (linear is not null)
        {
            Fire(HookKind.PreLinear, layer, linear, mlp);
        }

        Activations.Apply(_config.Activation, pre, pre);
        if (linear is not null)
        {
            TensorPrimitives.Multiply(pre.AsSpan(), linear, pre);
            if (weights.NeuronBias.Length > 0)
            {
                Normalization.GainBias(pre, [], weights.NeuronBias, mlp, pre);
            }
        }

        Fire(HookKind.Post, layer, pre, mlp);
        MatrixProduct.Multiply(pre, _rows, weights.Out.Weight, weights.Out.Bias, write, _threads);
    }

    private float[] FeedForwardInput(int layer, float[] stream)
    {
        var point = new HookPoint(HookKind.MlpIn, layer);
        if (!_hooks.Wants(point))
        {
            return stream;
        }

        float[] copy = [.. stream];
        Fire(HookKind.MlpIn, layer, copy, _config.DModel);
        return copy;
    }
}
