using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>
    /// The FFN of one block. It reads the stream through its own norm, the output of the first norm where it shares that, and
    /// in a post-norm block the stream itself, which a norm has just left.
    /// </summary>
    private void FeedForward(int layer, BlockWeights block)
    {
        FloatBlock input = _config.Block == BlockStyle.PostNorm ? _buffers.Stream : _buffers.Normed;
        FloatBlock write = _buffers.FeedForwardWrite;
        if (_config.Block is BlockStyle.PreNorm or BlockStyle.Parallel)
        {
            ApplyNorm(
                FeedForwardInput(layer), block.Norm2, HookKind.Ln2Scale, HookKind.Ln2Normalized, layer, _buffers.Normed);
        }

        if (block.Mixture is { } mixture)
        {
            Mixture(layer, mixture, input.Rows(_rows, _config.DModel), write.Rows(_rows, _config.DModel));
        }
        else
        {
            Dense(layer, block.FeedForward!, input, write);
        }

        NormalizeBranch(write, block.Norm2Post, HookKind.Ln2PostScale, HookKind.Ln2PostNormalized, layer);
    }

    /// <summary>Neurons of all rows at once where somebody listens, else of some rows at a time.</summary>
    private void Dense(int layer, FeedForwardWeights weights, FloatBlock input, FloatBlock write)
    {
        bool listened = _hooks.Wants(Hook.Pre(layer)) || _hooks.Wants(Hook.Post(layer))
            || _hooks.Wants(new HookPoint(HookKind.PreLinear, layer));
        if (listened)
        {
            Dense(layer, weights, input, write, _rows, listened);
            return;
        }

        for (int first = 0; first < _rows; first += PassBuffers.NeuronRows)
        {
            int rows = Math.Min(PassBuffers.NeuronRows, _rows - first);
            Dense(layer, weights, input.From(first, _config.DModel), write.From(first, _config.DModel), rows, listened);
        }
    }

    private void Dense(int layer, FeedForwardWeights weights, FloatBlock input, FloatBlock write, int rows, bool listened)
    {
        int d = _config.DModel, mlp = _config.DMlp;
        ReadOnlySpan<float> x = input.Rows(rows, d);
        Span<float> neurons = _buffers.Neurons.Rows(rows, mlp);
        MatrixProduct.Multiply(x, rows, weights.In.Weight, weights.In.Bias, neurons, _threads);
        if (listened)
        {
            Fire(HookKind.Pre, layer, neurons, mlp);
        }

        if (weights.Linear is { } map)
        {
            Span<float> linear = _buffers.Linear.Rows(rows, mlp);
            MatrixProduct.Multiply(x, rows, map.Weight, map.Bias, linear, _threads);
            if (listened)
            {
                Fire(HookKind.PreLinear, layer, linear, mlp);
            }
        }

        RowJobs.Activate(
            _config.Activation, _buffers.Neurons, weights.Linear is null ? null : _buffers.Linear, weights.NeuronBias, rows, mlp, _threads);
        if (listened)
        {
            Fire(HookKind.Post, layer, neurons, mlp);
        }

        MatrixProduct.Multiply(neurons, rows, weights.Out.Weight, weights.Out.Bias, write.Rows(rows, d), _threads);
    }

    /// <summary>The stream, or where somebody listens a copy of it that may be changed.</summary>
    private FloatBlock FeedForwardInput(int layer)
    {
        if (!_hooks.Wants(new HookPoint(HookKind.MlpIn, layer)))
        {
            return _buffers.Stream;
        }

        _buffers.Stream.Rows(_rows, _config.DModel).CopyTo(_buffers.Normed.Span);
        Fire(HookKind.MlpIn, layer, _buffers.Normed, _config.DModel);
        return _buffers.Normed;
    }
}
