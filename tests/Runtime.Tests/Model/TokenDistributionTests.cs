namespace Interp.Runtime.Tests.Model;

public sealed class TokenDistributionTests
{
    /// <summary>Tolerance 1e-12: float64 on both sides.</summary>
    [Fact]
    public void Log_probabilities_do_not_underflow()
    {
        Assert.Equal(-800, TokenDistribution.LogProbability([0, -800], 1), 1e-12);
        Assert.Equal(-Math.Log(3), TokenDistribution.LogProbability([1000, 1000, 1000], 2), 1e-12);
        Assert.Equal(Math.Log(Math.Exp(0.5) + Math.Exp(-1)), TokenDistribution.LogSumExp([1, -2], 2), 1e-12);
    }
}
