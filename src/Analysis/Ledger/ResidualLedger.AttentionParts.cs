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
            _after = HasResidual ? ledger.StreamNorm(BlockNorm.First, layer) : null;
            _pattern = ledger._cache.Values(Hook.Pattern(layer));
            int n = ledger._cache.Positions;
            _factors = [.. Enumerable.Range(0, n).Select(p => 1 / (Scale(_branch, p) * Scale(_after, p)))];
            _outputs = [.. Enumerable.Range(0, n).Select(Output)];
            _sums = [.. Enumerable.Range(0, n).Select(BiasSum)];
            _sizes = [.. _outputs.Select(Dots.SumOfMagnitudes)];
        }

        private bool HasResidual => _measure != FlowMeasure.ValueNorm;

        private ActivationCache Cache => _ledger._cache;

        /// <summary>Fills the maps; returns the largest relative error of the parts' sum against what was recorded.</summary>
        /// <param name="map">[destination, source], or by head [head, destination, source].</param>
        /// <param name="residual">[position]: the residual path, where heads are told apart.</param>
        public double Fill(double[] map, double[] residual)
        {
            int n = Cache.Positions;
            Visit(null, (edge, part) =>
            {
                if (_byHead && edge.Head is null)
                {
                    residual[edge.Destination] = Take(edge.Destination, part);
                }
                else
                {
                    map[((((edge.Head ?? 0) * n) + edge.Destination) * n) + edge.Source] = Take(edge.Destination, part);
                }
            });
            if (_measure == FlowMeasure.Alti)
            {
                Normalise(map, residual);
            }

            return Enumerable.Range(0, n).Max(p => RelativeError(_sums[p], _outputs[p]));
        }

        /// <summary>
        /// Hands out every part of some destinations, sources ascending: of heads together with the residual path in that of the own
        /// position, or of each head, and the residual path without a head.
        /// </summary>
        /// <param name="wanted">The destinations; null = all.</param>
        /// <param name="handle">Receives the parts; a vector is reused.</param>
        public void Visit(SortedSet<int>? wanted, Action<FlowEdge, float[]> handle)
        {
            int n = Cache.Positions, heads = _ledger._model.Config.NHeads;
            float[] part = new float[_ledger._model.Config.DModel];
            var written = new float[heads][];
            for (int source = 0; source < n; source++)
            {
                Write(source, written);
                for (int p = 0; p < n; p++)
                {
                    (int first, int end) = _ledger.Sources(_layer, p);
                    if (source < first || source >= end || wanted?.Contains(p) == false)
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

                        handle(new FlowEdge(_layer, _byHead ? group : null, p, source), part);
                    }

                    if (source == p && HasResidual && _byHead)
                    {
                        handle(new FlowEdge(_layer, null, p, p), Residual(p));
                    }
                }
            }
        }

        /// <summary>What comes from no source: output bias and biases of norms, as they arrive.</summary>
        public IEnumerable<(Component Bias, float[] Vector)> Biases(int p)
        {
            foreach (ComponentKind kind in new[] { ComponentKind.AttnBias, ComponentKind.Norm1PostBias })
            {
                if (_ledger._steps.OfType<Written>().FirstOrDefault(w => w.Component == new Component(kind, _layer)) is { } bias)
                {
                    yield return (bias.Component, Carry(_after, _ledger.Vector(bias.Component, p), Scale(_after, p)));
                }
            }

            if (_after is { Weights.Bias.Length: > 0 })
            {
                yield return (new Component(ComponentKind.Norm1Bias, _layer), _after.Weights.Bias);
            }
        }

        /// <summary>What the attention block gives at a position: its write, with the stream it is added to, through a post-norm.</summary>
        public float[] Output(int p)
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

        /// <summary>Adds a part to its position's sum and measures it.</summary>
        private double Take(int p, float[] part)
        {
            Dots.Add(part, _sums[p]);
            return _measure == FlowMeasure.Alti
                ? Math.Max(0, _sizes[p] - Dots.Distance(_outputs[p], part))
                : Dots.Norm(part);
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

        private double[] BiasSum(int p)
        {
            var sum = new double[_ledger._model.Config.DModel];
            foreach ((_, float[] vector) in Biases(p))
            {
                Dots.Add(vector, sum);
            }

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
