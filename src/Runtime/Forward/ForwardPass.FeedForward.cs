using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
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
}
