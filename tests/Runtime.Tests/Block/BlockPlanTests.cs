using CsCheck;
using Interp.Hooks;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Block;

/// <summary>The plan of a block says what is computed from what; the formulas of the four styles are checked against it word by word.</summary>
public sealed class BlockPlanTests
{
    // h, x: the stream. The words are the steps that change something; the formulas are those of docs/architecture.md.
    [Theory]
    [InlineData(BlockStyle.PreNorm, "Normalize First Stream>Normed, attention Normed>AttentionWrite, Add AttentionWrite, Normalize Second Stream>Normed, FeedForward Normed>FeedForwardWrite, Add FeedForwardWrite")]
    [InlineData(BlockStyle.PostNorm, "Copy First Stream>Normed, attention Normed>AttentionWrite, Add AttentionWrite, Normalize First Stream>Stream, FeedForward Stream>FeedForwardWrite, Add FeedForwardWrite, Normalize Second Stream>Stream")]
    [InlineData(BlockStyle.Parallel, "Normalize First Stream>Normed, attention Normed>AttentionWrite, Normalize Second Stream>Normed, FeedForward Normed>FeedForwardWrite, Add AttentionWrite, Add FeedForwardWrite")]
    [InlineData(BlockStyle.ParallelSharedNorm, "Normalize First Stream>Normed, attention Normed>AttentionWrite, FeedForward Normed>FeedForwardWrite, Add AttentionWrite, Add FeedForwardWrite")]
    public void A_style_is_the_order_of_its_steps(BlockStyle style, string expected)
    {
        List<string> words = [];
        foreach (BlockStep step in BlockPlan.Of(RandomModel.Config(style)).Steps)
        {
            string? word = step.Operation switch
            {
                BlockOperation.Normalize or BlockOperation.Copy => $"{step.Operation} {step.Norm} {step.From}>{step.To}",
                BlockOperation.WriteAttention => $"attention Normed>{step.To}",
                BlockOperation.FeedForward => $"FeedForward {step.From}>{step.To}",
                BlockOperation.Add => $"Add {step.From}",
                _ => null,
            };
            words.AddRange(word is null ? [] : [word]);
        }

        Assert.Equal(expected, string.Join(", ", words));
    }

    [Fact]
    public void Every_slot_is_written_before_it_is_read_and_every_point_is_fired_once() => RandomModel.Configs.Sample(
        config =>
        {
            var plan = BlockPlan.Of(config);
            HashSet<BlockSlot> written = [BlockSlot.Stream];
            foreach (BlockStep step in plan.Steps)
            {
                Assert.Contains(step.From, written);
                written.Add(step.To);
            }

            Assert.Equal(plan.Points.Length, plan.Points.Distinct().Count());
            Assert.All(plan.Points, kind => Assert.True(HookTable.Row(kind).PerLayer));
            Assert.Equal([BlockSlot.Stream], plan.Live(0).ToArray());
            Assert.Equal(HookKind.ResidPre, plan.Points[0]);
        },
        iter: 300);

    // What fires is what the plan lists: the pass offers each point of a run that listens to all of them, exactly once, in this order.
    [Fact]
    public void The_pass_fires_the_points_of_the_plan_and_no_others() => RandomModel.Configs.Sample(
        config =>
        {
            TransformerModel model = RandomModel.Create(config, 1);
            RunResult run = model.Run(RandomModel.Tokens(5, 1), new RunOptions { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] });
            Assert.All(model.Hooks.AllPoints, point => Assert.True(run.Cache().Contains(point), $"{point} did not fire"));
            Assert.Equal(BlockPlan.Of(config).Points, model.Hooks.AllPoints.Where(p => p.Layer == 0).Select(p => p.Kind));
        },
        iter: 100);

    [Theory]
    [InlineData(BlockStyle.PreNorm, BlockNorm.First, BlockNorm.Second, true, HookKind.ResidPost)]
    [InlineData(BlockStyle.PostNorm, null, BlockNorm.First, true, HookKind.NormalizedResidPost)]
    [InlineData(BlockStyle.Parallel, BlockNorm.First, BlockNorm.Second, false, HookKind.ResidPost)]
    [InlineData(BlockStyle.ParallelSharedNorm, BlockNorm.First, BlockNorm.First, false, HookKind.ResidPost)]
    public void Readers_learn_what_they_need_of_a_style(BlockStyle style, BlockNorm? attention, BlockNorm? ffn, bool reaches, HookKind output)
    {
        var plan = BlockPlan.Of(RandomModel.Config(style));
        Assert.Equal(
            (attention, ffn, reaches, output),
            (plan.NormBefore(BlockOperation.Project), plan.NormBefore(BlockOperation.FeedForward), plan.AttentionReachesFeedForward, plan.Output));
    }

    [Fact]
    public void Weights_that_lack_a_norm_of_the_plan_are_refused()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        ModelWeights weights = model.Weights with { Blocks = [.. model.Weights.Blocks.Select((block, i) => i == 1 ? block with { Norm2 = null } : block)] };
        Refused.With(() => TransformerModel.Create(model.Config, weights, "x"), "x: block 1", "the norm Second", "found none");
    }
}
