using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Interp.Bench.Product;
using Interp.Onnx.Format;
using Interp.Runtime;
using Interp.Runtime.Kernels;

namespace Interp.Bench.Kernels;

/// <summary>GELU in its tanh form (GPT-2's); the platform has none.</summary>
public class ActivationBenchmarks : KernelBenchmark, IDisposable
{
    // The formula with tanh as one operation: cube (2), factor and sum (2), factor, tanh, sum, product and half (2).
    private const double PerElement = 9;

    private float[] x = [];
    private float[] y = [];
    private OnnxNode? onnx;

    /// <summary>Numbers.</summary>
    [Params(128 * 3072)]
    public int Count { get; set; }

    /// <inheritdoc/>
    public override double Flops => PerElement * Count;

    /// <summary>Makes inputs.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (x, y) = (ProductRunner.Random(Count, 1), new float[Count]);
        var form = new AttributeProto
        {
            Name = "approximate",
            S = ByteString.CopyFromUtf8("tanh"),
            Type = AttributeProto.Types.AttributeType.String,
        };
        onnx = new OnnxNode("Gelu", x, [Count], [], new float[Count], [Count], 1, form);
    }

    /// <summary>The definition.</summary>
    [Benchmark]
    public void Reference()
    {
        const float Factor = 0.7978845608f;
        for (int i = 0; i < x.Length; i++)
            y[i] = 0.5f * x[i] * (1 + MathF.Tanh(Factor * (x[i] + (0.044715f * x[i] * x[i] * x[i]))));
    }

    /// <summary>ONNX Runtime's.</summary>
    [Benchmark]
    public void OnnxRuntime() => onnx!.Run();

    /// <summary>Ours.</summary>
    [Benchmark(Baseline = true)]
    public void Interp() => Activations.Apply(ActivationFunction.GeluTanh, x, y);

    /// <summary>Closes ONNX Runtime's session.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        onnx?.Dispose();
        GC.SuppressFinalize(this);
    }
}
