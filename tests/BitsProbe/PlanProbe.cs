using Interp.Hooks;
using Interp.Runtime;
using Interp.Tests;

/// <summary>
/// Runs a model and prints for each run its name; the bytes planned for the run, and how far the memory of the process rose above what
/// it was before; the same with the weights, above what it was before there was a model. Linux only.
/// </summary>
internal static class PlanProbe
{
    private static readonly (string Name, ModelConfig Config)[] Models =
    [
        ("learned", Large(RandomModel.Config(heads: 8, keyHeads: 8, head: 64))),
        ("parallel", Large(RandomModel.Config(BlockStyle.Parallel, positions: PositionKind.Rotary, heads: 8, keyHeads: 8, head: 64))),
        ("gated", Large(RandomModel.Config(
            norm: NormKind.Rms, positions: PositionKind.Rotary, heads: 8, keyHeads: 2, head: 64, gated: true,
            activation: ActivationFunction.Silu)) with { QkNorm = QkNorm.PerHead }),
        ("experts", Large(RandomModel.Config(norm: NormKind.Rms, heads: 8, keyHeads: 4, head: 64, gated: true)) with
        {
            Experts = 4, ExpertsPerToken = 2, DMlp = 1024,
        }),
        ("post-norm", Large(RandomModel.Config(BlockStyle.PostNorm, heads: 8, keyHeads: 8, head: 64)) with { Causal = false }),
    ];

    private static readonly int[][] Batches = [[900], [150, 40, 260, 100, 64, 64], [300]];

    public static void Run(string name)
    {
        ModelConfig config = Models.Single(m => m.Name == name).Config;

        // A small model of the same kind has everything compiled that the large one needs.
        TransformerModel small = RandomModel.Create(config with { DMlp = 64, DVocab = 100 }, 1);
        foreach ((_, RunOptions options) in Kinds(small))
        {
            Measure(small, [40, 3], options);
        }

        Collect();
        long start = MemoryProbe.Reset();
        TransformerModel model = RandomModel.Create(config, 1);
        Collect();
        long weights = MemoryProbe.Reset() - start;
        foreach ((string kind, RunOptions options) in Kinds(model))
        {
            foreach (int[] lengths in Batches)
            {
                MemoryPlan plan = model.Plan(lengths, options);
                long run = Measure(model, lengths, options);
                Console.WriteLine($"{name}/{kind}/{string.Join('+', lengths)} {plan.Run} {run} {plan.Peak} {weights + run}");
            }
        }
    }

    private static IEnumerable<(string, RunOptions)> Kinds(TransformerModel model) =>
    [
        ("forward", new RunOptions()), ("last", new RunOptions { Logits = LogitRows.Last }),
        ("standard", new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] }),
        ("results", new RunOptions { Observe = ["blocks.*.attn.hook_result"], Logits = LogitRows.Last }),
    ];

    private static long Measure(TransformerModel model, int[] lengths, RunOptions options)
    {
        var batch = new TokenBatch(lengths.Select((n, i) => RandomModel.Tokens(n, i, model.Config.DVocab)));

        // The model keeps the memory of its last pass; another one does not have it yet.
        TransformerModel fresh = TransformerModel.Create(model.Config, model.Weights, "fresh");
        Collect();
        long before = MemoryProbe.Reset();
        RunResult result = fresh.Run(batch, options);
        long used = MemoryProbe.Status("VmHWM") - before;
        GC.KeepAlive(result);
        return used;
    }

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }

    private static ModelConfig Large(ModelConfig config) =>
        config with { NLayers = 4, DModel = 512, DMlp = 2048, DVocab = 8000, NCtx = 1024 };
}
