using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Interp.Bench.Product;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Kernels;

/// <summary>Softmax of rows of attention scores.</summary>
public class SoftmaxBenchmarks : KernelBenchmark, IDisposable
{
    // Largest, difference, exponential, sum, quotient.
    private const double PerElement = 5;

    private float[] x = [];
    private float[] y = [];
    private OnnxNode? onnx;

    /// <summary>Queries.</summary>
    [Params(128)]
    public int Rows { get; set; }

    /// <summary>Keys.</summary>
    [Params(128, 1024)]
    public int Keys { get; set; }

    /// <inheritdoc/>
    public override double Flops => PerElement * Rows * Keys;

    /// <summary>Makes inputs.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (x, y) = (ProductRunner.Random(Rows * Keys, 1), new float[Rows * Keys]);
        onnx = new OnnxNode("Softmax", x, [Rows, Keys], [], new float[x.Length], [Rows, Keys], 1);
    }

    /// <summary>The definition.</summary>
    [Benchmark]
    public void Reference()
    {
        for (int r = 0; r < Rows; r++)
        {
            Span<float> row = x.AsSpan(r * Keys, Keys), to = y.AsSpan(r * Keys, Keys);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float v in row)
                max = Math.Max(max, v);
            for (int i = 0; i < row.Length; i++)
                sum += to[i] = MathF.Exp(row[i] - max);
            for (int i = 0; i < row.Length; i++)
                to[i] /= sum;
        }
    }

    /// <summary>The platform's, which does not subtract the largest score.</summary>
    [Benchmark]
    public void TensorPrimitivesSoftMax()
    {
        for (int r = 0; r < Rows; r++)
            TensorPrimitives.SoftMax(x.AsSpan(r * Keys, Keys), y.AsSpan(r * Keys, Keys));
    }

    /// <summary>ONNX Runtime's.</summary>
    [Benchmark]
    public void OnnxRuntime() => onnx!.Run();

    /// <summary>Ours.</summary>
    [Benchmark(Baseline = true)]
    public void Interp() => AttentionKernels.Softmax(x, y, Rows, Keys);

    /// <summary>Closes ONNX Runtime's session.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        onnx?.Dispose();
        GC.SuppressFinalize(this);
    }
}
