using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>
    /// The FFN of one block. It reads the stream through its own norm, the output of the first norm where it shares that, and
    /// in a post-norm block the stream itself, which a norm has just left.
    /// </summary>
    /// <returns>Whether its write was added to the stream already.</returns>
    private bool FeedForward(int layer, BlockWeights block)
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
            Mixture(layer, mixture, input, write);
        }
        else if (_config.Block == BlockStyle.PreNorm && WritesToStream(Hook.MlpOut(layer), block.Norm2Post))
        {
            Dense(layer, block.FeedForward!, input, _buffers.Stream, add: true);
            return true;
        }
        else
        {
            Dense(layer, block.FeedForward!, input, write, add: false);
        }

        NormalizeBranch(write, block.Norm2Post, HookKind.Ln2PostScale, HookKind.Ln2PostNormalized, layer);
        return false;
    }

    /// <summary>Neurons of all rows at once where somebody listens, else of some rows at a time.</summary>
    private void Dense(int layer, FeedForwardWeights weights, FloatBlock input, FloatBlock destination, bool add)
    {
        int d = _config.DModel;
        bool listened = _hooks.Wants(Hook.Pre(layer)) || _hooks.Wants(Hook.Post(layer))
            || _hooks.Wants(new HookPoint(HookKind.PreLinear, layer));
        int rows = listened ? _rows : PassBuffers.NeuronRows;
        for (int first = 0; first < _rows; first += rows)
        {
            int count = Math.Min(rows, _rows - first);
            ReadOnlySpan<float> x = input.From(first, d).Rows(count, d);
            Span<float> written = destination.From(first, d).Rows(count, d), neurons = _buffers.Neurons.Rows(count, _config.DMlp);
            if (listened)
            {
                ListenedNeurons(layer, weights, x);
            }
            else
            {
                Neurons(weights, x, count);
            }

            Count(count, weights.Out);
            MatrixProduct.Multiply(
                neurons, count, weights.Out.Weight, weights.Out.Bias, written, _threads,
                epilogue: add ? Epilogue.Add(written) : Epilogue.None);
        }
    }

    private void Neurons(FeedForwardWeights weights, ReadOnlySpan<float> x, int rows)
    {
        int mlp = _config.DMlp;
        CountNeurons(rows, weights);
        MatrixProduct.Multiply(
            x, rows, weights.In.Weight, weights.In.Bias, _buffers.Neurons.Rows(rows, mlp), _threads,
            epilogue: Epilogue.Activate(_config.Activation));
        if (weights.Linear is { } map)
        {
            MatrixProduct.Multiply(x, rows, map.Weight, map.Bias, _buffers.Linear.Rows(rows, mlp), _threads);
            RowJobs.Gate(_buffers.Neurons, _buffers.Linear, weights.NeuronBias, rows, mlp, _threads);
        }
    }

    private void ListenedNeurons(int layer, FeedForwardWeights weights, ReadOnlySpan<float> x)
    {
        int mlp = _config.DMlp;
        Span<float> neurons = _buffers.Neurons.Rows(_rows, mlp);
        CountNeurons(_rows, weights);
        MatrixProduct.Multiply(x, _rows, weights.In.Weight, weights.In.Bias, neurons, _threads);
        Fire(HookKind.Pre, layer, neurons, mlp);
        if (weights.Linear is { } map)
        {
            Span<float> linear = _buffers.Linear.Rows(_rows, mlp);
            MatrixProduct.Multiply(x, _rows, map.Weight, map.Bias, linear, _threads);
            Fire(HookKind.PreLinear, layer, linear, mlp);
        }

        RowJobs.Activate(_config.Activation, _buffers.Neurons, _rows, mlp, _threads);
        if (weights.Linear is not null)
        {
            RowJobs.Gate(_buffers.Neurons, _buffers.Linear, weights.NeuronBias, _rows, mlp, _threads);
        }

        Fire(HookKind.Post, layer, neurons, mlp);
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
