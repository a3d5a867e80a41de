using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>Many prompts run a few at a time; no bit depends on it.</summary>
public sealed class ChunkedSweepTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_large_sweep_gives_the_rows_of_each_prompt_alone(int position)
    {
        // 120 prompts of 20 to 40 tokens are more than are run at once.
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        PromptPair[] pairs = [.. Enumerable.Range(0, 120).Select(i => new PromptPair
        {
            Clean = RandomModel.Tokens(20 + (i % 21), i),
            Corrupted = RandomModel.Tokens(20 + (i % 21), 1000 + i),
            Answers = [1],
            Wrongs = [2],
        })];
        var options = new SweepOptions { Sites = ["z1", "attn_out2"], By = [SweepAxis.Layer], Metric = Metric.LogitDiff.At(position) };
        var all = PatchingSweep.Run(model, pairs, options).Rows.ToLookup(row => (int)row[0]!, row => row.Skip(1).ToArray());
        for (int i = 0; i < pairs.Length; i += 17)
        {
            Assert.Equal(PatchingSweep.Run(model, [pairs[i]], options).Rows.Select(row => row.Skip(1).ToArray()), all[i]);
        }
    }
}
