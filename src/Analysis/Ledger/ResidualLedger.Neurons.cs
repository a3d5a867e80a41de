using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// What an FFN adds to a reading above it, as a reading of the stream that the FFN reads: each neuron is its input times the gate that
    /// the run recorded, act(x) / x, or in a gated FFN act(x); experts at their recorded shares. Needs <see cref="RouteNeeds"/>.
    /// </summary>
    /// <param name="reading">A reading at the same position, above the FFN.</param>
    /// <param name="layer">0-based layer.</param>
    /// <exception cref="InvalidInputException">The layer has no FFN, or it is not below the reading.</exception>
    public StreamReading ReadNeurons(StreamReading reading, int layer)
    {
        ArgumentNullException.ThrowIfNull(reading);
        int p = reading.Position;
        double[] direction = [.. reading.Direction];
        for (int i = _steps.FindIndex(step => step is Recorded r && r.Point == reading.At); i >= 0; i--)
        {
            if (_steps[i] is Normed norm)
            {
                direction = norm.PullBack(direction, _cache.Row(norm.Scale, p)[0]);
            }
            else if (_steps[i] is Written { Component: { Kind: ComponentKind.Mlp } written } && written.Layer == layer)
            {
                return NeuronReading(p, layer, BranchNorm(written)?.PullBack(direction, _cache.Row(BranchNorm(written)!.Scale, p)[0]) ?? direction);
            }
        }

        throw new InvalidInputException($"FFN {layer}: expected one below what is read");
    }

    private StreamReading NeuronReading(int p, int layer, double[] direction)
    {
        BlockWeights block = _model.Weights.Blocks[layer];
        ModelConfig config = _model.Config;
        var below = new double[config.DModel];
        double constant = 0, actual = 0;
        foreach ((FeedForwardWeights weights, float[] pre, float[] neurons, double share) in Neurons(block, layer, p))
        {
            var gate = new float[pre.Length];
            config.Activation.Apply(pre, gate);
            float[] row = new float[config.DModel], column = new float[config.DModel];
            Linear map = weights.Linear ?? weights.In;
            for (int i = 0; i < gate.Length; i++)
            {
                weights.Out.CopyInput(i, row);
                double along = share * Dots.Of(row, direction);
                actual += along * neurons[i];
                constant += weights.NeuronBias.Length > 0 ? along * weights.NeuronBias[i] : 0;
                along *= config.Gated ? gate[i] : pre[i] == 0 ? 0 : (double)gate[i] / pre[i];
                constant += map.Bias.IsEmpty ? 0 : along * map.Bias[i];
                map.CopyOutput(i, column);
                for (int j = 0; j < column.Length; j++)
                {
                    below[j] += along * column[j];
                }
            }
        }

        List<DecompositionRow> rows = [];
        if (constant != 0)
        {
            rows.Add(new DecompositionRow(new Component(ComponentKind.NeuronBias, layer), 0, null, constant));
        }

        if (_plan.NormBefore(BlockOperation.FeedForward) is { } place && block.Norm(place) is { } norm)
        {
            var point = new HookPoint(_plan.Steps[_plan.IndexOf(place)].Points[0], layer);
            if (norm.Bias.Length > 0)
            {
                rows.Add(Constant(new Component(place == BlockNorm.First ? ComponentKind.Norm1Bias : ComponentKind.Norm2Bias, layer), norm.Bias, below));
            }

            below = new Normed(point, norm, config.Norm, default).PullBack(below, _cache.Row(point, p)[0]);
        }

        return new StreamReading
        {
            Position = p,
            At = _model.Hooks.Contains(Hook.ResidMid(layer)) ? Hook.ResidMid(layer) : Hook.ResidPre(layer),
            Direction = below,
            Constants = rows,
            Actual = actual,
            Largest = Math.Abs(actual),
            Edited = false,
        };
    }

    /// <summary>The layer's FFN, or the position's experts, with what their neurons got and gave.</summary>
    private IEnumerable<(FeedForwardWeights Weights, float[] Pre, float[] Neurons, double Share)> Neurons(BlockWeights block, int layer, int p)
    {
        if (block.Mixture is not { } mixture)
        {
            yield return (
                block.FeedForward ?? throw new InvalidInputException($"FFN {layer}: this model has attention only"),
                _cache.Row(Hook.Pre(layer), p).ToArray(), _cache.Row(Hook.Post(layer), p).ToArray(), 1);
            yield break;
        }

        int slots = _model.Config.ExpertsPerToken;
        float[] indices = _cache.Values(new HookPoint(HookKind.ExpertIndices, layer))[(p * slots)..((p + 1) * slots)], shares = new float[slots];
        ExpertRouting.Shares(_cache.Row(new HookPoint(HookKind.ExpertWeights, layer), p), indices, shares);
        for (int slot = 0; slot < slots; slot++)
        {
            yield return (
                mixture.Experts[(int)indices[slot]],
                _cache.Row(new HookPoint(HookKind.ExpertPre, layer), p, slot).ToArray(),
                _cache.Row(new HookPoint(HookKind.ExpertPost, layer), p, slot).ToArray(),
                shares[slot]);
        }
    }
}
