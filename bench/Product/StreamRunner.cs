using System.Globalization;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Product;

/// <summary>
/// Products of few rows, as in generation: they are bounded by how fast the weights come from memory. One matrix that fits
/// no cache, in each format, beside a plain read of as many bytes.
/// </summary>
internal static class StreamRunner
{
    private const string Header =
        "| rows | weights | threads | read GB/s | ours GB/s | ours / read | ONNX Runtime GB/s |\n|---|---|---|---|---|---|---|";

    private const int N = 50257;
    private const int K = 768;

    /// <summary>The table on one and two threads.</summary>
    internal static IEnumerable<string> Table(int rounds) =>
        Enumerable.Range(1, 2).SelectMany(threads => Measure(threads, rounds)).Prepend(Header);

    private static IEnumerable<string> Measure(int threads, int rounds)
    {
        float[] w = ProductRunner.Random(N * K, 3);
        using var read = new ReadBandwidth();
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            using var matrix = new StoredMatrix(w, format);
            PackedMatrix packed = matrix.Pack(K, N, threads);
            foreach (int m in new[] { 1, 2, 4, 8 })
                yield return Row(m, packed, format == WeightFormat.Float32 ? w : null, read, threads, rounds);
        }
    }

    private static string Row(int m, PackedMatrix packed, float[]? w, ReadBandwidth read, int threads, int rounds)
    {
        float[] x = ProductRunner.Random(m * K, 4), ours = new float[m * N], theirs = new float[m * N];
        using OnnxProduct? onnx = w is null ? null : new OnnxProduct(x, m, w, K, N, theirs, threads);
        List<double> a = [], b = [], c = [];
        for (int round = 0; round < rounds; round++)
        {
            a.Add(ProductRunner.Steady(() => read.Run(threads), ReadBandwidth.Bytes));
            b.Add(ProductRunner.Steady(() => MatrixProduct.Multiply(x, m, packed, [], ours, threads), packed.Bytes));
            if (onnx is not null)
                c.Add(ProductRunner.Steady(onnx.Run, 4.0 * K * N));
        }

        string other = c.Count == 0 ? "" : Clock.Median(c).ToString("F1", CultureInfo.InvariantCulture);
        double reading = Clock.Median(a), product = Clock.Median(b);
        return FormattableString.Invariant(
            $"| {m} | {packed.Format} | {threads} | {reading:F1} | {product:F1} | {product / reading:P0} | {other} |");
    }
}
