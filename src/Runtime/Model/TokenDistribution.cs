using System.Numerics.Tensors;

namespace Interp.Runtime;

/// <summary>The distribution over tokens that logits stand for, in float64.</summary>
public static class TokenDistribution
{
    /// <summary>ln of the sum of e^(logit / temperature), without overflow or underflow.</summary>
    /// <param name="logits">Logits, [d_vocab]; finite.</param>
    /// <param name="temperature">What logits are divided by; above 0.</param>
    public static double LogSumExp(ReadOnlySpan<float> logits, double temperature = 1)
    {
        double max = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp((logit - max) / temperature);
        }

        return (max / temperature) + Math.Log(sum);
    }

    /// <summary>Natural logarithm of a token's probability.</summary>
    /// <param name="logits">Logits, [d_vocab]; finite.</param>
    /// <param name="token">Token id.</param>
    public static double LogProbability(ReadOnlySpan<float> logits, int token) => logits[token] - LogSumExp(logits);
}
