using Interp.Analysis;
using Interp.Bench.Product;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Bench.Forward;

/// <summary>
/// The bare forward pass of GPT-2 small's geometry beside its matrix products alone and the multiply-add peak: what the products
/// leave is attention, norms, embedding and what a product of one layer costs the next.
/// </summary>
internal static class ForwardRunner
{
    private const string Header =
        "| batch | forward ms | range | products alone ms | rest | products GFLOP/s in forward | peak | share | all hooks by NoHooks |\n"
        + "|---|---|---|---|---|---|---|---|---|";

    private static readonly (int Sequences, int Length)[] Batches = [(1, 16), (8, 15), (1, 128), (8, 128), (1, 1024)];

    /// <summary>The table on all cores.</summary>
    /// <param name="rounds">Timed runs of each kind; they alternate.</param>
    /// <param name="only">Batches such as 8x128; none = all.</param>
    internal static IEnumerable<string> Table(int rounds, IReadOnlyList<string> only)
    {
        yield return Header;
        int threads = TransformerModel.DefaultThreads;
        TransformerModel model = Geometry.Create("gpt2-small", 0);
        foreach ((int sequences, int length) in Batches)
        {
            if (only.Count == 0 || only.Contains($"{sequences}x{length}"))
                yield return Row(model, sequences, length, threads, rounds);
        }
    }

    private static string Row(TransformerModel model, int sequences, int length, int threads, int rounds)
    {
        var random = new Random(1);
        var batch = new TokenBatch(Enumerable.Range(0, sequences).Select(
            _ => (IReadOnlyList<int>)[.. Enumerable.Range(0, length).Select(_ => random.Next(model.Config.DVocab))]));
        using var products = new Products(model, sequences * length);
        var logits = new float[sequences * length * model.Config.DVocab];
        List<double> peak = [], forward = [], alone = [], listened = [];
        for (int round = -1; round < rounds; round++)
        {
            double a = MultiplyAddPeak.Flops(threads) / Timed(() => MultiplyAddPeak.Run(threads)) / 1e9;
            double b = Timed(() => model.Forward(batch, default(NoHooks), logits, threads: threads));
            double c = Timed(() => products.Run(threads));
            double d = Timed(() => model.Forward(batch, default(Deaf), logits, threads: threads));
            if (round < 0)
                continue;
            peak.Add(a);
            forward.Add(1000 * b);
            alone.Add(1000 * c);
            listened.Add(d / b);
        }

        double median = Clock.Median(forward), rate = products.Flops / median / 1e6, most = Clock.Median(peak);
        return FormattableString.Invariant(
            $"| {sequences}x{length} | {median:F1} | {forward.Min():F1}-{forward.Max():F1} | {Clock.Median(alone):F1} ")
            + FormattableString.Invariant(
            $"| {1 - (Clock.Median(alone) / median):P0} | {rate:F0} | {most:F0} | {rate / most:P0} | {Clock.Median(listened):F3} |");
    }

    /// <summary>The second of two runs: the first wakes the threads.</summary>
    private static double Timed(Action action)
    {
        action();
        return Clock.Seconds(action);
    }

    /// <summary>A listener that is asked at every point and wants none, which the compiler does not know beforehand.</summary>
    private readonly struct Deaf : IForwardHooks
    {
        private static readonly HashSet<HookPoint> None = [];

        public bool Wants(HookPoint point) => None.Contains(point);

        public bool MayChange(HookPoint point) => None.Contains(point);

        public void OnActivation(in Activation activation)
        {
        }

        public void OnBatch(in ActivationBatch batch)
        {
        }
    }

    /// <summary>The matrix products of a pass, without what lies between them.</summary>
    private sealed unsafe class Products(TransformerModel model, int rows) : IDisposable
    {
        private readonly NativeBuffer _memory = new(sizeof(float) * (long)rows * (model.Config.DModel + (2 * model.Config.DMlp) + model.Config.DVocab));

        internal double Flops => Maps().Sum(map => 2.0 * rows * map.Inputs * map.Outputs);

        internal void Run(int threads)
        {
            var x = new Span<float>(_memory.Pointer, rows * model.Config.DMlp);
            var y = new Span<float>(_memory.Pointer + (sizeof(float) * (long)x.Length), rows * Math.Max(model.Config.DVocab, model.Config.DMlp));
            foreach (Linear map in Maps())
                MatrixProduct.Multiply(x[..(rows * map.Inputs)], rows, map.Weight, map.Bias, y[..(rows * map.Outputs)], threads);
        }

        public void Dispose() => _memory.Dispose();

        private IEnumerable<Linear> Maps() => model.Weights.Blocks.SelectMany(b => new[]
        {
            b.Attention.Query, b.Attention.Key, b.Attention.Value, b.Attention.Output, b.FeedForward!.In, b.FeedForward.Out,
        }).Append(model.Weights.Unembed);
    }
}
