using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Interp.Bench.Product;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Kernels;

/// <summary>Matrix product; the platform has a dot product.</summary>
public class ProductBenchmarks : KernelBenchmark, IDisposable
{
    private float[] x = [];
    private float[] w = [];
    private float[] transposed = [];
    private float[] destination = [];
    private float[] theirs = [];
    private PackedMatrix? packed;
    private OnnxProduct? onnx;

    /// <summary>Rows.</summary>
    [Params(1, 16, 256)]
    public int M { get; set; }

    /// <summary>Outputs.</summary>
    [Params(768)]
    public int N { get; set; }

    /// <summary>Inputs.</summary>
    [Params(768)]
    public int K { get; set; }

    /// <inheritdoc/>
    public override double Flops => 2.0 * M * N * K;

    /// <summary>Makes inputs and packs the weights.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (x, w, destination, theirs) = (ProductRunner.Random(M * K, 1), ProductRunner.Random(K * N, 2), new float[M * N], new float[M * N]);
        transposed = new float[K * N];
        for (int k = 0; k < K; k++)
        {
            for (int n = 0; n < N; n++)
                transposed[(n * K) + k] = w[(k * N) + n];
        }

        packed = PackedMatrix.FromInputsByOutputs(w, K, N);
        onnx = new OnnxProduct(x, M, w, K, N, theirs, 1);
    }

    /// <summary>The definition: three loops of fused multiply-adds.</summary>
    [Benchmark]
    public void Reference()
    {
        for (int m = 0; m < M; m++)
        {
            for (int n = 0; n < N; n++)
            {
                float chain = 0f;
                for (int k = 0; k < K; k++)
                    chain = MathF.FusedMultiplyAdd(x[(m * K) + k], w[(k * N) + n], chain);
                destination[(m * N) + n] = chain;
            }
        }
    }

    /// <summary>A dot product for each output; the weights transposed.</summary>
    [Benchmark]
    public void TensorPrimitivesDot()
    {
        for (int m = 0; m < M; m++)
        {
            for (int n = 0; n < N; n++)
                destination[(m * N) + n] = TensorPrimitives.Dot(x.AsSpan(m * K, K), transposed.AsSpan(n * K, K));
        }
    }

    /// <summary>ONNX Runtime's MatMul.</summary>
    [Benchmark]
    public void OnnxRuntime() => onnx!.Run();

    /// <summary>Ours.</summary>
    [Benchmark(Baseline = true)]
    public void Interp() => MatrixProduct.Multiply(x, M, packed!, [], destination);

    /// <summary>Closes ONNX Runtime's session.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        onnx?.Dispose();
        GC.SuppressFinalize(this);
    }
}
