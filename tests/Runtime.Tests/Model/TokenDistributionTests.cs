namespace Interp.Runtime.Tests.Model;

public sealed class TokenDistributionTests
{
    [Fact]
    public void The_most_likely_token_is_the_first_of_the_greatest()
    {
        Assert.Equal(0, TokenDistribution.MostLikely([-3]));
        Assert.Equal(1, TokenDistribution.MostLikely([-3, 2, 2, 1]));
        Assert.Equal(2, TokenDistribution.MostLikely([float.NegativeInfinity, -5, -4.5f]));
        Assert.Equal(1, TokenDistribution.MostLikely([-0f, 0f]));
        var random = new Random(7);
        for (int run = 0; run < 200; run++)
        {
            float[] logits = [.. Enumerable.Range(0, 1 + random.Next(300)).Select(_ => random.Next(-20, 20) / 4f)];
            Assert.Equal(Array.IndexOf(logits, logits.Max()), TokenDistribution.MostLikely(logits));
        }

        Assert.Throws<ArgumentException>(() => TokenDistribution.MostLikely([]));
    }

    /// <summary>Tolerance 1e-12: float64 on both sides.</summary>
    [Fact]
    public void Log_probabilities_do_not_underflow()
    {
        Assert.Equal(-800, TokenDistribution.LogProbability([0, -800], 1), 1e-12);
        Assert.Equal(-Math.Log(3), TokenDistribution.LogProbability([1000, 1000, 1000], 2), 1e-12);
        Assert.Equal(Math.Log(Math.Exp(1) + Math.Exp(-2)), TokenDistribution.LogSumExp([1, -2]), 1e-12);
    }

    /// <summary>Tolerance 1e-12: float64 on both sides.</summary>
    [Fact]
    public void Probabilities_are_the_softmax_over_the_temperature()
    {
        double first = 1 / (1 + Math.Exp(-1.5));
        double[] found = TokenDistribution.Probabilities([1, -2], 2);
        Assert.Equal(first, found[0], 1e-12);
        Assert.Equal(1 - first, found[1], 1e-12);
        Assert.Equal([0, 1], TokenDistribution.Probabilities([3, 4], 1e-45));
    }
}
