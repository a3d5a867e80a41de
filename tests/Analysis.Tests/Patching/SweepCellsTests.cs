using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Which cells a sweep has, and which of them are one over prompts.</summary>
public sealed class SweepCellsTests
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly PromptPair[] Pairs =
    [
        .. new[] { 6, 4, 5 }.Select(n => new PromptPair
        {
            Clean = RandomModel.Tokens(n, n),
            Corrupted = RandomModel.Tokens(n, 10 + n),
            Answers = [1],
            Wrongs = [2],
            Spans = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal) { ["subject"] = [1] },
        }),
    ];

    // A cell that is there twice would count each prompt twice.
    [Theory]
    [InlineData("z,z", "", "", "")]
    [InlineData("z,*hook_z", "layer,head,pos", "1,1", "")]
    [InlineData("z1,attn_head_all_pos_every", "", "", "")]
    [InlineData("z,pattern", "layer,span", "", "subject,subject")]
    [InlineData("q+k,q+k", "layer", "1,2", "")]
    public void What_is_asked_for_twice_is_one_cell(string sites, string by, string positions, string spans)
    {
        var options = new SweepOptions
        {
            Sites = [.. Words(sites).Select(Site.Parse)],
            By = [.. Words(by).Select(SweepAxes.Parse)],
            Positions = [.. Words(positions).Select(int.Parse)],
            Spans = Words(spans),
        };
        ResultTable table = PatchingSweep.Run(Model, Pairs, options);
        Assert.NotEmpty(table.Rows);
        Assert.All(SweepSummary.Of(table).Values("n"), n => Assert.True((int)n! <= Pairs.Length));
    }

    [Fact]
    public void A_path_that_is_asked_for_twice_is_one()
    {
        var query = new PathQuery([PathNode.Parse("0.1"), PathNode.Parse("0.1")], [PathNode.Parse("1.1.k")]);
        ResultTable table = PathPatching.Run(
            Model, Pairs[..1], [query, new PathQuery([PathNode.Parse("L0H1")], [PathNode.Parse("1.1.k")])]);
        Assert.Equal(("L0H1", "L1H1.k"), ((string)table.Rows.Single()[3]!, (string)table.Rows.Single()[4]!));
    }

    [Fact]
    public void Sources_from_the_end_are_one_cell_over_prompts_of_different_length()
    {
        ResultTable table = KnockoutSweep.Run(
            Model, Pairs, new SweepOptions { Sites = [], By = [SweepAxis.Layer, SweepAxis.Position, SweepAxis.Source], Positions = [-1] },
            new KnockoutOptions { Sources = [-2, -2, 0] });
        ResultTable summary = SweepSummary.Of(table);

        // Position 0 is the same in all prompts, -2 is one that is named by its number.
        Assert.Equal(3 * 2, summary.Rows.Count);
        Assert.All(summary.Values("n"), n => Assert.Equal(3, n));
        Assert.Equal(["-2", null], summary.Values("src_span").Distinct());
        Assert.Equal([null, 0], summary.Values("src_pos").Distinct());
    }

    // Layers 0 and 2 see three positions, layer 1 all: an edge over five positions is in layer 1 only.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_a_window_an_edge_is_cut_in_the_layers_that_have_it(bool renormalize)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(window: 3));
        PromptPair pair = Pairs[0];
        foreach (bool told in new[] { true, false })
        {
            ResultTable table = KnockoutSweep.Run(
                model, [pair], new SweepOptions { Sites = [], Window = 3, Positions = [-1], By = told ? [SweepAxis.Layer, SweepAxis.Position, SweepAxis.Source] : [SweepAxis.Layer] },
                new KnockoutOptions { Sources = [0], Renormalize = renormalize });
            RunResult cut = model.Run(pair.Clean, new RunOptions { Interventions = [new KnockOut(1, -1, 0, renormalize: renormalize)] });
            double expected = (double)cut.LogitsAt(0, -1)[1] - cut.LogitsAt(0, -1)[2];
            Assert.Equal([0, 1, 2], table.Values("layer"));
            Assert.All(table.Values("patched"), patched => Assert.Equal(expected, patched));
        }

        Assert.Contains(0, KnockoutSweep.Run(
            model, [pair], new SweepOptions { Sites = [], Window = 2, Positions = [-1], By = [SweepAxis.Layer, SweepAxis.Position, SweepAxis.Source], Layers = [0] }).Values("src_pos"));
    }

    [Fact]
    public void Sources_are_told_apart_for_all_destinations_together()
    {
        ResultTable table = KnockoutSweep.Run(Model, Pairs[..1], new SweepOptions { Sites = [], By = [SweepAxis.Layer, SweepAxis.Source] });
        Assert.Equal(3 * 6, table.Rows.Count);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            RunResult cut = Model.Run(Pairs[0].Clean, new RunOptions
            {
                Interventions = [new KnockOut((int)row[table.IndexOf("layer")]!, IndexSet.All, (int)row[table.IndexOf("src_pos")]!)],
            });
            Assert.Equal((double)cut.LogitsAt(0, -1)[1] - cut.LogitsAt(0, -1)[2], row[table.IndexOf("patched")]);
            Assert.Null(row[table.IndexOf("pos")]);
        }
    }

    // Layer 0 has none of them; with a window of two layers those of both are replaced, each in its layer.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Heads_that_are_not_told_apart_are_replaced_together(int window)
    {
        HeadRef[] heads = [new(1, 0), new(1, 3), new(2, 1)];
        var options = new SweepOptions { Sites = ["z"], By = [SweepAxis.Layer], Heads = heads, Window = window };
        ResultTable zero = AblationSweep.Run(Model, Pairs[..1], options);
        ResultTable cut = KnockoutSweep.Run(
            Model, Pairs[..1], options with { Sites = [], Positions = [-1] }, new KnockoutOptions { Sources = [1], Renormalize = false });
        int[] layers = window == 1 ? [1, 2] : [0, 1, 2];
        foreach ((ResultTable table, Func<int, int[], Intervention> change) in new (ResultTable, Func<int, int[], Intervention>)[]
                 {
                     (zero, (layer, some) => Ablate.Zero(Hook.Z(layer), Scope.Everything.OnHeads(some))),
                     (cut, (layer, some) => new KnockOut(layer, -1, 1, some, renormalize: false)),
                 })
        {
            Assert.Equal(layers, table.Values("layer").Cast<int>());
            Assert.All(table.Values("head"), Assert.Null);
            Assert.Equal(layers.Select(layer => (object)Difference([
                .. heads.Where(h => h.Layer >= layer && h.Layer < layer + window).GroupBy(h => h.Layer)
                    .Select(g => change(g.Key, [.. g.Select(h => h.Head)])),
            ])), table.Values("patched"));
        }

        Assert.Equal(
            "head L1H0: blocks.0.hook_resid_pre has no heads",
            Assert.Throws<InvalidInputException>(() => AblationSweep.Run(Model, Pairs, options with { Sites = ["resid_pre"] })).Message);
        Assert.Equal(
            "head L1H4: out of range, z has layers 0..2 and heads 0..3",
            Assert.Throws<InvalidInputException>(() => AblationSweep.Run(Model, Pairs, options with { Heads = [new(1, 4)] })).Message);

        double Difference(Intervention[] interventions)
        {
            RunResult run = Model.Run(Pairs[0].Clean, new RunOptions { Interventions = interventions });
            return (double)run.LogitsAt(0, -1)[1] - run.LogitsAt(0, -1)[2];
        }
    }

    [Fact]
    public void Named_spans_are_told_apart_where_positions_would_be()
    {
        var spans = new SweepOptions { Sites = ["resid_pre"], Spans = ["subject"] };
        Assert.Equal(
            PatchingSweep.Run(Model, Pairs, spans with { By = [SweepAxis.Layer, SweepAxis.Span] }).Rows, PatchingSweep.Run(Model, Pairs, spans).Rows);
    }

    [Fact]
    public void Errors_name_prompts_by_their_row_in_the_data()
    {
        PromptPair[] pairs = [Pairs[0] with { Row = 3 }, Pairs[1] with { Row = 7 }];
        var options = new SweepOptions { Sites = ["z"] };
        Assert.StartsWith("position 4: prompt 7 has 4 tokens", Error(options with { Metric = Metric.LogitDiff.At(4) }, pairs));
        Assert.StartsWith("prompt 7: metric logit-diff needs an answer", Error(options, [pairs[0], pairs[1] with { Answers = [] }]));
        Assert.StartsWith(
            "position 4: prompt 7 has 4 tokens",
            Assert.Throws<InvalidInputException>(() => PathPatching.Run(
                Model, pairs, [new PathQuery([PathNode.Embed], [PathNode.Logits])], new PathOptions { Positions = [4] })).Message);

        Assert.StartsWith(
            "prompt 3, the run with blocks.0.ln1.hook_scale replaced",
            Assert.Throws<InvalidInputException>(() => AblationSweep.Run(Model, pairs, options with { Sites = ["ln1.scale"] })).Message);
        Assert.StartsWith(
            "prompt 3, the run with hook_embed replaced",
            Assert.Throws<InvalidInputException>(() => CausalTracing.Run(Model, pairs, options, new NoiseOptions { Level = 1e30 })).Message);
        var watch = new NumberWatch();
        CausalTracing.Run(Model, pairs, options, new NoiseOptions { Draws = 2 }, new ExecutionOptions { Engine = watch });
        Assert.Equal(["3,7", "3,3,7,7", "3,3,7,7", "3,3,7,7"], watch.Numbers);

        static string Error(SweepOptions options, PromptPair[] pairs) =>
            Assert.Throws<InvalidInputException>(() => PatchingSweep.Run(Model, pairs, options)).Message;
    }

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private sealed class NumberWatch : WatchedEngine
    {
        public List<string> Numbers { get; } = [];

        public override void Run(
            TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
        {
            Numbers.Add(string.Join(',', options.Numbers));
            Engine.Run(model, batch, variants, options, handle);
        }
    }
}
