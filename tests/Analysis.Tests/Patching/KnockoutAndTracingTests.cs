using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Knockout and causal tracing on the model whose mechanism is known, and against single runs of random models.</summary>
public sealed class KnockoutAndTracingTests
{
    private static readonly TransformerModel Demo = DemoModel.Create();

    private static readonly PromptPair Pair = new()
    {
        Clean = Demo.Tokenize(DemoModel.CleanPrompt),
        Answers = [Demo.Tokenize(DemoModel.Answer)[^1]],
        Wrongs = [Demo.Tokenize(DemoModel.Wrong)[^1]],
        Spans = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal) { ["subject"] = [1] },
    };

    // The induction head reads position 2 ("met") from the last one; the previous-token head reads 1 from 2.
    [Fact]
    public void Only_the_edges_of_the_circuit_matter()
    {
        var options = new SweepOptions { Sites = [], By = [SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position, SweepAxis.Source] };
        ResultTable table = KnockoutSweep.Run(Demo, [Pair], options, new KnockoutOptions { Renormalize = false });
        int last = Pair.Clean.Count - 1, effect = table.IndexOf("effect");
        Assert.Equal(2 * 4 * 9 * 10 / 2, table.Rows.Count);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            var edge = ((int)row[3]!, (int)row[4]!, (int)row[5]!, (int)row[6]!);
            bool circuit = edge == (0, 2, 2, 1) || edge == (1, 1, last, 2);
            Assert.True(circuit ? (double)row[effect]! < -5 : Math.Abs((double)row[effect]!) < 0.01, $"{edge}: {row[effect]}");
        }
    }

    // Of all edges of the model only these two keep the copied word from being the most likely one. With renormalising there is a third:
    // position 1, which cannot read position 0 any more, reads itself instead, and so looks like the place behind its own word.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cutting_an_edge_of_the_circuit_destroys_the_copied_prediction_and_no_other_does(bool renormalize)
    {
        var options = new SweepOptions
        {
            Sites = [],
            By = [SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position, SweepAxis.Source],
            Metric = Metric.Accuracy,
        };
        ResultTable table = KnockoutSweep.Run(Demo, [Pair], options, new KnockoutOptions { Renormalize = renormalize });
        Assert.All(table.Values("clean"), clean => Assert.Equal(1.0, clean));
        Assert.Equal(
            [.. renormalize ? [(0, 2, 1, 0)] : Array.Empty<(int, int, int, int)>(), (0, 2, 2, 1), (1, 1, Pair.Clean.Count - 1, 2)],
            table.Rows.Where(r => (double)r[table.IndexOf("patched")]! != 1).Select(r => ((int)r[3]!, (int)r[4]!, (int)r[5]!, (int)r[6]!)));
    }

    [Fact]
    public void A_window_of_layers_is_the_run_with_all_of_them_cut()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var pair = new PromptPair { Clean = RandomModel.Tokens(6, 3), Answers = [1], Wrongs = [2] };
        ResultTable table = KnockoutSweep.Run(
            model, [pair], new SweepOptions { Sites = [], Window = 2, Positions = [-1] }, new KnockoutOptions { Sources = [0, 2] });
        Assert.Equal([0, 1, 2], table.Values("layer"));
        for (int l = 0; l < 3; l++)
        {
            Intervention[] cut = [.. new[] { l, l + 1 }.Where(x => x < 3).Select(x => new KnockOut(x, -1, new[] { 0, 2 }))];
            ReadOnlySpan<float> logits = model.Run(pair.Clean, new RunOptions { Interventions = cut }).LogitsAt(0, -1);
            Assert.Equal((double)logits[1] - logits[2], table.Values("patched").ElementAt(l));
        }
    }

    // Of prompts of different length -2 is another position in each; a destination before it cannot read it and has no row.
    [Fact]
    public void Sources_from_the_end_are_told_apart_and_without_renormalising_the_rest_stays_as_it_was()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair[] pairs = [.. new[] { 6, 4 }.Select(n => new PromptPair { Clean = RandomModel.Tokens(n, n), Answers = [1], Wrongs = [2] })];
        foreach (bool renormalize in new[] { true, false })
        {
            ResultTable table = KnockoutSweep.Run(
                model, pairs, new SweepOptions { Sites = [], By = [SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position, SweepAxis.Source], Positions = [-1, -3] },
                new KnockoutOptions { Sources = [-2, 0], Renormalize = renormalize });
            Assert.Equal(3 * 4 * 3 * 2, table.Rows.Count);
            foreach (IReadOnlyList<object?> row in table.Rows)
            {
                int prompt = (int)row[0]!, head = (int)row[4]!, pos = (int)row[5]!, source = (int)row[6]!;
                var point = new HookPoint(renormalize ? HookKind.AttnScores : HookKind.Pattern, (int)row[3]!);
                var cut = new Custom(
                    point, "cut", (in Activation a) => a.Row(pos, head)[source] = renormalize ? float.NegativeInfinity : 0, Scope.Everything);
                ReadOnlySpan<float> logits = model.Run(pairs[prompt].Clean, new RunOptions { Interventions = [cut] }).LogitsAt(0, -1);
                Assert.Equal((double)logits[1] - logits[2], row[table.IndexOf("patched")]);
            }
        }
    }

    [Theory]
    [InlineData(9, "source position 9: the longest prompt has 9 tokens, expected -9..8")]
    [InlineData(-10, "source position -10")]
    public void A_source_that_no_prompt_has_is_refused(int source, string words) => Assert.Contains(
        words,
        Assert.Throws<InvalidInputException>(
            () => KnockoutSweep.Run(Demo, [Pair], new SweepOptions { Sites = [] }, new KnockoutOptions { Sources = [source] })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_span_that_no_prompt_has_is_refused_with_those_that_there_are()
    {
        foreach (Action run in new Action[]
                 {
                     () => KnockoutSweep.Run(Demo, [Pair], new SweepOptions { Sites = [] }, new KnockoutOptions { SourceSpan = "place" }),
                     () => KnockoutSweep.Run(Demo, [Pair], new SweepOptions { Sites = [], Spans = ["place"] }),
                     () => CausalTracing.Run(Demo, [Pair], new SweepOptions { Sites = ["z"] }, new NoiseOptions { Span = "place" }),
                 })
        {
            string message = Assert.Throws<InvalidInputException>(run).Message;
            Assert.Contains("span 'place'", message, StringComparison.Ordinal);
            Assert.Contains("expected one of subject", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Restoring_the_subject_where_it_is_read_restores_the_answer()
    {
        var noise = new NoiseOptions { Span = "subject", Draws = 4, Seed = 2, Level = 8 };
        var options = new SweepOptions { Sites = ["resid_pre"], By = [SweepAxis.Layer, SweepAxis.Position] };
        ResultTable table = CausalTracing.Run(Demo, [Pair], options, noise);
        Assert.Equal(18, table.Rows.Count);
        Assert.All(table.Values("corrupted"), c => Assert.True((double)c! < (double)table.Values("clean").First()!));

        // Before layer 0 only the corrupted position differs: restoring it restores all, restoring another nothing.
        for (int p = 0; p < 9; p++)
        {
            Assert.Equal(p == 1 ? 1 : 0, Effect(0, p), 1e-12);
        }

        Assert.Equal(table.Rows, CausalTracing.Run(Demo, [Pair], options, noise, new ExecutionOptions { MemoryBudget = 1, Threads = 1 }).Rows);
        Assert.NotEqual(table.Rows, CausalTracing.Run(Demo, [Pair], options, noise with { Seed = 3 }).Rows);

        double Effect(int layer, int pos) => (double)table.Rows.Single(r => (int)r[5]! == layer && (int)r[7]! == pos)[^1]!;
    }

    // The noise is what the corrupted embeddings have above the clean ones. Of N draws the standard deviation has the standard error
    // sigma / sqrt(2 N), the mean sigma / sqrt(N), the share within one sigma sqrt(0.683 * 0.317 / N): five of each are allowed.
    [Theory]
    [InlineData(3)]
    [InlineData(0.5)]
    public void The_noise_is_normal_and_has_the_level_in_standard_deviations_of_what_it_corrupts(double level)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair[] pairs =
            [.. new[] { 6, 9 }.Select(n => new PromptPair { Clean = RandomModel.Tokens(n, n), Answers = [1], Wrongs = [2] })];
        var engine = new BaseWatch();
        var noise = new NoiseOptions { Positions = [1, -1], Level = level, Draws = 100, Seed = 5 };
        CausalTracing.Run(model, pairs, new SweepOptions { Sites = ["resid_pre0"], By = [SweepAxis.Layer] }, noise, new ExecutionOptions { Engine = engine });
        Assert.Equal(200, engine.Base.Count);
        float[][] embeddings = [.. pairs.Select(p => model.Run(p.Clean, new RunOptions { Observe = ["embed"] }).Cache().Values(Hook.Embed))];
        int width = model.Config.DModel;
        List<double> corrupted = [], drawn = [];
        for (int run = 0; run < 200; run++)
        {
            float[] clean = embeddings[run / 100], found = Assert.IsType<Patch>(Assert.Single(engine.Base[run])).Values.Values;
            int last = pairs[run / 100].Clean.Count - 1;
            for (int i = 0; i < clean.Length; i++)
            {
                if (i / width == 1 || i / width == last)
                {
                    drawn.Add((double)found[i] - clean[i]);
                    corrupted.Add(clean[i]);
                }
                else
                {
                    Assert.Equal(clean[i], found[i]);
                }
            }
        }

        double sigma = level * Deviation(corrupted), n = drawn.Count;
        Assert.InRange(Deviation(drawn), sigma * (1 - (5 / Math.Sqrt(2 * n))), sigma * (1 + (5 / Math.Sqrt(2 * n))));
        Assert.InRange(drawn.Average(), -5 * sigma / Math.Sqrt(n), 5 * sigma / Math.Sqrt(n));
        double within = drawn.Count(x => Math.Abs(x) < sigma) / n;
        Assert.InRange(within, 0.6827 - (5 * Math.Sqrt(0.2166 / n)), 0.6827 + (5 * Math.Sqrt(0.2166 / n)));

        // No draw is another's.
        Assert.Equal(200, engine.Base.Select(b => ((Patch)b[0]).Values.Values[width]).Distinct().Count());

        static double Deviation(List<double> values)
        {
            double mean = values.Average();
            return Math.Sqrt(values.Average(x => (x - mean) * (x - mean)));
        }
    }

    private sealed class BaseWatch : WatchedEngine
    {
        public IReadOnlyList<IReadOnlyList<Intervention>> Base { get; private set; } = [];

        public override void Run(
            TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
        {
            Base = options.Base.Count > 0 ? options.Base : Base;
            Engine.Run(model, batch, variants, options, handle);
        }
    }

    [Fact]
    public void Spans_and_neurons_are_cells()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var spans = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal) { ["subject"] = [1, 2] };
        var pair = new PromptPair
        {
            Clean = RandomModel.Tokens(6, 3),
            Corrupted = RandomModel.Tokens(6, 4),
            Answers = [1],
            Wrongs = [2],
            Spans = spans,
        };
        ActivationCache clean = model.Run(pair.Clean, new RunOptions { Observe = ["resid_pre1", "post1"] }).Cache();
        ResultTable bySpan = PatchingSweep.Run(
            model, [pair], new SweepOptions { Sites = ["resid_pre1"], By = [SweepAxis.Layer, SweepAxis.Span], Spans = ["subject"] });
        Assert.Equal(Patched(new Patch(Hook.ResidPre(1), clean.Value("resid_pre1"), Scope.At(new[] { 1, 2 }))), bySpan.Values("patched").Single());
        Assert.Equal("subject", bySpan.Values("span").Single());
        ResultTable byNeuron = PatchingSweep.Run(
            model, [pair], new SweepOptions { Sites = ["post1"], By = [SweepAxis.Layer, SweepAxis.Neuron], Neurons = NeuronChoice.Of(3, 39) });
        Assert.Equal(Patched(new Patch(Hook.Post(1), clean.Value("post1"), Scope.Everything.OnNeurons(39))), byNeuron.Values("patched").Last());
        Assert.Equal(5, PatchingSweep.Run(
            model, [pair], new SweepOptions { Sites = ["post1"], By = [SweepAxis.Layer, SweepAxis.Neuron], Neurons = NeuronChoice.Top(5) }).Rows.Count);

        double Patched(Intervention patch)
        {
            ReadOnlySpan<float> logits = model.Run(pair.Corrupted, new RunOptions { Interventions = [patch] }).LogitsAt(0, -1);
            return (double)logits[1] - logits[2];
        }
    }

    [Fact]
    public void Windows_and_joint_sites_are_the_runs_with_all_of_them_patched()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var pair = new PromptPair { Clean = RandomModel.Tokens(6, 3), Corrupted = RandomModel.Tokens(6, 4), Answers = [1], Wrongs = [2] };
        ActivationCache clean = model.Run(pair.Clean, new RunOptions { Observe = ["mlp_out", "q", "k"] }).Cache();
        ResultTable window = PatchingSweep.Run(
            model, [pair], new SweepOptions { Sites = ["mlp_out"], By = [SweepAxis.Layer], Window = 2 });
        ResultTable joint = PatchingSweep.Run(model, [pair], new SweepOptions { Sites = ["q+k"], By = [SweepAxis.Layer] });
        for (int l = 0; l < 3; l++)
        {
            Assert.Equal(
                Patched([.. new[] { l, l + 1 }.Where(x => x < 3).Select(x => new Patch(Hook.MlpOut(x), clean.Value(Hook.MlpOut(x))))]),
                window.Values("patched").ElementAt(l));
            Assert.Equal(
                Patched([new Patch(Hook.Q(l), clean.Value(Hook.Q(l))), new Patch(Hook.K(l), clean.Value(Hook.K(l)))]),
                joint.Values("patched").ElementAt(l));
        }

        double Patched(Intervention[] patches)
        {
            ReadOnlySpan<float> logits = model.Run(pair.Corrupted, new RunOptions { Interventions = patches }).LogitsAt(0, -1);
            return (double)logits[1] - logits[2];
        }
    }

    [Fact]
    public void Grouped_means_come_from_the_group()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair[] pairs =
        [
            .. new[] { "a", "a", "b", "b" }.Select((g, i) => new PromptPair { Clean = RandomModel.Tokens(5, i), Answers = [1], Wrongs = [2], Group = g }),
        ];
        var options = new SweepOptions { Sites = ["z1"] };
        ResultTable grouped = AblationSweep.Run(model, pairs, options, AblationOptions.Parse("mean-group"));
        ResultTable alone = AblationSweep.Run(model, pairs[2..], options, AblationOptions.Parse("mean-pos"));
        Assert.Equal(
            alone.Values("patched"),
            grouped.Rows.Where(r => (int)r[0]! >= 2).Select(r => r[^2]));
        ResultTable from = AblationSweep.Run(model, pairs[..1], options, AblationOptions.Parse("mean-pos") with { Reference = pairs[2..] });
        Assert.NotEqual(grouped.Rows[0][^2], from.Rows[0][^2]);
    }
}
