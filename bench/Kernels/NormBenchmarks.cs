using BenchmarkDotNet.Attributes;
using Interp.Bench.Product;
using Interp.Onnx.Format;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Kernels;

/// <summary>LayerNorm of rows of the stream, gain and bias included; the platform has none.</summary>
public class NormBenchmarks : KernelBenchmark, IDisposable
{
    // Mean, difference, square and sum (2), quotient, gain and bias (2).
    private const double PerElement = 7;
    private const float Eps = 1e-5f;

    private float[] x = [];
    private float[] y = [];
    private float[] gain = [];
    private float[] bias = [];
    private float[] mean = [];
    private float[] scale = [];
    private OnnxNode? onnx;

    /// <summary>Rows.</summary>
    [Params(128)]
    public int Rows { get; set; }

    /// <summary>Length of a row.</summary>
    [Params(768)]
    public int Width { get; set; }

    /// <inheritdoc/>
    public override double Flops => PerElement * Rows * Width;

    /// <summary>Makes inputs.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (x, y, mean, scale) = (ProductRunner.Random(Rows * Width, 1), new float[Rows * Width], new float[Rows], new float[Rows]);
        (gain, bias) = (ProductRunner.Random(Width, 2), ProductRunner.Random(Width, 3));
        var eps = new AttributeProto { Name = "epsilon", F = Eps, Type = AttributeProto.Types.AttributeType.Float };
        onnx = new OnnxNode(
            "LayerNormalization", x, [Rows, Width], [(gain, [Width]), (bias, [Width])], new float[x.Length], [Rows, Width], 1, eps);
    }

    /// <summary>The definition.</summary>
    [Benchmark]
    public void Reference()
    {
        for (int r = 0; r < Rows; r++)
        {
            Span<float> row = x.AsSpan(r * Width, Width), to = y.AsSpan(r * Width, Width);
            float sum = 0, squares = 0;
            foreach (float v in row)
                sum += v;
            float center = sum / Width;
            foreach (float v in row)
                squares += (v - center) * (v - center);
            float deviation = MathF.Sqrt((squares / Width) + Eps);
            for (int i = 0; i < row.Length; i++)
                to[i] = ((row[i] - center) / deviation * gain[i]) + bias[i];
        }
    }

    /// <summary>ONNX Runtime's.</summary>
    [Benchmark]
    public void OnnxRuntime() => onnx!.Run();

    /// <summary>Ours, as a pass has it that nobody listens to.</summary>
    [Benchmark(Baseline = true)]
    public void Interp() => Normalization.Apply(x, Width, Eps, mean, scale, gain, bias, y);

    /// <summary>Ours, in the steps that hooks can see.</summary>
    [Benchmark]
    public void InterpInSteps()
    {
        Normalization.LayerNormStatistics(x, Width, Eps, mean, scale);
        Normalization.Normalize(x, mean, scale, Width, y);
        Normalization.GainBias(y, gain, bias, Width, y);
    }

    /// <summary>Closes ONNX Runtime's session.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        onnx?.Dispose();
        GC.SuppressFinalize(this);
    }
}
