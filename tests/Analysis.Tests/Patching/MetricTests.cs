using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Metrics against their definitions in plain float64; tolerance 1e-12, both sides are float64.</summary>
public sealed class MetricTests
{
    private static readonly float[] Logits = [1, 3, -2, 0.5f, 3];

    private static readonly PromptPair Pair = new() { Clean = [0], Answers = [1, 3], Wrongs = [0, 2] };

    [Theory]
    [InlineData(MetricKind.LogitDiff)]
    [InlineData(MetricKind.Logit)]
    [InlineData(MetricKind.LogProb)]
    [InlineData(MetricKind.Prob)]
    [InlineData(MetricKind.Rank)]
    public void Every_metric_is_the_mean_over_the_answers(MetricKind kind)
    {
        double total = Logits.Sum(l => Math.Exp(l));
        double[] each = [.. Pair.Answers.Select(a => kind switch
        {
            MetricKind.LogitDiff => Logits[a] - ((Logits[0] + Logits[2]) / 2.0),
            MetricKind.Logit => Logits[a],
            MetricKind.LogProb => Math.Log(Math.Exp(Logits[a]) / total),
            MetricKind.Prob => Math.Exp(Logits[a]) / total,
            _ => Logits.Count(l => l > Logits[a]),
        })];
        Assert.Equal(each.Average(), new Metric(kind).Evaluate(Logits, Pair, Logits), 1e-12);
    }

    [Fact]
    public void Accuracy_is_one_where_no_logit_is_above_that_of_an_answer()
    {
        var metric = new Metric(MetricKind.Accuracy);
        Assert.Equal(1, metric.Evaluate(Logits, Pair, Logits));
        Assert.Equal(1, metric.Evaluate(Logits, Pair with { Answers = [4] }, Logits));
        Assert.Equal(0, metric.Evaluate(Logits, Pair with { Answers = [0, 3] }, Logits));
    }

    [Fact]
    public void The_difference_of_probabilities_is_of_sums()
    {
        double total = Logits.Sum(l => Math.Exp(l));
        double expected = (Math.Exp(Logits[1]) + Math.Exp(Logits[3]) - Math.Exp(Logits[0]) - Math.Exp(Logits[2])) / total;
        Assert.Equal(expected, new Metric(MetricKind.ProbDiff).Evaluate(Logits, Pair, Logits), 1e-12);
    }

    // The engine computes only the tokens asked for; the function sees the same numbers either way.
    [Fact]
    public void A_metric_of_ones_own_sees_the_logits_of_its_tokens_or_all()
    {
        var difference = new Metric(MetricKind.LogitDiff);
        var chosen = Metric.Of("own", (logits, _) => logits[0] - (double)logits[1], tokens: p => [p.Answers[0], p.Wrongs[0]]);
        var all = Metric.Of("own", (logits, p) => logits[p.Answers[0]] - (double)logits[p.Wrongs[0]]);
        PromptPair pair = Pair with { Clean = RandomModel.Tokens(6, 1), Corrupted = RandomModel.Tokens(6, 2), Answers = [1], Wrongs = [2] };
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        object?[] expected = Patched(difference);
        Assert.Equal(expected, Patched(chosen));
        Assert.Equal(expected, Patched(all));

        object?[] Patched(Metric metric) =>
            [.. PatchingSweep.Run(model, [pair], new SweepOptions { Sites = ["z"], Metric = metric }).Values("patched")];
    }

    [Fact]
    public void Log_probabilities_do_not_underflow() => Assert.Equal(
        -800, new Metric(MetricKind.LogProb).Evaluate([0, -800], new PromptPair { Clean = [0], Answers = [1] }, []), 1e-12);

    [Fact]
    public void Divergence_is_zero_at_the_reference_and_the_definition_elsewhere()
    {
        var metric = new Metric(MetricKind.Kl);
        Assert.Equal(0, metric.Evaluate(Logits, Pair, Logits));
        float[] other = [0, 1, 0, 2, 1];
        double total = Logits.Sum(l => Math.Exp(l)), totalOther = other.Sum(l => Math.Exp(l));
        double expected = Logits.Zip(other, (p, q) =>
            Math.Exp(p) / total * Math.Log(Math.Exp(p) / total / (Math.Exp(q) / totalOther))).Sum();
        Assert.Equal(expected, metric.Evaluate(other, Pair, Logits), 1e-12);
    }

    [Fact]
    public void Rounding_is_a_millionth_of_the_largest_logit()
    {
        float[] logits = [1, -20, 3];
        Assert.Equal(2e-5, new Metric(MetricKind.LogitDiff).Rounding(logits, 7), 1e-12);
        Assert.Equal(1e-5, new Metric(MetricKind.Prob).Rounding(logits, 0.5), 1e-12);
        Assert.Equal(4e-10, new Metric(MetricKind.Kl).Rounding(logits, 0.5), 1e-18);
        Assert.Equal(0, new Metric(MetricKind.Rank).Rounding(logits, 0.5));
    }
}
