using CsCheck;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Flow;

/// <summary>Attention flow, windows of the knockout, and the mixing summary.</summary>
public sealed class InputMapTests
{
    // The largest flow is the smallest cut (Ford and Fulkerson 1956): all 2^6 ways to part the inner nodes are tried.
    [Fact]
    public void Attention_flow_is_the_smallest_cut_of_the_layers_maps() =>
        Gen.Int[0, 10000].Sample(
            seed =>
            {
                TransformerModel model = RandomModel.Create(RandomModel.Config(), seed);
                RunResult run = model.Run(RandomModel.Tokens(3, seed), new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
                FlowMaps maps = new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.ValueNorm, out _);
                FlowMaps flow = maps.AttentionFlow([-1]);
                for (int source = 0; source < 3; source++)
                {
                    Assert.Equal(Capacity(maps, 0, 2, source), flow[0, 2, source], 1e-12);
                    double least = double.PositiveInfinity;
                    for (int cut = 0; cut < 64; cut++)
                    {
                        // Nodes (height, position): inner ones are those after layers 0 and 1; the sink is one token below.
                        bool Above(int height, int p) => height == 3 ? p == 2 : height != 0 ? ((cut >> (((height - 1) * 3) + p)) & 1) == 1 : false;
                        double size = 0;
                        for (int layer = 0; layer < 3; layer++)
                        {
                            for (int i = 0; i < 3; i++)
                            {
                                for (int j = 0; j < 3; j++)
                                {
                                    bool reached = layer > 0 || j == source;
                                    size += reached && Above(layer + 1, i) && !Above(layer, j) ? Capacity(maps, layer, i, j) : 0;
                                }
                            }
                        }

                        least = Math.Min(least, size);
                    }

                    Assert.Equal(least, flow[2, 2, source], 1e-9);
                }
            },
            iter: 40);

    [Fact]
    public void Attention_flow_of_maps_from_the_input_is_refused()
    {
        TransformerModel model = DemoModel.Create();
        RunResult run = model.Run([1, 2], new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
        FlowMaps rolled = new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.Alti, out _).Rollout();
        Assert.Contains("input already", Assert.Throws<InvalidInputException>(() => rolled.AttentionFlow([-1])).Message, StringComparison.Ordinal);
    }

    // The same runs one by one, with the interventions written out.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(FlowKnockout.AllLayers)]
    public void A_window_of_the_knockout_cuts_its_layers_at_once(int window)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(window: 3));
        var pair = new PromptPair { Clean = RandomModel.Tokens(6, 4), Answers = [3], Wrongs = [5] };
        IReadOnlyDictionary<FlowEdge, double> effects =
            FlowKnockout.Measure(model, pair, Metric.LogitDiff, [-1], window: window);
        double Difference(params Intervention[] cuts)
        {
            ReadOnlySpan<float> logits = model.Run(pair.Clean, new RunOptions { Interventions = cuts }).LogitsAt(0, -1);
            return (double)logits[3] - logits[5];
        }

        double plain = Difference();
        foreach ((FlowEdge edge, double effect) in effects)
        {
            // Layers 0 and 2 see three positions only.
            (int first, int last) = window switch
            {
                1 => (edge.Layer, edge.Layer),
                2 => (edge.Layer, Math.Min(2, edge.Layer + 1)),
                3 => (Math.Max(0, edge.Layer - 1), Math.Min(2, edge.Layer + 1)),
                _ => (0, 2),
            };
            Intervention[] cuts =
            [
                .. Enumerable.Range(first, last - first + 1).Where(l => l == 1 || edge.Source > 2)
                    .Select(l => new KnockOut(l, 5, edge.Source, renormalize: false)),
            ];
            Assert.Equal(Math.Abs(plain - Difference(cuts)), effect);
        }

        Assert.Equal(window == FlowKnockout.AllLayers ? 6 : window == 1 ? 3 + 6 + 3 : window == 2 ? 6 + 6 + 3 : 18, effects.Count);
    }

    // On the demo model the stream has one unit per word and position, and heads add units elsewhere: lengths and cosines are known.
    [Fact]
    public void The_mixing_of_the_demo_model_is_what_its_heads_were_planted_to_do()
    {
        TransformerModel model = DemoModel.Create();
        var pair = new PromptPair { Clean = model.Tokenize(DemoModel.CleanPrompt) };
        RunResult run = model.Run(pair.Clean, new RunOptions
        {
            Observe = [.. ResidualLedger.FlowNeeds(model, [FlowMeasure.Attention]).Concat(MixingTable.Needs(model)).Distinct()],
        });
        var table = new MixingTable(model);
        table.Add(0, pair, "attention", new ResidualLedger(model, run.Cache()).Flow(FlowMeasure.Attention, out _), run.Cache(), [-1]);
        IReadOnlyList<object?> row = table.Table.Rows[0];
        double Value(string name) => (double)row[table.Table.IndexOf(name)]!;

        // Layer 0 at position 8: heads look at 8, at all nine alike, at 7 and at 0; weights within 1e-5 of 1 (sharpness 12).
        Assert.Equal((1 + (1.0 / 9)) / 4, Value("own"), 1e-4);
        Assert.Equal((1 + (1.0 / 9)) / 4, Value("first"), 1e-4);
        Assert.Equal((1 + (1.0 / 9)) / 4, Value("distance1"), 1e-4);
        Assert.Equal(2.0 / 9 / 4, Value("distance2to3"), 1e-4);
        Assert.Equal(4.0 / 9 / 4, Value("distance4to7"), 1e-4);

        // Word and position are one-hot: length sqrt 2; nothing is written where they are.
        Assert.Equal(0, Value("attn_cosine"), 1e-6);
        Assert.Equal(Value("attn_norm") / Math.Sqrt(2), Value("attn_added"), 1e-6);
        Assert.Equal(Math.Sqrt(2 + (Value("attn_norm") * Value("attn_norm"))), Value("stream_norm"), 1e-6);
        Assert.Null(row[table.Table.IndexOf("mlp_norm")]);
    }

    private static double Capacity(FlowMaps maps, int layer, int i, int j)
    {
        double sum = Enumerable.Range(0, maps.Positions).Sum(k => maps[layer, i, k]);
        return ((maps[layer, i, j] / sum) + (i == j ? 1 : 0)) / 2;
    }
}
