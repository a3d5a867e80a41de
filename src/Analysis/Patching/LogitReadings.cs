using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Numbers read from the logits of one position, in float64.</summary>
internal static class LogitReadings
{
    /// <summary>What is read of one token.</summary>
    public delegate double Reading(ReadOnlySpan<float> logits, int token);

    /// <summary>The mean of a reading over tokens.</summary>
    public static double Mean(IReadOnlyList<int> tokens, ReadOnlySpan<float> logits, Reading reading) =>
        Sum(tokens, logits, reading) / tokens.Count;

    /// <summary>The sum of a reading over tokens.</summary>
    public static double Sum(IReadOnlyList<int> tokens, ReadOnlySpan<float> logits, Reading reading)
    {
        double sum = 0;
        foreach (int token in tokens)
        {
            sum += reading(logits, token);
        }

        return sum;
    }

    /// <summary>The logit of a token.</summary>
    public static double Logit(ReadOnlySpan<float> logits, int token) => logits[token];

    /// <summary>Tokens with a larger logit.</summary>
    public static double Rank(ReadOnlySpan<float> logits, int token)
    {
        int above = 0;
        foreach (float logit in logits)
        {
            above += logit > logits[token] ? 1 : 0;
        }

        return above;
    }

    /// <summary>1 when no token has a larger logit than some answer, else 0.</summary>
    public static double Best(IReadOnlyList<int> answers, ReadOnlySpan<float> logits)
    {
        foreach (int answer in answers)
        {
            if (Rank(logits, answer) == 0)
            {
                return 1;
            }
        }

        return 0;
    }

    /// <summary>The probability of a token.</summary>
    public static double Probability(ReadOnlySpan<float> logits, int token) =>
        Math.Exp(TokenDistribution.LogProbability(logits, token));

    /// <summary>Kullback-Leibler divergence from one distribution to another, in nats.</summary>
    public static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits)
    {
        double from = TokenDistribution.LogSumExp(reference), to = TokenDistribution.LogSumExp(logits), sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double logProbability = reference[i] - from;
            sum += Math.Exp(logProbability) * (logProbability - (logits[i] - to));
        }

        return sum;
    }
}
