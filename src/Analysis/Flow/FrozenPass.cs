using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The blocks as the linear maps that they are at what a run recorded: norms divide by the recorded scale, heads mix by the recorded
/// pattern, and a neuron is its input times the recorded gate, act(x) / x, or in a gated FFN act(x). Rows of tokens pass through the
/// maps, and biases enter the rows of biases only, so that over all parts everything is added exactly once.
/// </summary>
internal sealed class FrozenPass
{
    private readonly TransformerModel _model;
    private readonly ModelConfig _config;
    private readonly ActivationCache _cache;
    private readonly FrozenRows _rows;
    private readonly int _threads;
    private readonly int _count;

    /// <summary>Creates a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">What its run recorded.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="threads">Threads of the products.</param>
    public FrozenPass(TransformerModel model, ActivationCache cache, FrozenRows rows, int threads)
    {
        (_model, _config, _cache, _rows, _threads) = (model, model.Config, cache, rows, threads);
        _count = rows.Positions.Length;
        Stream = new float[_count * _config.DModel];
        Embed();
    }

    /// <summary>The parts, [rows, d_model]: what enters the next layer.</summary>
    public float[] Stream { get; }

    /// <summary>Takes the parts through a block.</summary>
    /// <param name="layer">0-based layer.</param>
    public void Block(int layer)
    {
        BlockWeights block = _model.Weights.Blocks[layer];
        var values = new Dictionary<BlockSlot, float[]> { [BlockSlot.Stream] = Stream };
        foreach (BlockStep step in BlockPlan.Of(_config).Steps)
        {
            switch (step.Operation)
            {
                case BlockOperation.Normalize when step.To == BlockSlot.Stream:
                    Normed(Stream, block.Norm(step.Norm!.Value)!, step.Points[0], layer).CopyTo(Stream, 0);
                    break;
                case BlockOperation.Normalize:
                    values[step.To] = Normed(values[step.From], block.Norm(step.Norm!.Value)!, step.Points[0], layer);
                    break;
                case BlockOperation.Copy:
                    values[step.To] = [.. values[step.From]];
                    break;
                case BlockOperation.Attend:
                    values[step.To] = Mixed(layer, block.Attention, values[BlockSlot.Normed]);
                    break;
                case BlockOperation.WriteAttention:
                    values[step.To] = Apply(block.Attention.Output, values[step.From]);
                    break;
                case BlockOperation.FeedForward:
                    values[step.To] = block.Mixture is { } mixture
                        ? Mixture(layer, mixture, values[step.From])
                        : FeedForward(layer, block.FeedForward!, values[step.From]);
                    break;
                case BlockOperation.Add:
                    TensorPrimitives.Add(Stream, values[step.From], Stream);
                    break;

                // Queries and keys are in the recorded pattern; nobody changes what is offered.
                case BlockOperation.Offer or BlockOperation.Project or BlockOperation.NormalizeHeads or BlockOperation.Rotate or BlockOperation.StoreKeys:
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(layer), step.Operation, "a step that the frozen pass does not know");
            }
        }
    }

    /// <summary>A token's own embeddings at its own position; the bias of a norm over them is the biases'.</summary>
    private void Embed()
    {
        HookKind[] kinds = [HookKind.Embed, HookKind.PosEmbed, HookKind.TokenTypeEmbed];
        foreach (FrozenRows.Part part in _rows.Parts.Where(p => p.Source != FrozenRows.Biases))
        {
            Span<float> row = Row(Stream, part.Row + part.Source - part.Position, _config.DModel);
            foreach (HookPoint point in kinds.Select(k => new HookPoint(k, -1)).Where(_model.Hooks.Contains))
            {
                if (point.Kind != HookKind.PosEmbed || _config.Positions == PositionKind.Learned)
                {
                    TensorPrimitives.Add(row, _cache.Row(point, part.Source), row);
                }
            }
        }

        if (_model.Weights.EmbedNorm is { } norm)
        {
            Normed(Stream, norm, HookKind.EmbedNormScale, -1).CopyTo(Stream, 0);
        }
    }

    /// <summary>The heads' values, mixed by the recorded pattern.</summary>
    private float[] Mixed(int layer, AttentionWeights weights, float[] normed)
    {
        int d = _config.DHead, heads = _config.NHeads, n = _cache.Positions, groups = heads / _config.NKeyValueHeads;
        float[] values = Apply(weights.Value, normed), z = new float[_count * heads * d];
        float[] pattern = _cache.Values(Hook.Pattern(layer));
        foreach (FrozenRows.Part part in _rows.Parts)
        {
            for (int i = 0; i < part.Count; i++)
            {
                Span<float> mixed = Row(z, part.Row + i, heads * d);
                for (int j = 0; j < (_config.Causal ? i + 1 : part.Count); j++)
                {
                    Span<float> value = Row(values, part.Row + j, _config.NKeyValueHeads * d);
                    for (int h = 0; h < heads; h++)
                    {
                        float weight = pattern[(((h * n) + part.Position + i) * n) + part.Position + j];
                        if (weight != 0)
                        {
                            Span<float> own = mixed.Slice(h * d, d);
                            TensorPrimitives.MultiplyAdd(value.Slice(h / groups * d, d), weight, own, own);
                        }
                    }
                }
            }
        }

        return z;
    }

    private float[] FeedForward(int layer, FeedForwardWeights weights, float[] input)
    {
        float[] neurons = Apply(weights.Linear ?? weights.In, input);
        for (int row = 0; row < _count; row++)
        {
            Gate(_cache.Row(Hook.Pre(layer), _rows.Positions[row]), Row(neurons, row, _config.DMlp));
        }

        AddBias(weights.NeuronBias, neurons);
        return Apply(weights.Out, neurons);
    }

    /// <summary>Each position's experts, at the shares that the run recorded.</summary>
    private float[] Mixture(int layer, MixtureWeights weights, float[] input)
    {
        int slots = _config.ExpertsPerToken, d = _config.DModel;
        float[] sum = new float[_count * d], indices = _cache.Values(new HookPoint(HookKind.ExpertIndices, layer));
        float[] shares = new float[slots], neurons = new float[_config.DMlp], write = new float[d];
        foreach (FrozenRows.Part part in _rows.Parts)
        {
            bool biases = part.Source == FrozenRows.Biases;
            for (int row = part.Row; row < part.Row + part.Count; row++)
            {
                int p = _rows.Positions[row];
                Span<float> chosen = indices.AsSpan(p * slots, slots), own = Row(sum, row, d);
                ExpertRouting.Shares(_cache.Row(new HookPoint(HookKind.ExpertWeights, layer), p), chosen, shares);
                for (int slot = 0; slot < slots; slot++)
                {
                    FeedForwardWeights expert = weights.Experts[(int)chosen[slot]];
                    Linear first = expert.Linear ?? expert.In;
                    first.Apply(Row(input, row, d), 1, neurons);
                    Add(biases ? first.Bias : [], neurons);
                    Gate(_cache.Row(new HookPoint(HookKind.ExpertPre, layer), p, slot), neurons);
                    Add(biases ? expert.NeuronBias : [], neurons);
                    expert.Out.Apply(neurons, 1, write);
                    Add(biases ? expert.Out.Bias : [], write);
                    TensorPrimitives.MultiplyAdd(write, shares[slot], own, own);
                }
            }
        }

        return sum;
    }

    /// <summary>Neurons at the recorded gate: act(x) of the gated branch, else act(x) / x, which is 0 where x is 0.</summary>
    private void Gate(ReadOnlySpan<float> pre, Span<float> neurons)
    {
        var gate = new float[pre.Length];
        _config.Activation.Apply(pre, gate);
        for (int i = 0; i < gate.Length && !_config.Gated; i++)
        {
            gate[i] = pre[i] == 0 ? 0 : gate[i] / pre[i];
        }

        TensorPrimitives.Multiply(neurons, gate, neurons);
    }

    /// <summary>Rows through a norm at its recorded scales.</summary>
    private float[] Normed(float[] rows, NormWeights norm, HookKind scale, int layer)
    {
        int d = _config.DModel;
        var normed = new float[rows.Length];
        for (int row = 0; row < _count; row++)
        {
            Span<float> own = Row(normed, row, d);
            FrozenNorm.Carry(Row(rows, row, d), norm, _config.Norm, _cache.Row(new HookPoint(scale, layer), _rows.Positions[row])[0], own);
        }

        AddBias(norm.Bias, normed);
        return normed;
    }

    private float[] Apply(Linear map, float[] rows)
    {
        var mapped = new float[_count * map.Outputs];
        map.Apply(rows, _count, mapped, _threads);
        AddBias(map.Bias, mapped);
        return mapped;
    }

    private void AddBias(ReadOnlySpan<float> bias, float[] rows)
    {
        foreach (FrozenRows.Part part in _rows.Parts)
        {
            for (int row = part.Row; part.Source == FrozenRows.Biases && row < part.Row + part.Count; row++)
            {
                Add(bias, Row(rows, row, rows.Length / _count));
            }
        }
    }

    private static void Add(ReadOnlySpan<float> bias, Span<float> row)
    {
        if (!bias.IsEmpty)
        {
            TensorPrimitives.Add(row, bias, row);
        }
    }

    private static Span<float> Row(float[] rows, int row, int width) => rows.AsSpan(row * width, width);
}
