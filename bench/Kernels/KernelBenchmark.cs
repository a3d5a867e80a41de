using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Interp.Bench.Kernels;

/// <summary>A kernel on one thread in BenchmarkDotNet: the definition, the platform's operation where there is one, ONNX Runtime's, ours.</summary>
[Config(typeof(Rates))]
public abstract class KernelBenchmark
{
    /// <summary>
    /// Operations of a call: two for each multiply-add. Of kernels that are no products, a nominal count for each element, the same
    /// in every row: rows compare with each other, and their share of the peak only says how far they are from products.
    /// </summary>
    public abstract double Flops { get; }

    /// <summary>Threads of all rows.</summary>
    public int Threads { get; } = 1;

    /// <summary>The most multiply-adds that the core does.</summary>
    [Benchmark]
    public void Peak() => MultiplyAddPeak.Run(Threads);

    private sealed class Rates : ManualConfig
    {
        public Rates() => AddColumn(new RateColumn(share: false), new RateColumn(share: true));
    }
}
