using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>The points that a run has to record for <see cref="Flow"/>.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<HookQuery> FlowNeeds(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.Pattern, HookKind.V, HookKind.ResidPre, HookKind.AttnOut, HookKind.Ln1PostScale,
            .. model.Hooks.Outline.PostNorm ? new[] { HookKind.Ln1Scale } : [],
        ];
        return [.. model.Hooks.AllPoints.Where(p => kinds.Contains(p.Kind)).Select(p => (HookQuery)p)];
    }

    /// <summary>
    /// How much each position's attention block took from each source, in all layers. What all heads together move from one
    /// source to one destination is one vector of d_model numbers at a time.
    /// </summary>
    /// <param name="measure">How it is measured.</param>
    /// <param name="worst">
    /// Largest relative error of the parts from all sources, the residual path and the biases against what the run recorded; 0
    /// for attention weights, which are recorded themselves.
    /// </param>
    public FlowMaps Flow(FlowMeasure measure, out double worst)
    {
        ModelConfig config = _model.Config;
        int n = _cache.Positions;
        worst = 0;
        var layers = new double[config.NLayers][];
        for (int layer = 0; layer < config.NLayers; layer++)
        {
            layers[layer] = new double[n * n];
            for (int p = 0; p < n; p++)
            {
                Span<double> row = layers[layer].AsSpan(p * n, n);
                if (measure == FlowMeasure.Attention)
                {
                    for (int h = 0; h < config.NHeads; h++)
                    {
                        ReadOnlySpan<float> weights = _cache.Row(Hook.Pattern(layer), p, h);
                        for (int source = 0; source < n; source++)
                        {
                            row[source] += (double)weights[source] / config.NHeads;
                        }
                    }
                }
            }

            if (measure != FlowMeasure.Attention)
            {
                worst = Math.Max(worst, Moved(measure, layer, layers[layer]));
            }
        }

        return new FlowMaps(measure, n, layers);
    }

    /// <summary>Fills the map of one layer; returns the largest relative error of the parts' sum.</summary>
    private double Moved(FlowMeasure measure, int layer, double[] map)
    {
        ModelConfig config = _model.Config;
        int n = _cache.Positions, d = config.DModel, heads = config.NHeads;
        bool residual = measure != FlowMeasure.ValueNorm;
        var written = new float[heads][];
        var sums = new double[n * d];
        var outputs = new double[n][];
        for (int p = 0; p < n; p++)
        {
            outputs[p] = Output(layer, p, residual);
        }

        for (int source = 0; source < n; source++)
        {
            for (int h = 0; h < heads; h++)
            {
                var vector = new float[d];
                AddHead(layer, h, _cache.Row(Hook.V(layer), source, h / (heads / config.NKeyValueHeads)), vector);
                written[h] = vector;
            }

            for (int p = 0; p < n; p++)
            {
                (int first, int end) = Sources(layer, p);
                if (source < first || source >= end)
                {
                    continue;
                }

                double[] part = Part(layer, p, source, written, residual);
                for (int i = 0; i < d; i++)
                {
                    sums[(p * d) + i] += part[i];
                }

                map[(p * n) + source] = measure == FlowMeasure.Alti
                    ? Math.Max(0, outputs[p].Sum(Math.Abs) - Distance(outputs[p], part))
                    : Math.Sqrt(Dot(part, part));
            }
        }

        for (int p = 0; p < n && measure == FlowMeasure.Alti; p++)
        {
            Span<double> row = map.AsSpan(p * n, n);
            double sum = row.ToArray().Sum();
            for (int source = 0; source < n; source++)
            {
                row[source] = sum == 0 ? (source == p ? 1 : 0) : row[source] / sum;
            }
        }

        return Enumerable.Range(0, n).Max(p => Error(layer, p, sums.AsSpan(p * d, d), outputs[p], residual));
    }

    /// <summary>What came from one source to one position: all heads, and for the own position the residual path.</summary>
    private double[] Part(int layer, int p, int source, float[][] written, bool residual)
    {
        var part = new float[_model.Config.DModel];
        for (int h = 0; h < written.Length; h++)
        {
            float weight = _cache.Row(Hook.Pattern(layer), p, h)[source];
            for (int i = 0; weight != 0 && i < part.Length; i++)
            {
                part[i] += weight * written[h][i];
            }
        }

        float[] carried = Carried(new Component(ComponentKind.Attn, layer), p, part);
        if (residual && source == p)
        {
            System.Numerics.Tensors.TensorPrimitives.Add(carried, _cache.Row(Hook.ResidPre(layer), p), carried);
        }

        carried = residual && FirstNorm(layer) is { } norm ? norm.Carry(carried, _cache.Row(norm.Scale, p)[0]) : carried;
        return [.. carried.Select(x => (double)x)];
    }

    /// <summary>What the attention block gives at a position: its write, with the stream it is added to, through a post-norm.</summary>
    private double[] Output(int layer, int p, bool residual)
    {
        double[] output = [.. _cache.Row(Hook.AttnOut(layer), p).ToArray().Select(x => (double)x)];
        if (residual)
        {
            Add(output, _cache.Row(Hook.ResidPre(layer), p));
            FirstNorm(layer)?.Carry(output, _cache.Row(new HookPoint(HookKind.Ln1Scale, layer), p)[0]);
        }

        return output;
    }

    private Normed? FirstNorm(int layer) =>
        _model.Config.Block == BlockStyle.PostNorm && _model.Weights.Blocks[layer].Norm1 is { } norm
            ? new Normed(new HookPoint(HookKind.Ln1Scale, layer), norm, _model.Config.Norm, default)
            : null;

    /// <summary>max |parts + biases - output| / max |output|.</summary>
    private double Error(int layer, int p, ReadOnlySpan<double> parts, double[] output, bool residual)
    {
        double[] sum = parts.ToArray();
        foreach (Component bias in _steps.OfType<Written>().Select(w => w.Component)
            .Where(c => c.Layer == layer && c.Kind is ComponentKind.AttnBias or ComponentKind.Norm1PostBias && c.Layer == layer))
        {
            float[] vector = Vector(bias, p);
            Add(sum, residual && FirstNorm(layer) is { } norm ? norm.Carry(vector, _cache.Row(norm.Scale, p)[0]) : vector);
        }

        if (residual && FirstNorm(layer) is { Weights.Bias.Length: > 0 } last)
        {
            Add(sum, last.Weights.Bias);
        }

        double worst = 0, largest = 0;
        for (int i = 0; i < sum.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(sum[i] - output[i]));
            largest = Math.Max(largest, Math.Abs(output[i]));
        }

        return largest == 0 ? worst : worst / largest;
    }

    private static double Distance(double[] x, double[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += Math.Abs(x[i] - y[i]);
        }

        return sum;
    }
}
