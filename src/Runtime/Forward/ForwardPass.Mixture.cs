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
    private void Mixture(int layer, MixtureWeights weights, Span<float> normed, Span<float> write)
    {
        int d = _config.DModel, mlp = _config.DMlp, experts = _config.Experts, slots = _config.ExpertsPerToken;
        var router = new float[_rows * experts];
        MatrixProduct.Multiply(normed, _rows, weights.Router.Weight, weights.Router.Bias, router, _threads);
        AttentionKernels.Softmax(router, _rows, experts);
        Fire(HookKind.ExpertWeights, layer, router, experts);
        var indices = new float[_rows * slots];
        for (int row = 0; row < _rows; row++)
        {
            ExpertRouting.Choose(router.AsSpan(row * experts, experts), indices.AsSpan(row * slots, slots));
        }

        Fire(HookKind.ExpertIndices, layer, indices, slots, slots);
        int[][] places = Places(layer, indices, experts);

        float[] inputs = Copies(normed, d, slots);
        float[] pre = EachExpert(places, inputs, mlp, e => weights.Experts[e].In);
        Fire(HookKind.ExpertPre, layer, pre, slots * mlp, slots);
        float[]? linear = null;
        if (_config.Gated)
        {
            linear = EachExpert(places, inputs, mlp, e => weights.Experts[e].Linear!);
            Fire(HookKind.ExpertPreLinear, layer, linear, slots * mlp, slots);
        }

        Activations.Apply(_config.Activation, pre, pre);
        if (linear is not null)
        {
            TensorPrimitives.Multiply(pre.AsSpan(), linear, pre);
            AddNeuronBiases(places, weights, pre);
        }

        Fire(HookKind.ExpertPost, layer, pre, slots * mlp, slots);
        float[] outputs = EachExpert(places, pre, d, e => weights.Experts[e].Out);
        Weigh(router, indices, outputs, write);
    }

    /// <summary>For each expert the places (row x slots + slot) that chose it.</summary>
    private static int[][] Places(int layer, float[] indices, int experts)
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
    private float[] EachExpert(int[][] places, float[] inputs, int outputs, Func<int, Linear> map)
    {
        int width = inputs.Length / Math.Max(1, _rows * _config.ExpertsPerToken);
        var result = new float[_rows * _config.ExpertsPerToken * outputs];
        for (int e = 0; e < places.Length; e++)
        {
            int count = places[e].Length;
            if (count == 0)
            {
                continue;
            }

            Linear linear = map(e);
            float[] gathered = new float[count * width], computed = new float[count * outputs];
            for (int i = 0; i < count; i++)
            {
                inputs.AsSpan(places[e][i] * width, width).CopyTo(gathered.AsSpan(i * width));
            }

            MatrixProduct.Multiply(gathered, count, linear.Weight, linear.Bias, computed, _threads);
            for (int i = 0; i < count; i++)
            {
                computed.AsSpan(i * outputs, outputs).CopyTo(result.AsSpan(places[e][i] * outputs));
            }
        }

        return result;
    }

    private static void AddNeuronBiases(int[][] places, MixtureWeights weights, float[] neurons)
    {
        for (int e = 0; e < places.Length; e++)
        {
            float[] bias = weights.Experts[e].NeuronBias;
            foreach (int place in bias.Length == 0 ? [] : places[e])
            {
                Span<float> row = neurons.AsSpan(place * bias.Length, bias.Length);
                TensorPrimitives.Add(row, bias, row);
            }
        }
    }

    /// <summary>write = sum over slots, in order, of weight times output.</summary>
    private void Weigh(float[] router, float[] indices, float[] outputs, Span<float> write)
    {
        int d = _config.DModel, experts = _config.Experts, slots = _config.ExpertsPerToken;
        var shares = new float[slots];
        var term = new float[d];
        write.Clear();
        for (int row = 0; row < _rows; row++)
        {
            ExpertRouting.Shares(router.AsSpan(row * experts, experts), indices.AsSpan(row * slots, slots), shares);
            Span<float> sum = write.Slice(row * d, d);
            for (int slot = 0; slot < slots; slot++)
            {
                TensorPrimitives.Multiply(outputs.AsSpan(((row * slots) + slot) * d, d), shares[slot], term);
                TensorPrimitives.Add(sum, term, sum);
            }
        }
    }

    private static float[] Copies(ReadOnlySpan<float> rows, int width, int times)
    {
        var copies = new float[rows.Length * times];
        for (int place = 0; place < rows.Length / width * times; place++)
        {
            rows.Slice(place / times * width, width).CopyTo(copies.AsSpan(place * width));
        }

        return copies;
    }
}
