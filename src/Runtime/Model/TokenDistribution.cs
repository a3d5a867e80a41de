using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Interp.Runtime;

/// <summary>The distribution over tokens that logits stand for, in float64.</summary>
public static class TokenDistribution
{
    /// <summary>The token with the greatest logit; of several that share it, the first. 0 is greater than -0.</summary>
    /// <param name="logits">Logits, [d_vocab]; finite, at least one.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static int MostLikely(ReadOnlySpan<float> logits)
    {
        // Looking for the greatest and then for its bits takes a fourth of the time of TensorPrimitives.IndexOfMax.
        int greatest = BitConverter.SingleToInt32Bits(TensorPrimitives.Max(logits));
        return MemoryMarshal.Cast<float, int>(logits).IndexOf(greatest);
    }

    /// <summary>ln of the sum of e^logit, without overflow or underflow.</summary>
    /// <param name="logits">Logits, [d_vocab]; finite.</param>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>Softmax of the logits over a temperature, [d_vocab].</summary>
    /// <param name="logits">Logits, [d_vocab]; finite.</param>
    /// <param name="temperature">What logits are divided by; above 0.</param>
    public static double[] Probabilities(ReadOnlySpan<float> logits, double temperature = 1)
    {
        var probabilities = new double[logits.Length];
        double max = TensorPrimitives.Max(logits), sum = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i] = Math.Exp((logits[i] - max) / temperature);
        }

        TensorPrimitives.Divide(probabilities, sum, probabilities);
        return probabilities;
    }

    /// <summary>Natural logarithm of a token's probability.</summary>
    /// <param name="logits">Logits, [d_vocab]; finite.</param>
    /// <param name="token">Token id.</param>
    public static double LogProbability(ReadOnlySpan<float> logits, int token) => logits[token] - LogSumExp(logits);
}
