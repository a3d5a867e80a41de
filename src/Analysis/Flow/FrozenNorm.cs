using System.Numerics.Tensors;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>A norm at a recorded scale, which is linear: x goes to g (x - mean(x)) / scale, without the mean for an RMSNorm.</summary>
internal static class FrozenNorm
{
    /// <summary>Takes one part of a sum through the norm, without its bias.</summary>
    /// <param name="part">[d_model].</param>
    /// <param name="weights">Gain; the bias is not added.</param>
    /// <param name="kind">Which norm.</param>
    /// <param name="scale">The scale that the whole sum had.</param>
    /// <param name="destination">[d_model]; may be the part itself.</param>
    public static void Carry(ReadOnlySpan<float> part, NormWeights weights, NormKind kind, float scale, Span<float> destination)
    {
        TensorPrimitives.Subtract(part, kind == NormKind.LayerNorm ? (float)Mean(part) : 0, destination);
        TensorPrimitives.Divide(destination, scale, destination);
        if (weights.Gain.Length > 0)
        {
            TensorPrimitives.Multiply(destination, weights.Gain, destination);
        }
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }
}
