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
            Sites = Words(sites),
            By = Words(by),
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
            Model, Pairs, new SweepOptions { Sites = [], By = ["layer", "pos", "src_pos"], Positions = [-1] },
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
                model, [pair], new SweepOptions { Sites = [], Window = 3, Positions = [-1], By = told ? ["layer", "pos", "src_pos"] : ["layer"] },
                new KnockoutOptions { Sources = [0], Renormalize = renormalize });
            RunResult cut = model.Run(pair.Clean, new RunOptions { Interventions = [new KnockOut(1, -1, 0, renormalize: renormalize)] });
            double expected = (double)cut.LogitsAt(0, -1)[1] - cut.LogitsAt(0, -1)[2];
            Assert.Equal([0, 1, 2], table.Values("layer"));
            Assert.All(table.Values("patched"), patched => Assert.Equal(expected, patched));
        }

        Assert.Contains(0, KnockoutSweep.Run(
            model, [pair], new SweepOptions { Sites = [], Window = 2, Positions = [-1], By = ["layer", "pos", "src_pos"], Layers = [0] }).Values("src_pos"));
    }

    [Fact]
    public void Sources_are_told_apart_for_all_destinations_together()
    {
        ResultTable table = KnockoutSweep.Run(Model, Pairs[..1], new SweepOptions { Sites = [], By = ["layer", "src_pos"] });
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

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
