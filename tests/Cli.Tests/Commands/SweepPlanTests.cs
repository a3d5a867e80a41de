using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Lanes;

namespace Interp.Cli.Tests.Commands;

/// <summary>The plan that <c>--explain</c> gives, against what a run of the same sweep counts while it computes. Tolerance 0.</summary>
public sealed class SweepPlanTests
{
    private static readonly TransformerModel Model = DemoModel.Create();

    private static readonly PromptPair[] Pairs =
    [
        new()
        {
            Clean = Model.Tokenize(Tool.Clean),
            Corrupted = Model.Tokenize(Tool.Corrupted),
            Answers = [Model.Tokenize("met")[^1]],
            Wrongs = [Model.Tokenize("saw")[^1]],
        },
    ];

    private static readonly Dictionary<string, Action<ExecutionOptions>> Sweeps = new(StringComparer.Ordinal)
    {
        ["patch --sites z"] = o => PatchingSweep.Run(Model, Pairs, new SweepOptions { Sites = ["z"] }, execution: o),
        ["patch --sites resid_pre,attn_out --by layer,pos --direction noise"] = o => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["resid_pre", "attn_out"], By = [SweepAxis.Layer, SweepAxis.Position] }, PatchDirection.Noise, o),
        ["patch --sites pattern --by layer,head,pos,src_pos"] = o => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["pattern"], By = [SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position, SweepAxis.Source] }, execution: o),
        ["patch --sites q,k,v --metric kl --memory 300KB"] = o => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["q", "k", "v"], Metric = Metric.Kl }, execution: o with { MemoryBudget = 300_000 }),
        ["ablate --sites z,resid_pre --with zero"] = o => AblationSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["z", "resid_pre"] }, AblationOptions.Parse("zero"), o),
        ["ablate --with noise --sites resid_pre --by layer,pos --draws 3 --noise-positions 1"] = o => CausalTracing.Run(
            Model, Pairs, new SweepOptions { Sites = ["resid_pre"], By = [SweepAxis.Layer, SweepAxis.Position] }, new NoiseOptions { Draws = 3, Positions = [1] }, o),
        ["knockout --dst -1 --by layer,head"] = o => KnockoutSweep.Run(
            Model, Pairs, new SweepOptions { By = [SweepAxis.Layer, SweepAxis.Head], Positions = [-1] }, execution: o),
        ["knockout --by layer,pos,src_pos --renormalize false"] = o => KnockoutSweep.Run(
            Model, Pairs, new SweepOptions { By = [SweepAxis.Layer, SweepAxis.Position, SweepAxis.Source] }, new KnockoutOptions { Renormalize = false }, o),
        ["path --from 0.1 --to 1.1.q,1.2.k"] = o => Paths(o, "0.1", "1.1.q,1.2.k"),
        ["path --from 0.1,0.2 --to 1.1.k,logits --memory 300KB"] = o => Paths(o with { MemoryBudget = 300_000 }, "0.1,0.2", "1.1.k,logits"),
    };

    public static TheoryData<string> Names => [.. Sweeps.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_multiply_adds_of_a_plan_are_those_that_the_run_counts(string sweep)
    {
        string[] words = sweep.Split(' ');
        string[] input = words[0] is "patch" or "path"
            ? ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted]
            : ["--prompt", Tool.Clean];
        string[] call = [.. input, "--answer", "met", "--wrong", "saw", .. words[1..], "--explain"];
        double planned = Assert.Single(Tool.Demo(words[0], [.. call, "--json"]).Rows).GetProperty("multiply_adds").GetDouble();
        var counter = new Counter();
        Sweeps[sweep](new ExecutionOptions { Engine = counter });
        Assert.Equal(counter.MultiplyAdds, planned);
        Assert.Contains(Shown.Count(counter.MultiplyAdds), Tool.Demo(words[0], call).Succeeded().Output, StringComparison.Ordinal);
    }

    private static void Paths(ExecutionOptions execution, string from, string to) => PathPatching.Run(
        Model, Pairs, [new PathQuery([.. from.Split(',').Select(PathNode.Parse)], [.. to.Split(',').Select(PathNode.Parse)])],
        execution: execution);

    /// <summary>Counts the runs that are measured: those that change something and whose logits are read.</summary>
    private sealed class Counter : WatchedEngine
    {
        public long MultiplyAdds { get; private set; }

        public override void Run(
            TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
        {
            var run = new LaneRun(
                model, batch, new CheckedVariants(model, batch, variants, options), options, handle,
                options.MemoryBudget ?? DefaultMemory);
            run.Run();
            if (variants.Any(v => v.Interventions.Count > 0 && v.Observe.Count == 0) && !IsNoised(variants))
            {
                MultiplyAdds += run.CountedMultiplyAdds;
            }
        }

        /// <summary>Whether these are the plain runs of causal tracing, whose only change is the noise.</summary>
        private static bool IsNoised(IReadOnlyList<Variant> variants) =>
            variants.All(v => v.Interventions.Count == 1 && v.Interventions[0].Point == Hooks.Hook.Embed);
    }
}
