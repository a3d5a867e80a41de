using Interp.Runtime;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Product;

/// <summary>
/// What a second, transposed copy of the weights costs that a backward pass would use: time to pack it beside that of the first, its
/// bytes, and the speed of g W^T with it beside x W.
/// </summary>
internal static class TransposedRunner
{
    private const string Header =
        "| K x N | pack W ms | pack W^T ms | bytes of each, MB | rows | x W, share of peak | g W^T, share of peak |\n|---|---|---|---|---|---|---|";

    /// <summary>The table on all cores.</summary>
    internal static IEnumerable<string> Table(int rounds)
    {
        yield return Header;
        foreach ((int k, int n) in new[] { (768, 768), (768, 3072), (3072, 768), (768, 50257) })
        {
            foreach (string row in Rows(k, n, rounds))
                yield return row;
        }
    }

    private static IEnumerable<string> Rows(int k, int n, int rounds)
    {
        int threads = TransformerModel.DefaultThreads;
        using var stored = new StoredMatrix(ProductRunner.Random(k * n, 5), WeightFormat.Float32);
        PackedMatrix forward = stored.Pack(k, n, threads), backward = stored.PackTransposed(k, n, threads);
        List<double> first = [], second = [];
        for (int round = 0; round < rounds; round++)
        {
            first.Add(Clock.Seconds(() => stored.Pack(k, n, threads)));
            second.Add(Clock.Seconds(() => stored.PackTransposed(k, n, threads)));
        }

        foreach (int m in new[] { 16, 128 })
        {
            float[] x = ProductRunner.Random(m * k, 6), g = ProductRunner.Random(m * n, 7), y = new float[m * n], back = new float[m * k];
            List<double> peak = [], ahead = [], behind = [];
            for (int round = 0; round < rounds; round++)
            {
                peak.Add(ProductRunner.Steady(() => MultiplyAddPeak.Run(threads), MultiplyAddPeak.Flops(threads)));
                ahead.Add(ProductRunner.Steady(() => MatrixProduct.Multiply(x, m, forward, [], y, threads), 2.0 * m * k * n));
                behind.Add(ProductRunner.Steady(() => MatrixProduct.Multiply(g, m, backward, [], back, threads), 2.0 * m * k * n));
            }

            double most = Clock.Median(peak);
            yield return FormattableString.Invariant(
                $"| {k} x {n} | {1e3 * Clock.Median(first):F1} | {1e3 * Clock.Median(second):F1} | {backward.Bytes / 1e6:F1} | {m} ")
                + FormattableString.Invariant($"| {Clock.Median(ahead) / most:P0} | {Clock.Median(behind) / most:P0} |");
        }
    }
}
