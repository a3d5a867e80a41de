using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// What one layer's attention block gives each position, taken apart by source. Norms on the way are linear at their recorded
    /// scales, so what a head moves is carried through them once per source, at a scale of 1, and each destination only multiplies:
    /// part = pattern / scales * carry(v W_O).
    /// </summary>
    private sealed class AttentionParts
    {
        private readonly ResidualLedger _ledger;
        private readonly int _layer;
        private readonly FlowMeasure _measure;
        private readonly bool _byHead;
        private readonly Normed? _branch;
        private readonly Normed? _after;
        private readonly float[] _pattern;
        private readonly float[] _factors;
        private readonly float[][] _outputs;
        private readonly double[][] _sums;
        private readonly double[] _sizes;

        public AttentionParts(ResidualLedger ledger, int layer, FlowMeasure measure, bool byHead)
        {
            (_ledger, _layer, _measure, _byHead) = (ledger, layer, measure, byHead);
            _branch = ledger.BranchNorm(new Component(ComponentKind.Attn, layer));
            _after = HasResidual ? ledger.FirstNorm(layer) : null;
            _pattern = ledger._cache.Values(Hook.Pattern(layer));
            int n = ledger._cache.Positions;
            _factors = [.. Enumerable.Range(0, n).Select(p => 1 / (Scale(_branch, p) * Scale(_after, p)))];
            _outputs = [.. Enumerable.Range(0, n).Select(Output)];
            _sums = [.. Enumerable.Range(0, n).Select(Biases)];
            _sizes = [.. _outputs.Select(Dots.SumOfMagnitudes)];
        }

        private bool HasResidual => _measure != FlowMeasure.ValueNorm;

        private ActivationCache Cache => _ledger._cache;

        /// <summary>Fills the maps; returns the largest relative error of the parts' sum against what was recorded.</summary>
        /// <param name="map">[destination, source], or by head [head, destination, source].</param>
        /// <param name="residual">[position]: the residual path, where heads are told apart.</param>
        public double Fill(double[] map, double[] residual)
        {
            int n = Cache.Positions, d = _ledger._model.Config.DModel, heads = _ledger._model.Config.NHeads;
            float[] part = new float[d];
            var written = new float[heads][];
            for (int source = 0; source < n; source++)
            {
                Write(source, written);
                for (int p = 0; p < n; p++)
                {
                    (int first, int end) = _ledger.Sources(_layer, p);
                    if (source < first || source >= end)
                    {
                        continue;
                    }

                    for (int group = 0; group < (_byHead ? heads : 1); group++)
                    {
                        part.AsSpan().Clear();
                        for (int h = group; h < (_byHead ? group + 1 : heads); h++)
                        {
                            float weight = _pattern[(((h * n) + p) * n) + source] * _factors[p];
                            if (weight != 0)
                            {
                                TensorPrimitives.MultiplyAdd(written[h], weight, part, part);
                            }
                        }

                        if (source == p && HasResidual && !_byHead)
                        {
                            TensorPrimitives.Add(part, Residual(p), part);
                        }

                        map[(((group * n) + p) * n) + source] = Take(p, part);
                    }

                    if (source == p && HasResidual && _byHead)
                    {
                        residual[p] = Take(p, Residual(p));
                    }
                }
            }

            if (_measure == FlowMeasure.Alti)
            {
                Normalise(map, residual);
            }

            return Enumerable.Range(0, n).Max(p => RelativeError(_sums[p], _outputs[p]));
        }

        /// <summary>Adds a part to its position's sum and measures it.</summary>
        private double Take(int p, float[] part)
        {
            Dots.Add(part, _sums[p]);
            return _measure == FlowMeasure.Alti
                ? Math.Max(0, _sizes[p] - Dots.Distance(_outputs[p], part))
                : Math.Sqrt(Dots.Of(part, part));
        }

        /// <summary>What each head would move from a source with a weight and scales of 1.</summary>
        private void Write(int source, float[][] written)
        {
            ModelConfig config = _ledger._model.Config;
            for (int h = 0; h < written.Length; h++)
            {
                var vector = new float[config.DModel];
                _ledger.AddHead(_layer, h, Cache.Row(Hook.V(_layer), source, h / (config.NHeads / config.NKeyValueHeads)), vector);
                written[h] = Carry(_after, Carry(_branch, vector, 1), 1);
            }
        }

        private float[] Residual(int p) => Carry(_after, Cache.Row(Hook.ResidPre(_layer), p).ToArray(), Scale(_after, p));

        /// <summary>What the attention block gives at a position: its write, with the stream it is added to, through a post-norm.</summary>
        private float[] Output(int p)
        {
            float[] output = Cache.Row(Hook.AttnOut(_layer), p).ToArray();
            if (!HasResidual)
            {
                return output;
            }

            double[] sum = [.. output.Select(x => (double)x)];
            Dots.Add(Cache.Row(Hook.ResidPre(_layer), p), sum);
            _after?.Carry(sum, Scale(_after, p));
            return [.. sum.Select(x => (float)x)];
        }

        /// <summary>What comes from no source: output bias and biases of norms, as they arrive.</summary>
        private double[] Biases(int p)
        {
            var sum = new double[_ledger._model.Config.DModel];
            foreach (ComponentKind kind in new[] { ComponentKind.AttnBias, ComponentKind.Norm1PostBias })
            {
                if (_ledger._steps.OfType<Written>().FirstOrDefault(w => w.Component == new Component(kind, _layer)) is { } bias)
                {
                    Dots.Add(Carry(_after, _ledger.Vector(bias.Component, p), Scale(_after, p)), sum);
                }
            }

            Dots.Add(_after?.Weights.Bias ?? [], sum);
            return sum;
        }

        /// <summary>Divides each position's entries, residual path included, by their sum; where all are 0, it kept what it had.</summary>
        private void Normalise(double[] map, double[] residual)
        {
            int n = Cache.Positions, groups = map.Length / (n * n);
            for (int p = 0; p < n; p++)
            {
                double sum = residual[p];
                for (int group = 0; group < groups; group++)
                {
                    foreach (double value in map.AsSpan(((group * n) + p) * n, n))
                    {
                        sum += value;
                    }
                }

                for (int group = 0; group < groups; group++)
                {
                    Span<double> row = map.AsSpan(((group * n) + p) * n, n);
                    for (int source = 0; source < n; source++)
                    {
                        row[source] = sum == 0 ? (source == p && !_byHead ? 1 : 0) : row[source] / sum;
                    }
                }

                residual[p] = sum == 0 ? 1 : residual[p] / sum;
            }
        }

        private float Scale(Normed? norm, int p) => norm is null ? 1 : Cache.Row(norm.Scale, p)[0];

        private static float[] Carry(Normed? norm, float[] vector, float scale) => norm?.Carry(vector, scale) ?? vector;
    }
}
