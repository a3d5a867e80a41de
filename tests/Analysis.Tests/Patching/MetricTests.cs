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
        Assert.Equal(each.Average(), Metric.Of(kind).Evaluate(Logits, Pair, Logits), 1e-12);
    }

    [Fact]
    public void Accuracy_is_one_where_no_logit_is_above_that_of_an_answer()
    {
        var metric = Metric.Accuracy;
        Assert.Equal(1, metric.Evaluate(Logits, Pair, Logits));
        Assert.Equal(1, metric.Evaluate(Logits, Pair with { Answers = [4] }, Logits));
        Assert.Equal(0, metric.Evaluate(Logits, Pair with { Answers = [0, 3] }, Logits));
    }

    [Fact]
    public void The_difference_of_probabilities_is_of_sums()
    {
        double total = Logits.Sum(l => Math.Exp(l));
        double expected = (Math.Exp(Logits[1]) + Math.Exp(Logits[3]) - Math.Exp(Logits[0]) - Math.Exp(Logits[2])) / total;
        Assert.Equal(expected, Metric.ProbDiff.Evaluate(Logits, Pair, Logits), 1e-12);
    }

    // The engine computes only the tokens asked for; the function sees the same numbers either way.
    [Fact]
    public void A_metric_of_ones_own_sees_the_logits_of_its_tokens_or_all()
    {
        var difference = Metric.LogitDiff;
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
                ResultTable table = PatchingSweep.Run(model, pairs, new SweepOptions { Sites = ["z1"], By = [SweepAxis.Layer], Metric = metric }, execution: new ExecutionOptions { Engine = engine });
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
        -800, Metric.LogProb.Evaluate([0, -800], new PromptPair { Clean = [0], Answers = [1] }, []), 1e-12);

    [Fact]
    public void Divergence_is_zero_at_the_reference_and_the_definition_elsewhere()
    {
        var metric = Metric.Kl;
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
        Assert.Equal(2e-5, Metric.LogitDiff.Rounding(logits, 7), 1e-12);
        Assert.Equal(1e-5, Metric.Prob.Rounding(logits, 0.5), 1e-12);
        Assert.Equal(4e-10, Metric.Kl.Rounding(logits, 0.5), 1e-18);
        Assert.Equal(0, Metric.Rank.Rounding(logits, 0.5));
    }

    [Fact]
    public void The_loss_is_the_cross_entropy_of_the_prompts_own_next_tokens()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair[] pairs = [new() { Clean = RandomModel.Tokens(6, 1) }, new() { Clean = RandomModel.Tokens(9, 2) }];
        foreach (Metric metric in new[] { Metric.Loss, Metric.NextAccuracy, Metric.Loss.At(2, 0), Metric.NextAccuracy.At(-2) })
        {
            var options = new SweepOptions { Sites = [HookKind.Z], By = [SweepAxis.Layer], Metric = metric };
            ResultTable<AblationRow> table = AblationSweep.Run(model, pairs, options);
            for (int i = 0; i < pairs.Length; i++)
            {
                RunResult run = model.Run(pairs[i].Clean);
                int[] positions = metric == Metric.Loss || metric == Metric.NextAccuracy ? [.. Enumerable.Range(0, pairs[i].Clean.Count - 1)]
                    : metric.Kind == MetricKind.Loss ? [0, 2] : [pairs[i].Clean.Count - 2];
                double expected = positions.Average(p => Of(run.LogitsAt(0, p).ToArray(), pairs[i].Clean[p + 1], metric.Kind));

                // Float64 sums in another order: 1e-12 of values of a few nats.
                Assert.Equal(expected, table.First(row => row.Prompt == i).Clean, 1e-12);
            }
        }

        static double Of(float[] logits, int next, MetricKind kind) => kind == MetricKind.NextAccuracy
            ? logits.Max() == logits[next] ? 1 : 0
            : Math.Log(logits.Sum(l => Math.Exp(l - (double)logits[next])));
    }

    [Fact]
    public void The_loss_needs_next_tokens()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair one = new() { Clean = [1] }, two = new() { Clean = [1, 2] };
        Assert.Contains("expected at least 2 tokens, found 1", Error(one, Metric.Loss), StringComparison.Ordinal);
        Assert.Contains("expected a position with a next token, 0..0", Error(two, Metric.Loss.At(-1)), StringComparison.Ordinal);

        string Error(PromptPair pair, Metric metric) => Assert.Throws<InvalidInputException>(
            () => AblationSweep.Run(model, [pair], new SweepOptions { Sites = [HookKind.Z], Metric = metric })).Message;
    }

    [Fact]
    public void Metrics_are_values()
    {
        Assert.Equal(Metric.LogitDiff, Metric.Parse("logit-diff"));
        Assert.Equal(Metric.Kl.At(3, -1), Metric.Parse("kl").At(3, -1));
        Assert.NotEqual(Metric.Kl.At(3), Metric.Kl);
        Assert.Equal("kl at 3,-1", Metric.Kl.At(3, -1).ToString());
        Assert.Contains("expected at least one position, found none", Assert.Throws<InvalidInputException>(() => Metric.Kl.At()).Message, StringComparison.Ordinal);
        foreach (string name in Metric.Names)
        {
            Assert.Equal(name, Metric.Parse(name).Name);
        }
    }
}
