namespace Interp.Runtime.Tests.Model;

public sealed class TokenDistributionTests
{
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
