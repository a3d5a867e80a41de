using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>The run that patched rows of the stream come from has computed their queries, keys and values.</summary>
public sealed class SourceRowsTests
{
    [Fact]
    public void Sweeps_of_the_stream_copy_queries_keys_and_values_where_memory_allows()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        ModelConfig config = model.Config;
        int[][] clean = [RandomModel.Tokens(6, 1), RandomModel.Tokens(5, 2)];
        PromptPair[] pairs = [.. clean.Select(tokens => new PromptPair
        {
            Clean = tokens, Corrupted = [.. tokens.Select(t => (t + 1) % 37)], Answers = [3], Wrongs = [11],
        })];

        // All tokens differ, so every cell patches a row of its own. Recorded, these rows may take a quarter of the memory.
        long rows = config.NLayers * pairs.Sum(p => p.Clean.Count), width = config.DHead * (config.NHeads + (2 * config.NKeyValueHeads));
        long enough = 4 * sizeof(float) * rows * width;
        Assert.Equal(Work(enough - 1) - (rows * width * config.DModel), Work(enough));

        long Work(long budget)
        {
            long work = 0;
            PatchingSweep.Run(model, pairs, new SweepOptions { Sites = ["resid_pre"] }, execution: new ExecutionOptions
            {
                MemoryBudget = budget,
                Explain = plan => work = plan.MultiplyAdds,
            });
            return work;
        }
    }
}
