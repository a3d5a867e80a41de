using Interp.Hooks;
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

    // Against the logits of single runs, row by row.
    [Fact]
    public void A_metric_of_ones_own_reads_rows_that_are_chosen()
    {
        PromptPair[] pairs =
        [
            .. new[] { 6, 4 }.Select(n => new PromptPair
            {
                Clean = RandomModel.Tokens(n, n), Corrupted = RandomModel.Tokens(n, 10 + n), Answers = [1], Wrongs = [2],
            }),
        ];
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        int vocabulary = model.Config.DVocab;
        MetricFunction ofChosen = (logits, _) => logits[0] + (10.0 * logits[1]) + (100.0 * logits[2]) + (1000.0 * logits[3]);
        MetricFunction ofAll = (logits, _) =>
            logits[2] + (10.0 * logits[1]) + (100.0 * logits[vocabulary + 2]) + (1000.0 * logits[vocabulary + 1]);
        foreach (Metric metric in new[] { Metric.Of("rows", ofChosen, [-1, 1], _ => [2, 1]), Metric.Of("rows", ofAll, [-1, 1]) })
        {
            foreach (IVariantEngine engine in new IVariantEngine[] { new LaneEngine(), new NaiveEngine() })
            {
                ResultTable table = PatchingSweep.Run(model, pairs, new SweepOptions { Sites = ["z1"], By = ["layer"], Metric = metric, Engine = engine });
                for (int i = 0; i < pairs.Length; i++)
                {
                    TensorValue z = model.Run(pairs[i].Clean, new RunOptions { Observe = ["z1"] }).Cache().Value("z1");
                    Assert.Equal(Expected(pairs[i].Clean, []), table.Values("clean").ElementAt(i));
                    Assert.Equal(Expected(pairs[i].Corrupted, [new Patch(Hook.Z(1), z)]), table.Values("patched").ElementAt(i));
                }
            }
        }

        PromptPair two = pairs[0] with { Clean = [1, 2], Corrupted = [1, 3] };
        Assert.Equal(
            "prompt 0: metric rows reads positions -1,1; expected each once, found two that are one of its 2",
            Assert.Throws<InvalidInputException>(() => PatchingSweep.Run(
                model, [two], new SweepOptions { Sites = ["z"], Metric = Metric.Of("rows", ofAll, [-1, 1]) })).Message);

        double Expected(IReadOnlyList<int> tokens, Intervention[] interventions)
        {
            RunResult run = model.Run(tokens, new RunOptions { Interventions = interventions });
            ReadOnlySpan<float> early = run.LogitsAt(0, 1), last = run.LogitsAt(0, -1);
            return early[2] + (10.0 * early[1]) + (100.0 * last[2]) + (1000.0 * last[1]);
        }
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
