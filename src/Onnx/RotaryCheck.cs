using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>A constant of rotary frequencies must hold those of the configuration.</summary>
internal static class RotaryCheck
{
    private const double Exact = 1e-4;
    private const double Half = 1e-2;

    /// <summary>Compares every constant that falls from 1 as frequencies do.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="config">The configuration.</param>
    public static void Check(Stream stream, ModelConfig config)
    {
        if (config.Rotary is not { Dim: >= 4 } rotary)
        {
            return;
        }

        float[] expected = rotary.InverseFrequencies(0);
        foreach (string name in stream.Graph.ConstantNames)
        {
            OnnxTensor constant = stream.Graph.Constant(name)!;
            if (!constant.IsFloat || constant.Count != rotary.Dim / 2 || constant.Floats() is not [> 0.999f and < 1.001f, .., > 0] found
                || !found.Zip(found.Skip(1)).All(pair => pair.Second < pair.First))
            {
                continue;
            }

            double allowed = constant.Format == WeightFormat.Float32 ? Exact : Half;
            int wrong = Array.FindIndex(found, f => !(Math.Abs(f - expected[Array.IndexOf(found, f)]) <= allowed * f));
            if (wrong >= 0)
            {
                throw new InvalidInputException($"{stream.Graph.File.Path}: the constant {OneLine.Quote(name)} holds rotary frequencies; at {wrong}, "
                    + $"expected {expected[wrong]:G6}, as the configuration says, found {found[wrong]:G6}");
            }
        }
    }
}
