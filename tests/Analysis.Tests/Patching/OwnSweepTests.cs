using Interp.Hooks;
using Interp.Runtime;
using Interp.Tests;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Sweeps over interventions of one's own.</summary>
public sealed class OwnSweepTests
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly PromptPair[] Pairs =
    [
        new() { Clean = RandomModel.Tokens(6, 1), Answers = [1], Wrongs = [2] },
        new() { Clean = RandomModel.Tokens(9, 2), Answers = [3], Wrongs = [4] },
    ];

    [Theory]
    [InlineData("z", "layer,head")]
    [InlineData("resid_pre", "layer,pos")]
    [InlineData("pattern", "layer,head,pos,src_pos")]
    [InlineData("attn_out+mlp_out", "layer")]
    public void Zeros_of_ones_own_are_the_zero_ablation(string site, string by)
    {
        var options = new SweepOptions { Sites = [site], By = [.. by.Split(',').Select(SweepAxes.Parse)], Positions = by.Contains("pos", StringComparison.Ordinal) ? [1, -1] : [] };
        ResultTable<AblationRow> own = Sweep.Run(
            Model, Pairs, options, "zero", cell => cell.Points.Select(point => Ablate.Zero(point, cell.Scope(point))));
        Assert.Equal(AblationSweep.Run(Model, Pairs, options), own);
        Assert.NotEmpty(own);
    }

    [Fact]
    public void Neurons_are_those_that_are_listed()
    {
        var options = new SweepOptions { Sites = [HookKind.Post], By = [SweepAxis.Layer, SweepAxis.Neuron], Neurons = NeuronChoice.Of(3, 5) };
        ResultTable<AblationRow> own = Sweep.Run(Model, Pairs, options, "zero", cell => cell.Points.Select(point => Ablate.Zero(point, cell.Scope(point))));
        Assert.Equal([3, 5], own.Select(row => row.Neuron!.Value).Distinct().Order());
        Assert.Contains("expected a list of neurons", Assert.Throws<InvalidInputException>(
            () => Sweep.Run(Model, Pairs, options with { Neurons = NeuronChoice.Top(2) }, "zero", _ => [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_belongs_to_the_same_interventions()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "own.partial");
        Run(1, new SweepJournal(path, false));
        Run(1, new SweepJournal(path, true));
        Assert.Contains("differs from this one in kind of sweep", Assert.Throws<InvalidInputException>(() => Run(2, new SweepJournal(path, true))).Message, StringComparison.Ordinal);

        static void Run(float coefficient, SweepJournal journal) => Sweep.Run(
            Model, Pairs, new SweepOptions { Sites = [HookKind.ResidPre], By = [SweepAxis.Layer] }, "steered",
            cell => cell.Points.Select(point => new Steer(point, TensorValue.Vector([.. Enumerable.Repeat(1f, Model.Config.DModel)]), coefficient, cell.Scope(point))),
            new ExecutionOptions { Journal = journal });
    }

    [Fact]
    public void Both_engines_give_the_same_and_plan_the_same_whole_runs()
    {
        var options = new SweepOptions { Sites = [HookKind.Z] };
        VariantPlan? lanes = null, naive = null;
        AblationSweep.Run(Model, Pairs, options, execution: new ExecutionOptions { Explain = plan => lanes = plan });
        AblationSweep.Run(Model, Pairs, options, execution: new ExecutionOptions { Engine = new NaiveEngine(), Explain = plan => naive = plan });
        Assert.Equal(lanes!.NaiveMultiplyAdds, naive!.NaiveMultiplyAdds);
        Assert.Equal(naive.NaiveMultiplyAdds, naive.MultiplyAdds);
        Assert.Equal((lanes.Variants, naive.Variants), (naive.Whole, lanes.Variants));
        Assert.Equal(
            AblationSweep.Run(Model, Pairs, options), AblationSweep.Run(Model, Pairs, options, execution: new ExecutionOptions { Engine = new NaiveEngine() }));
    }

    [Fact]
    public void Sites_are_kinds_or_names()
    {
        Assert.Equal(Site.Parse("z"), HookKind.Z);
        Assert.Equal(Site.Together(HookKind.AttnOut, HookKind.MlpOut), "attn_out+mlp_out");
        Assert.Contains("found an empty one", Assert.Throws<InvalidInputException>(() => Site.Parse(" ")).Message, StringComparison.Ordinal);
        Assert.Contains("expected some of layer, head", Assert.Throws<InvalidInputException>(() => SweepAxes.Parse("row")).Message, StringComparison.Ordinal);
        Assert.Equal("src_pos", SweepAxis.Source.Name());
    }
}
