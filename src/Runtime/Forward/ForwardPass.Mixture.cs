using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>
    /// A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024, "Mixtral of Experts"): the router's softmax
    /// chooses experts for each token, and their outputs are added by the chosen weights, renormalised, in the router's order.
    /// Rows are computed expert by expert; what a row gets does not depend on which others share its expert.
    /// </summary>
    private void Mixture(int layer, MixtureWeights weights, FloatBlock normed, FloatBlock write)
    {
        int d = _config.DModel, mlp = _config.DMlp, experts = _config.Experts, slots = _config.ExpertsPerToken;
        ExpertBuffers buffers = _buffers.Experts!;
        Span<float> router = buffers.Router.Rows(_rows, experts), indices = buffers.Indices.Rows(_rows, slots);
        Multiply(weights.Router, normed, buffers.Router);
        AttentionKernels.Softmax(router, _rows, experts);
        Fire(HookKind.ExpertWeights, layer, router, experts);
        for (int row = 0; row < _rows; row++)
        {
            ExpertRouting.Choose(router.Slice(row * experts, experts), indices.Slice(row * slots, slots));
        }

        Fire(HookKind.ExpertIndices, layer, indices, slots, slots);
        int[][] places = Places(layer, indices, experts);

        FloatBlock neurons = _buffers.Neurons;
        EachExpert(places, normed, d, slots, neurons, e => weights.Experts[e].In);
        Fire(HookKind.ExpertPre, layer, neurons.Rows(_rows * slots, mlp), slots * mlp, slots);
        if (_config.Gated)
        {
            EachExpert(places, normed, d, slots, _buffers.Linear, e => weights.Experts[e].Linear!);
            Fire(HookKind.ExpertPreLinear, layer, _buffers.Linear.Rows(_rows * slots, mlp), slots * mlp, slots);
        }

        RowJobs.Activate(_config.Activation, neurons, _rows * slots, mlp, _threads);
        if (_config.Gated)
        {
            RowJobs.Gate(neurons, _buffers.Linear, [], _rows * slots, mlp, _threads);
            AddNeuronBiases(places, weights, neurons.Rows(_rows * slots, mlp));
        }

        Fire(HookKind.ExpertPost, layer, neurons.Rows(_rows * slots, mlp), slots * mlp, slots);
        EachExpert(places, neurons, mlp, 1, buffers.Outputs, e => weights.Experts[e].Out);
        Weigh(router, indices, buffers.Outputs.Rows(_rows * slots, d), write.Rows(_rows, d));
    }

    /// <summary>For each expert the places (row x slots + slot) that chose it.</summary>
    private static int[][] Places(int layer, ReadOnlySpan<float> indices, int experts)
    {
        var places = Enumerable.Range(0, experts).Select(_ => new List<int>()).ToArray();
        for (int place = 0; place < indices.Length; place++)
        {
            float index = indices[place];
            if (!(index >= 0 && index < experts && index == MathF.Floor(index)))
            {
                throw new InvalidInputException(
                    $"hook {new HookPoint(HookKind.ExpertIndices, layer)}: "
                    + $"expected whole numbers 0..{experts - 1} after interventions, found {index}");
            }

            places[(int)index].Add(place);
        }

        return [.. places.Select(p => p.ToArray())];
    }

    /// <summary>A linear map of each expert, applied to the places that chose it: [rows, slots, outputs].</summary>
    /// <param name="places">The places of each expert.</param>
    /// <param name="inputs">Rows of the inputs.</param>
    /// <param name="width">Length of an input.</param>
    /// <param name="shared">Places that share an input: the slots of a row, or 1.</param>
    /// <param name="destination">A row for each place.</param>
    /// <param name="map">The map of an expert.</param>
    private void EachExpert(
        int[][] places, FloatBlock inputs, int width, int shared, FloatBlock destination, Func<int, Linear> map)
    {
        ExpertBuffers buffers = _buffers.Experts!;
        for (int e = 0; e < places.Length; e++)
        {
            Linear linear = map(e);
            int outputs = linear.Outputs;
            for (int first = 0; first < places[e].Length; first += ExpertBuffers.PlacesAtOnce)
            {
                ReadOnlySpan<int> some =
                    places[e].AsSpan(first, Math.Min(ExpertBuffers.PlacesAtOnce, places[e].Length - first));
                for (int i = 0; i < some.Length; i++)
                {
                    inputs.From(some[i] / shared, width).Rows(1, width).CopyTo(buffers.Gathered.From(i, width).Span);
                }

                Count(some.Length, linear);
                MatrixProduct.Multiply(
                    buffers.Gathered.Rows(some.Length, width), some.Length, linear.Weight, linear.Bias,
                    buffers.Computed.Rows(some.Length, outputs), _threads);
                for (int i = 0; i < some.Length; i++)
                {
                    buffers.Computed.From(i, outputs).Rows(1, outputs).CopyTo(destination.From(some[i], outputs).Span);
                }
            }
        }
    }

    private static void AddNeuronBiases(int[][] places, MixtureWeights weights, Span<float> neurons)
    {
        for (int e = 0; e < places.Length; e++)
        {
            float[] bias = weights.Experts[e].NeuronBias;
            foreach (int place in bias.Length == 0 ? [] : places[e])
            {
                Span<float> row = neurons.Slice(place * bias.Length, bias.Length);
                TensorPrimitives.Add(row, bias, row);
            }
        }
    }

    /// <summary>write = sum over slots, in order, of weight times output.</summary>
    private void Weigh(ReadOnlySpan<float> router, ReadOnlySpan<float> indices, ReadOnlySpan<float> outputs, Span<float> write)
    {
        int d = _config.DModel, experts = _config.Experts, slots = _config.ExpertsPerToken;
        Span<float> term = _buffers.Experts!.Term.Span, shares = stackalloc float[slots];
        write.Clear();
        for (int row = 0; row < _rows; row++)
        {
            ExpertRouting.Shares(router.Slice(row * experts, experts), indices.Slice(row * slots, slots), shares);
            Span<float> sum = write.Slice(row * d, d);
            for (int slot = 0; slot < slots; slot++)
            {
                TensorPrimitives.Multiply(outputs.Slice(((row * slots) + slot) * d, d), shares[slot], term);
                TensorPrimitives.Add(sum, term, sum);
            }
        }
    }
}
