using Interp.Runtime.Kernels;

namespace Interp.Bench.Product;

/// <summary>Times our product and ONNX Runtime's in turn, with the multiply-add peak between them.</summary>
internal static class ProductRunner
{
    private const double SampleSeconds = 0.02;

    // ONNX Runtime's threads go on looking for work for a while after a run, on the core that ours need: what is not yet timed
    // outlasts them.
    private const double WarmSeconds = 0.1;

    /// <summary>The table of some shapes on one and two threads.</summary>
    internal static IEnumerable<string> Table(IReadOnlyList<ProductShape> shapes, int rounds)
    {
        yield return ProductRow.Header;
        foreach (int threads in new[] { 1, 2 })
        {
            Clock.SecondsPerCall(() => MultiplyAddPeak.Run(threads), 0.5);
            foreach (ProductShape shape in shapes)
                yield return Measure(shape, threads, rounds).Line;
        }
    }

    /// <summary>Measures one shape.</summary>
    /// <exception cref="InvalidOperationException">The two results differ by more than rounding.</exception>
    internal static ProductRow Measure(ProductShape shape, int threads, int rounds)
    {
        (int m, int n, int k) = (shape.M, shape.N, shape.K);
        float[] x = Random(m * k, 1), w = Random(k * n, 2), ours = new float[m * n], theirs = new float[m * n];
        PackedMatrix packed = PackedMatrix.FromInputsByOutputs(w, k, n);
        using var onnx = new OnnxProduct(x, m, w, k, n, theirs, threads);
        void Ours() => MatrixProduct.Multiply(x, m, packed, [], ours, threads);
        Ours();
        onnx.Run();
        RequireAgreement(ours, theirs, k, shape);
        var peaks = new List<double>();
        var a = new List<double>();
        var b = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            peaks.Add(Steady(() => MultiplyAddPeak.Run(threads), MultiplyAddPeak.Flops(threads)));
            a.Add(Steady(Ours, shape.Flops));
            b.Add(Steady(onnx.Run, shape.Flops));
        }

        return new ProductRow(shape, threads, Clock.Median(peaks), Clock.Median(a), Clock.Median(b), a.Min(), a.Max());
    }

    /// <summary>
    /// Billions of operations (or bytes) a second once the threads of this library run and those of the other one sleep: a system may leave a thread that has just
    /// woken up on its caller's core for some milliseconds.
    /// </summary>
    internal static double Steady(Action action, double amount)
    {
        Clock.SecondsPerCall(action, WarmSeconds);
        return amount / Clock.SecondsPerCall(action, SampleSeconds) / 1e9;
    }

    internal static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (random.NextSingle() * 2) - 1;
        return values;
    }

    private static void RequireAgreement(float[] ours, float[] theirs, int k, ProductShape shape)
    {
        // Values up to 1: a sum of k of them in any order is within k rounding units of sqrt(k), with room to spare.
        double allowed = 1e-6 * k;
        for (int i = 0; i < ours.Length; i++)
        {
            if (!(Math.Abs(ours[i] - theirs[i]) <= allowed))
                throw new InvalidOperationException($"{shape}: output {i}: {ours[i]} here, {theirs[i]} with ONNX Runtime");
        }
    }
}
