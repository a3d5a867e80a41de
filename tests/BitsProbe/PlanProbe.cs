using Interp.Hooks;
using Interp.Runtime;
using Interp.Tests;

/// <summary>
/// Runs a model once and prints the bytes planned for the run, and how far the memory of the process rose above what it was before; the
/// same with the weights, above what it was before there was a model. A second run would find memory that the garbage collector keeps
/// of the first. Linux only.
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

    public static void Run(string name, string kind, string batch)
    {
        ModelConfig config = Models.Single(m => m.Name == name).Config;
        int[] lengths = [.. batch.Split('+').Select(int.Parse)];

        // A small model of the same kind has everything compiled that the large one needs.
        TransformerModel small = RandomModel.Create(config with { DMlp = 64, DVocab = 100 }, 1);
        Measure(small, [40, 3], Options(small, kind));

        Collect();
        long start = MemoryProbe.Reset();
        TransformerModel model = RandomModel.Create(config, 1);
        Collect();
        long weights = MemoryProbe.Reset() - start;
        MemoryPlan plan = model.Plan(lengths, Options(model, kind));
        long run = Measure(model, lengths, Options(model, kind));
        Console.WriteLine($"{plan.Run} {run} {plan.Peak} {weights + run}");
    }

    private static RunOptions Options(TransformerModel model, string kind) => kind switch
    {
        "forward" => new RunOptions(),
        "last" => new RunOptions { Logits = LogitRows.Last },
        "standard" => new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] },
        _ => new RunOptions { Observe = ["blocks.*.attn.hook_result"], Logits = LogitRows.Last },
    };

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
