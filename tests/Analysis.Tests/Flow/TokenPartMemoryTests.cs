using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Flow;

/// <summary>What propagating tokens holds. Memory is the whole process's, so nothing else runs beside.</summary>
[Collection(Alone)]
public sealed class TokenPartMemoryTests
{
    private const string Alone = "alone";

    // Live memory, garbage collected, while parts are handed out: less than one vector per pair of positions would take.
    [Fact]
    public void Vectors_of_all_pairs_of_positions_are_never_in_memory_together()
    {
        ModelConfig config = RandomModel.Config(heads: 4, keyHeads: 4) with { NLayers = 2, DModel = 64, NCtx = 512 };
        TransformerModel model = RandomModel.Create(config);
        RunResult run = model.Run(RandomModel.Tokens(320, 3), new RunOptions { Observe = ResidualLedger.FlowNeeds(model, [FlowMeasure.DecompX]) });
        var ledger = new ResidualLedger(model, run.Cache());
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        ledger.PropagateTokens((layer, position, source, _) =>
        {
            if (layer == 1 && position == 319 && source % 64 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        });
        Assert.InRange(most, 1, sizeof(float) * 320L * 320 * 64 / 4);
    }

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class NothingBeside;
}
