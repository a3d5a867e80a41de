using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching.Paths;

/// <summary>
/// An independent float64 model for paths: pre-norm blocks with LayerNorm, learned positions, causal attention with shared
/// key-value heads, a ReLU FFN. Every node is a function of the stream that it reads; what a node sends, and which stream
/// reaches which input, is decided by the caller.
/// </summary>
internal sealed class PlainPaths(TransformerModel model)
{
    private readonly ModelConfig _c = model.Config;

    /// <summary>What a run computes: node outputs by name, values of inputs by name, and the final stream.</summary>
    public sealed class Trace
    {
        public Dictionary<string, double[][]> Out { get; } = [];

        public Dictionary<string, double[][]> In { get; } = [];

        public double[][] End { get; set; } = [];
    }

    /// <summary>Runs the model.</summary>
    /// <param name="tokens">The prompt.</param>
    /// <param name="output">Given a node's name and own output, what it writes.</param>
    /// <param name="read">Given an input's name and the stream, the stream that it reads.</param>
    /// <param name="input">Given an input's name and own value (q, k, v of a head; pre of an FFN), the value that is used.</param>
    public Trace Run(
        int[] tokens,
        Func<string, double[][], double[][]>? output = null,
        Func<string, double[][], Trace, double[][]>? read = null,
        Func<string, double[][], double[][]>? input = null)
    {
        int d = _c.DModel, n = tokens.Length;
        var trace = new Trace();
        float[] embedding = model.Weights.TokenEmbedding.ToArray();
        double[][] stream = Write("embed", [.. tokens.Select((t, p) => Enumerable.Range(0, d)
            .Select(i => (double)embedding[(t * d) + i] + model.Weights.PositionEmbedding[(p * d) + i]).ToArray())]);
        for (int l = 0; l < _c.NLayers; l++)
        {
            BlockWeights b = model.Weights.Blocks[l];
            double[][] next = [.. stream.Select(row => row.ToArray())];
            for (int h = 0; h < _c.NHeads; h++)
            {
                int g = h / (_c.NHeads / _c.NKeyValueHeads);
                double[][] q = Value($"L{l}H{h}.q", b.Attention.Query, h, b.Norm1!), k = Value($"L{l}H{g}.k", b.Attention.Key, g, b.Norm1!);
                double[][] v = Value($"L{l}H{g}.v", b.Attention.Value, g, b.Norm1!);
                var z = new double[n][];
                for (int i = 0; i < n; i++)
                {
                    double[] w = [.. Enumerable.Range(0, i + 1).Select(j => Math.Exp(q[i].Zip(k[j], (x, y) => x * y).Sum() * _c.AttentionScale))];
                    z[i] = [.. Enumerable.Range(0, _c.DHead).Select(e => Enumerable.Range(0, i + 1).Sum(j => w[j] * v[j][e]) / w.Sum())];
                }

                Add(next, Write($"L{l}H{h}", [.. z.Select(row => Map(b.Attention.Output, row, h * _c.DHead, 0, d, bias: false))]));
            }

            foreach (double[] row in next)
            {
                for (int i = 0; i < d; i++)
                {
                    row[i] += b.Attention.Output.Bias[i];
                }
            }

            stream = next;
            string name = $"m{l}";
            double[][] pre = Input(name, [.. Read(name).Select(r => Map(b.FeedForward!.In, Norm(r, b.Norm2!), 0, 0, _c.DMlp, true))]);
            stream = [.. stream.Select(row => row.ToArray())];
            Add(stream, Write(name, [.. pre.Select(r => Map(b.FeedForward!.Out, [.. r.Select(x => Math.Max(0, x))], 0, 0, d, true))]));

            double[][] Value(string at, Linear map, int head, NormWeights norm) => Input(
                at, [.. Read(at).Select(r => Map(map, Norm(r, norm), 0, head * _c.DHead, _c.DHead, true))]);
        }

        trace.End = Read("logits");
        return trace;

        double[][] Write(string node, double[][] own) => trace.Out[node] = output?.Invoke(node, own) ?? own;
        double[][] Read(string at) => read?.Invoke(at, stream, trace) ?? stream;
        double[][] Input(string at, double[][] own) => trace.In[at] = input?.Invoke(at, own) ?? own;
    }

    /// <summary>Logits of the last position.</summary>
    public double[] Logits(double[][] end) => Map(model.Weights.Unembed, Norm(end[^1], model.Weights.FinalNorm!), 0, 0, _c.DVocab, true);

    private double[] Norm(double[] x, NormWeights norm)
    {
        double mean = x.Average(), scale = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + _c.NormEpsilon);
        return [.. x.Select((v, i) => ((v - mean) / scale * norm.Gain[i]) + norm.Bias[i])];
    }

    private static double[] Map(Linear map, double[] x, int firstInput, int firstOutput, int outputs, bool bias)
    {
        var y = new double[outputs];
        var row = new float[map.Outputs];
        for (int i = 0; i < x.Length; i++)
        {
            map.CopyInput(firstInput + i, row);
            for (int o = 0; o < outputs; o++)
            {
                y[o] += x[i] * row[firstOutput + o];
            }
        }

        for (int o = 0; o < outputs && bias; o++)
        {
            y[o] += map.Bias[firstOutput + o];
        }

        return y;
    }

    public static void Add(double[][] to, double[][] what)
    {
        for (int p = 0; p < to.Length; p++)
        {
            for (int i = 0; i < to[p].Length; i++)
            {
                to[p][i] += what[p][i];
            }
        }
    }
}
