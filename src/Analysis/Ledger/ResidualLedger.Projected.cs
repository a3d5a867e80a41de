using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// The rows of all heads of a layer by source token. Nothing of size [pos, d_model] is made: direction, norm and cosine
    /// are taken to each head's value space first, where a source is d_head numbers.
    /// </summary>
    private IEnumerable<DecompositionRow> SourceRows(
        int layer, int p, HookPoint? before, double[] direction, StreamReading reading, DecompositionOptions options)
    {
        ModelConfig config = _model.Config;
        float[] stream = before is { } point ? _cache.Row(point, p).ToArray() : [];
        double streamNorm = Dots.Norm(stream);
        for (int h = 0; h < config.NHeads; h++)
        {
            HeadSpace space = Space(layer, h, p);
            double[] towards = space.Project(direction);
            double[] along = before is null ? [] : space.Project([.. stream.Select(x => (double)x)]);
            int group = h / (config.NHeads / config.NKeyValueHeads);
            ReadOnlyMemory<float> bias = _model.Weights.Blocks[layer].Attention.Value.Bias.ToArray();
            float[] own = options.ValueBiasRows && bias.Length > 0
                ? bias.Slice(group * config.DHead, config.DHead).ToArray()
                : [];
            double spread = 0;
            foreach (int source in SourceRange(layer, p))
            {
                float weight = _cache.Row(Hook.Pattern(layer), p, h)[source];
                spread += weight;
                double[] moved = [.. _cache.Row(Hook.V(layer), source, group).ToArray().Select(x => (double)weight * x)];
                for (int i = 0; i < own.Length; i++)
                {
                    moved[i] -= (double)weight * own[i];
                }

                yield return Row(new Component(ComponentKind.HeadSource, layer, h, Source: source), moved);
            }

            if (own.Length > 0)
            {
                yield return Row(new Component(ComponentKind.ValueBias, layer, h), [.. own.Select(x => spread * x)]);
            }

            DecompositionRow Row(Component component, double[] moved)
            {
                double squares = space.SquaredNorm(moved), norm = Math.Sqrt(squares);
                double? cosine = along.Length > 0 && norm > 0 ? Dot(moved, along) / (norm * streamNorm) : null;
                double factor = options.Scale == NormScale.Frozen ? 1 : OwnScale(squares, Dot(moved, space.Sums), reading);
                return new DecompositionRow(component, norm, cosine, factor * Dot(moved, towards));
            }
        }
    }

    /// <summary>The neurons of a layer with the largest contributions, and one row for all others.</summary>
    private IEnumerable<DecompositionRow> NeuronRows(
        Component whole, int p, double[] direction, int top, Func<Component, float[], DecompositionRow> row)
    {
        var queue = new PriorityQueue<Component, double>();
        foreach ((Component neuron, double value) in NeuronContributions(whole, p, direction))
        {
            queue.Enqueue(neuron, Math.Abs(value));
            if (queue.Count > top)
            {
                queue.Dequeue();
            }
        }

        float[] rest = Vector(whole with { Kind = ComponentKind.Mlp }, p);
        var others = new double[rest.Length];
        Add(others, rest);
        foreach (Component neuron in queue.UnorderedItems.Select(i => i.Element).OrderBy(c => c.Expert).ThenBy(c => c.Neuron))
        {
            float[] vector = Vector(neuron, p);
            for (int i = 0; i < vector.Length; i++)
            {
                others[i] -= vector[i];
            }

            yield return row(neuron, vector);
        }

        yield return row(new Component(ComponentKind.OtherNeurons, whole.Layer), [.. others.Select(x => (float)x)]);
    }

    /// <summary>direction . (activation W_out[n]) of every neuron; one row of W_out is in memory at a time.</summary>
    private IEnumerable<(Component Neuron, double Value)> NeuronContributions(Component whole, int p, double[] direction)
    {
        if (_model.Weights.Blocks[whole.Layer].Mixture is not null || BranchNorm(whole) is not null)
        {
            foreach (Component neuron in Split(whole, LedgerDetail.Neuron, p))
            {
                yield return (neuron, Dots.Of(Vector(neuron, p), direction));
            }

            yield break;
        }

        Linear output = _model.Weights.Blocks[whole.Layer].FeedForward!.Out;
        var row = new float[output.Outputs];
        for (int n = 0; n < output.Inputs; n++)
        {
            output.CopyInput(n, row);
            yield return (
                new Component(ComponentKind.Neuron, whole.Layer, Neuron: n),
                _cache.Row(Hook.Post(whole.Layer), p)[n] * Dots.Of(row, direction));
        }
    }

    /// <summary>The value space of a head at a position: its rows of W_O, carried through the branch's norm if there is one.</summary>
    private HeadSpace Space(int layer, int head, int p) => Space(layer, head, p, HeadRows());

    private float[][] HeadRows() =>
        [.. Enumerable.Range(0, _model.Config.DHead).Select(_ => new float[_model.Config.DModel])];

    private HeadSpace Space(int layer, int head, int p, float[][] rows)
    {
        int dHead = _model.Config.DHead;
        Linear output = _model.Weights.Blocks[layer].Attention.Output;
        Normed? norm = BranchNorm(new Component(ComponentKind.Head, layer, head));
        for (int i = 0; i < dHead; i++)
        {
            output.CopyInput((head * dHead) + i, rows[i]);
            rows[i] = norm?.Carry(rows[i], _cache.Row(norm.Scale, p)[0]) ?? rows[i];
        }

        return new HeadSpace(rows);
    }

    /// <summary>What the recorded pattern and values mix to, [d_head]: the sum over the sources of what they move.</summary>
    private float[] Mixed(int layer, int head, int p)
    {
        int group = head / (_model.Config.NHeads / _model.Config.NKeyValueHeads);
        var mixed = new double[_model.Config.DHead];
        foreach (int source in SourceRange(layer, p))
        {
            double weight = _cache.Row(Hook.Pattern(layer), p, head)[source];
            ReadOnlySpan<float> value = _cache.Row(Hook.V(layer), source, group);
            for (int i = 0; i < mixed.Length; i++)
            {
                mixed[i] += weight * value[i];
            }
        }

        return [.. mixed.Select(x => (float)x)];
    }

    /// <summary>The recorded scale over the one that a write would have alone.</summary>
    private double OwnScale(double squaredNorm, double sum, StreamReading reading)
    {
        double d = _model.Config.DModel, mean = _model.Config.Norm == NormKind.LayerNorm ? sum / d : 0;
        return reading.Scale!.Value
            / Math.Sqrt(Math.Max(0, (squaredNorm / d) - (mean * mean)) + _model.Config.NormEpsilon);
    }

    private void RequireScale(StreamReading reading, DecompositionOptions options)
    {
        if (options.Scale == NormScale.Recomputed && (reading.Scale is null || _plan.StreamNorms.Any()))
        {
            throw new InvalidInputException(
                "scale recomputed: expected one norm between the stream and what is read, found "
                + (_plan.StreamNorms.Any() ? "a post-norm model, whose norms stand in the stream" : "none"));
        }
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }
}
