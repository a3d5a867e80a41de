using System.Collections.Immutable;
using Interp.Hooks;
using static Interp.Runtime.BlockOperation;

namespace Interp.Runtime;

/// <summary>Writes the plan of a block. Nobody else asks for a block's style, or for the places of its norms.</summary>
internal static class BlockPlanBuilder
{
    /// <summary>The steps of a model's blocks.</summary>
    public static IEnumerable<BlockStep> Steps(ModelConfig config)
    {
        bool parallel = config.Block is BlockStyle.Parallel or BlockStyle.ParallelSharedNorm, post = config.Block == BlockStyle.PostNorm;
        bool normed = config.Norm != NormKind.None, before = normed && config.BranchNorms != BranchNorms.After;
        bool after = normed && config.BranchNorms != BranchNorms.Before;
        List<BlockStep> steps = [Offer(BlockSlot.Stream, HookKind.ResidPre)];

        steps.Add(post ? Copy(BlockNorm.First) : Read(BlockNorm.First, before, HeadInputs(config)));
        AddAttention(steps, config);
        if (after)
        {
            steps.Add(Norm(BlockNorm.AfterAttention, BlockSlot.AttentionWrite, BlockSlot.AttentionWrite));
        }

        steps.Add(Offer(BlockSlot.AttentionWrite, HookKind.AttnOut));
        if (!parallel)
        {
            steps.Add(Sum(BlockSlot.AttentionWrite));
        }

        if (!config.AttnOnly)
        {
            if (!parallel)
            {
                steps.Add(Offer(BlockSlot.Stream, HookKind.ResidMid));
            }

            if (post && before)
            {
                steps.Add(Norm(BlockNorm.First, BlockSlot.Stream, BlockSlot.Stream));
            }

            if (!post && config.Block != BlockStyle.ParallelSharedNorm)
            {
                steps.Add(Read(BlockNorm.Second, before, [HookKind.MlpIn]));
            }

            steps.Add(new BlockStep(FeedForward, post ? BlockSlot.Stream : BlockSlot.Normed, BlockSlot.FeedForwardWrite) { Points = Neurons(config) });
            if (after)
            {
                steps.Add(Norm(BlockNorm.AfterFeedForward, BlockSlot.FeedForwardWrite, BlockSlot.FeedForwardWrite));
            }

            steps.Add(Offer(BlockSlot.FeedForwardWrite, HookKind.MlpOut));
        }

        if (parallel)
        {
            steps.Add(Sum(BlockSlot.AttentionWrite));
        }

        if (!config.AttnOnly)
        {
            steps.Add(Sum(BlockSlot.FeedForwardWrite));
        }

        steps.Add(Offer(BlockSlot.Stream, HookKind.ResidPost));
        if (post)
        {
            if (before)
            {
                steps.Add(Norm(BlockNorm.Second, BlockSlot.Stream, BlockSlot.Stream));
            }

            steps.Add(Offer(BlockSlot.Stream, HookKind.NormalizedResidPost));
        }

        return steps;
    }

    private static void AddAttention(List<BlockStep> steps, ModelConfig config)
    {
        steps.Add(new BlockStep(Project, BlockSlot.Normed, BlockSlot.Heads));
        steps.Add(new BlockStep(BlockOperation.Offer, BlockSlot.Heads, BlockSlot.Heads) { Points = [HookKind.Q, HookKind.K, HookKind.V] });
        if (config.QkNorm != QkNorm.None)
        {
            steps.Add(new BlockStep(NormalizeHeads, BlockSlot.Heads, BlockSlot.Heads)
            {
                Points = [HookKind.QNormScale, HookKind.QNormNormalized, HookKind.KNormScale, HookKind.KNormNormalized],
            });
        }

        if (config.Positions == PositionKind.Rotary)
        {
            steps.Add(new BlockStep(Rotate, BlockSlot.Heads, BlockSlot.Heads) { Points = [HookKind.RotQ, HookKind.RotK] });
        }

        steps.Add(new BlockStep(StoreKeys, BlockSlot.Heads, BlockSlot.Heads));
        steps.Add(new BlockStep(Attend, BlockSlot.Heads, BlockSlot.Z) { Points = [HookKind.AttnScores, HookKind.Pattern] });
        steps.Add(Offer(BlockSlot.Z, HookKind.Z));
        steps.Add(new BlockStep(WriteAttention, BlockSlot.Z, BlockSlot.AttentionWrite) { Points = [HookKind.Result] });
    }

    // One copy for all of q, k and v only where every key has its own query.
    private static ImmutableArray<HookKind> HeadInputs(ModelConfig config) => config.NHeads == config.NKeyValueHeads
        ? [HookKind.AttnIn, HookKind.QInput, HookKind.KInput, HookKind.VInput]
        : [HookKind.QInput, HookKind.KInput, HookKind.VInput];

    private static ImmutableArray<HookKind> Neurons(ModelConfig config) => (config.Experts > 0, config.Gated) switch
    {
        (false, false) => [HookKind.Pre, HookKind.Post],
        (false, true) => [HookKind.Pre, HookKind.PreLinear, HookKind.Post],
        (true, false) => [HookKind.ExpertWeights, HookKind.ExpertIndices, HookKind.ExpertPre, HookKind.ExpertPost],
        (true, true) =>
            [HookKind.ExpertWeights, HookKind.ExpertIndices, HookKind.ExpertPre, HookKind.ExpertPreLinear, HookKind.ExpertPost],
    };

    private static BlockStep Read(BlockNorm norm, bool normed, ImmutableArray<HookKind> inputs) =>
        (normed ? Norm(norm, BlockSlot.Stream, BlockSlot.Normed) : Copy(norm)) with { Inputs = inputs };

    private static BlockStep Copy(BlockNorm norm) => new(BlockOperation.Copy, BlockSlot.Stream, BlockSlot.Normed) { Norm = norm };

    private static BlockStep Norm(BlockNorm norm, BlockSlot from, BlockSlot to) => new(Normalize, from, to)
    {
        Norm = norm,
        Points = norm switch
        {
            BlockNorm.First => [HookKind.Ln1Scale, HookKind.Ln1Normalized],
            BlockNorm.Second => [HookKind.Ln2Scale, HookKind.Ln2Normalized],
            BlockNorm.AfterAttention => [HookKind.Ln1PostScale, HookKind.Ln1PostNormalized],
            _ => [HookKind.Ln2PostScale, HookKind.Ln2PostNormalized],
        },
    };

    private static BlockStep Offer(BlockSlot slot, HookKind point) => new(BlockOperation.Offer, slot, slot) { Points = [point] };

    private static BlockStep Sum(BlockSlot write) => new(Add, write, BlockSlot.Stream);
}
