using CsCheck;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Flow;

/// <summary>Flow maps: parts that add up, a known circuit, and the measurement that they approximate.</summary>
public sealed class FlowTests
{
    // Parts are float32 sums over heads; the output is a float32 sum in another order.
    [Fact]
    public void Parts_of_all_sources_give_the_output_of_every_block_style() =>
        Gen.Select(RandomModel.Configs.Where(c => c.Norm != NormKind.None), Gen.Int[0, 1000], Gen.Bool).Sample(
            (config, seed, biases) =>
            {
                TransformerModel model = RandomModel.Create(config, seed, biases);
                RunResult run = model.Run(RandomModel.Tokens(7, seed), new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
                var ledger = new ResidualLedger(model, run.Cache());
                foreach (FlowMeasure measure in Enum.GetValues<FlowMeasure>())
                {
                    FlowMaps maps = ledger.Flow(measure, out double worst);
                    Assert.True(worst <= 1e-5, $"{config} {measure}: {worst}");
                    if (measure == FlowMeasure.DecompX)
                    {
                        continue;
                    }

                    FlowMaps rollout = maps.Rollout();
                    for (int p = 0; p < 7; p++)
                    {
                        Assert.Equal(1, Enumerable.Range(0, 7).Sum(s => rollout[2, p, s]), 1e-9);
                        if (measure is FlowMeasure.Alti or FlowMeasure.Attention)
                        {
                            Assert.Equal(1, Enumerable.Range(0, 7).Sum(s => maps[1, p, s]), 1e-5);
                        }
                    }
                }
            },
            iter: 60);

    // One head: the norm of what it moves is weight times |v W_O|, computed here from the recorded result of the head alone.
    [Fact]
    public void The_value_norm_of_one_head_is_weight_times_the_norm_of_its_write()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(heads: 1, keyHeads: 1), biases: false);
        RunResult run = model.Run(RandomModel.Tokens(6, 1), new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
        FlowMaps maps = new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.ValueNorm, out _);
        var row = new float[24];
        for (int source = 0; source < 6; source++)
        {
            double[] write = new double[24];
            for (int i = 0; i < 8; i++)
            {
                model.Weights.Blocks[1].Attention.Output.CopyInput(i, row);
                for (int j = 0; j < 24; j++)
                {
                    write[j] += run.Cache().Row(Hook.V(1), source)[i] * (double)row[j];
                }
            }

            double expected = run.Cache().Row(Hook.Pattern(1), 5)[source] * Math.Sqrt(write.Sum(x => x * x));
            Assert.Equal(expected, maps[1, 5, source], 1e-5);
        }
    }

    // Attention and norms of one head do not depend on the others: the mean of weights is the map of all together, a norm of a sum is
    // at most the sum of norms, and shares of heads, sources and residual path are all there is.
    [Fact]
    public void Heads_told_apart_fit_all_heads_together() =>
        Gen.Select(RandomModel.Configs.Where(c => c.Norm != NormKind.None), Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                RunResult run = model.Run(RandomModel.Tokens(6, seed), new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
                var ledger = new ResidualLedger(model, run.Cache());
                foreach (FlowMeasure measure in Enum.GetValues<FlowMeasure>().Except([FlowMeasure.DecompX]))
                {
                    FlowMaps whole = ledger.Flow(measure, out _), heads = ledger.Flow(measure, out double worst, byHead: true);
                    Assert.True(worst <= 1e-5, $"{config} {measure}: {worst}");
                    for (int p = 0; p < 6; p++)
                    {
                        double all = heads[new FlowEdge(1, null, p, p)];
                        for (int source = 0; source < 6; source++)
                        {
                            double[] own = [.. Enumerable.Range(0, config.NHeads).Select(h => heads[new FlowEdge(1, h, p, source)])];
                            all += own.Sum();
                            double together = whole[1, p, source];
                            bool residual = heads.HasResidual && source == p;
                            double most = own.Sum() + (residual ? heads[new FlowEdge(1, null, p, p)] : 0);
                            Assert.True(measure switch
                            {
                                FlowMeasure.Attention => Math.Abs(own.Average() - together) <= 1e-6,
                                FlowMeasure.Alti => own.All(x => x is >= 0 and <= 1),
                                _ => together <= most * (1 + 1e-5),
                            }, $"{config} {measure} {p} {source}: {together} of {most}");
                        }

                        Assert.True(measure != FlowMeasure.Alti || Math.Abs(all - 1) <= 1e-9, $"{config}: {all}");
                    }
                }
            },
            iter: 40);

    [Fact]
    public void The_measured_flow_of_the_demo_models_heads_names_the_two_that_were_planted()
    {
        TransformerModel model = DemoModel.Create();
        var pair = new PromptPair
        {
            Clean = model.Tokenize(DemoModel.CleanPrompt),
            Answers = [model.Tokenize(DemoModel.Answer)[^1]],
            Wrongs = [model.Tokenize(DemoModel.Wrong)[^1]],
        };
        IReadOnlyDictionary<FlowEdge, double> effects =
            FlowKnockout.Measure(model, pair, Metric.LogitDiff, [2, 8], byHead: true);
        Assert.Equal(2 * 4 * (3 + 9), effects.Count);
        Assert.Equal(
            [new(0, DemoModel.PreviousTokenHead.Head, 2, 1), new(1, DemoModel.InductionHead.Head, 8, 2)],
            effects.OrderByDescending(e => e.Value).Take(2).Select(e => e.Key).OrderBy(e => e.Layer));
    }

    [Fact]
    public void A_rollout_of_heads_told_apart_is_refused()
    {
        TransformerModel model = DemoModel.Create();
        RunResult run = model.Run([1, 2], new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
        FlowMaps maps = new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.Attention, out _, byHead: true);
        Assert.Contains("all heads", Assert.Throws<InvalidInputException>(maps.Rollout).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.DecompX, out _, byHead: true));
    }

    [Fact]
    public void The_measured_flow_of_the_demo_model_is_its_circuit()
    {
        TransformerModel model = DemoModel.Create();
        var pair = new PromptPair
        {
            Clean = model.Tokenize(DemoModel.CleanPrompt),
            Answers = [model.Tokenize(DemoModel.Answer)[^1]],
            Wrongs = [model.Tokenize(DemoModel.Wrong)[^1]],
        };
        IReadOnlyDictionary<FlowEdge, double> effects =
            FlowKnockout.Measure(model, pair, Metric.LogitDiff, [.. Enumerable.Range(0, pair.Clean.Count)]);

        // The last word reads "met" at 2, which the previous-token head told that "Mary" at 1 came before. Cutting the second
        // edge changes the answer as well; no third edge of the graph matters more than these two.
        Assert.Equal(
            [new(0, null, 2, 1), new(1, null, 8, 2)],
            effects.OrderByDescending(e => e.Value).Take(2).Select(e => e.Key).OrderBy(e => e.Layer));
    }

    // A head that looks at one token with all its weight and moves nothing from it.
    [Fact]
    public void A_distractor_has_much_attention_and_no_flow()
    {
        TransformerModel model = DemoModel.Create();
        AttentionWeights attention = model.Weights.Blocks[1].Attention;
        Linear silent = Silenced(attention.Value, 3 * model.Config.DHead, model.Config.DHead);
        BlockWeights[] blocks = [.. model.Weights.Blocks];
        blocks[1] = blocks[1] with { Attention = attention with { Value = silent } };
        TransformerModel planted = model.WithWeights(model.Config, model.Weights with { Blocks = blocks });
        var pair = new PromptPair
        {
            Clean = planted.Tokenize(DemoModel.CleanPrompt),
            Answers = [planted.Tokenize(DemoModel.Answer)[^1]],
            Wrongs = [planted.Tokenize(DemoModel.Wrong)[^1]],
        };
        RunResult run = planted.Run(pair.Clean, new RunOptions { Observe = ResidualLedger.FlowNeeds(planted) });
        var ledger = new ResidualLedger(planted, run.Cache());
        IReadOnlyDictionary<FlowEdge, double> effects =
            FlowKnockout.Measure(planted, pair, Metric.LogitDiff, [-1]);
        int last = pair.Clean.Count - 1;

        // Head 3 looks at position 0 only, so by attention it is among the best; it moves nothing from there.
        FlowMaps weights = ledger.Flow(FlowMeasure.Attention, out _), norms = ledger.Flow(FlowMeasure.ValueNorm, out _);
        Assert.True(weights[1, last, 0] > 0.9 * weights[1, last, 2]);
        Assert.True(norms[1, last, 0] < norms[1, last, 2] / 2);
        Assert.True(effects[new FlowEdge(1, null, last, 0)] < 1e-3 * effects[new FlowEdge(1, null, last, 2)]);

        // Head by head: its edge is the strongest of all by attention, and among the weakest by what is moved and by what it does.
        FlowEdge planned = new(1, 3, last, 0);
        FlowEdge[] edges = [.. FlowEdge.Into(planted, last + 1, 1, [-1], byHead: true)];
        Assert.True(Above(ledger.Flow(FlowMeasure.Attention, out _, byHead: true)) < 4);
        foreach (FlowMeasure measure in new[] { FlowMeasure.ValueNorm, FlowMeasure.BlockNorm, FlowMeasure.Alti })
        {
            FlowMaps heads = ledger.Flow(measure, out _, byHead: true);
            Assert.Equal(0, heads[planned], 1e-6);
        }

        Assert.Equal(0, FlowKnockout.Measure(planted, pair, Metric.LogitDiff, [-1], byHead: true)[planned], 1e-5);

        int Above(FlowMaps heads) => edges.Count(e => heads[e] > heads[planned] + 1e-6);
    }

    [Fact]
    public void Agreement_is_one_for_the_same_order_and_knows_ties()
    {
        Assert.Equal(1, FlowKnockout.RankCorrelation([1, 2, 5], [3, 4, 100]), 1e-12);
        Assert.Equal(-1, FlowKnockout.RankCorrelation([1, 2, 5], [3, 2, 1]), 1e-12);
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5).
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), FlowKnockout.RankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]), 1e-12);
        Assert.Equal(0.5, FlowKnockout.TopOverlap([5, 4, 1], [5, 1, 4], 2));
    }

    private static Linear Silenced(Linear map, int first, int count)
    {
        var values = new float[map.Inputs * map.Outputs];
        var row = new float[map.Outputs];
        for (int i = 0; i < map.Inputs; i++)
        {
            map.CopyInput(i, row);
            row.AsSpan(first, count).Clear();
            row.CopyTo(values, i * map.Outputs);
        }

        return Linear.FromInputsByOutputs(values, map.Inputs, map.Outputs, map.Bias.ToArray());
    }
}
