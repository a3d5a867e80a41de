using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>
/// What a block is: its steps, in order, over a few slots. Pre-norm, post-norm and parallel blocks differ in the order of the steps;
/// norms of branches and heads, rotary positions and the FFN are steps that are there or not. Grouping, windows, gates and experts are
/// parameters of one step. Whoever has to know a block's shape reads it here: the forward pass, the lanes, the count of work, the hook
/// points, the ledger, the frozen pass, the ONNX export. All blocks of a model have the same plan.
/// </summary>
public sealed class BlockPlan
{
    // Configurations are compared by value and copied by "with", so that a plan cannot be one of their fields.
    private static readonly ConditionalWeakTable<ModelConfig, BlockPlan> Plans = [];

    private readonly BlockSlot[][] _live;

    private BlockPlan(ImmutableArray<BlockStep> steps)
    {
        Steps = steps;
        ImmutableArray<HookKind>.Builder points = ImmutableArray.CreateBuilder<HookKind>();
        foreach (BlockStep step in steps)
        {
            points.AddRange(step.Inputs);
            points.AddRange(step.Points);
        }

        Points = points.DrainToImmutable();
        _live = Liveness(steps);
    }

    /// <summary>The steps, in order.</summary>
    public ImmutableArray<BlockStep> Steps { get; }

    /// <summary>The hook points of a block, in firing order.</summary>
    public ImmutableArray<HookKind> Points { get; }

    /// <summary>The point at which the stream leaves the block.</summary>
    public HookKind Output => Steps[^1].Points[0];

    /// <summary>Whether what attention adds reaches the FFN of the same block, which in a parallel block it does not.</summary>
    public bool AttentionReachesFeedForward
    {
        get
        {
            int ffn = IndexOf(BlockOperation.FeedForward);
            return ffn >= 0 && IndexOf(BlockOperation.Add) < ffn;
        }
    }

    /// <summary>The plan of a model's blocks.</summary>
    /// <param name="config">The model.</param>
    public static BlockPlan Of(ModelConfig config) => Plans.GetValue(config, static c => new BlockPlan([.. BlockPlanBuilder.Steps(c)]));

    /// <summary>Place of the one step of a kind, or -1.</summary>
    /// <param name="operation">What the step does.</param>
    public int IndexOf(BlockOperation operation)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            if (Steps[i].Operation == operation)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Place of the step that fires a hook point, or -1 where the block has no such point.</summary>
    /// <param name="kind">The point.</param>
    public int IndexOf(HookKind kind)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            if (Steps[i].Points.Contains(kind) || Steps[i].Inputs.Contains(kind))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Place of the step that applies a norm, or -1 where the block has no such norm.</summary>
    /// <param name="norm">The norm.</param>
    public int IndexOf(BlockNorm norm)
    {
        for (int i = 0; i < Steps.Length; i++)
        {
            if (Steps[i].Operation == BlockOperation.Normalize && Steps[i].Norm == norm)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether the block has a norm.</summary>
    /// <param name="norm">The norm.</param>
    public bool Has(BlockNorm norm) => IndexOf(norm) >= 0;

    /// <summary>The norms that stand in the stream itself and not in front of a branch, as in a post-norm block.</summary>
    public IEnumerable<BlockStep> StreamNorms => Steps.Where(step => step is
    { Operation: BlockOperation.Normalize, From: BlockSlot.Stream, To: BlockSlot.Stream });

    /// <summary>Whether a branch is normalized before it is added to the stream.</summary>
    public bool NormalizesWrites => Has(BlockNorm.AfterAttention) || Has(BlockNorm.AfterFeedForward);

    /// <summary>The last step up to a place that offers a slot as it is there; null where it was written since, or was never offered.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="step">The place.</param>
    public int? Shown(BlockSlot slot, int step)
    {
        for (int i = step; i >= 0; i--)
        {
            if (Steps[i].Operation == BlockOperation.Offer && Steps[i].From == slot)
            {
                return i;
            }

            if (i < step && Steps[i].Writes && Steps[i].To == slot)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The point that shows the stream as a norm reads it; null where the block has no such norm or no point shows it.</summary>
    /// <param name="norm">A norm that reads the stream.</param>
    public HookKind? StreamBefore(BlockNorm norm) =>
        IndexOf(norm) is var step and >= 0 && Shown(BlockSlot.Stream, step) is { } shown ? Steps[shown].Points[0] : null;

    /// <summary>The slots whose values are needed where a step begins: it or a later one reads them before any writes them.</summary>
    /// <param name="step">Place of the step.</param>
    public ReadOnlySpan<BlockSlot> Live(int step) => _live[step];

    /// <summary>
    /// The norm through which a branch reads the stream: that of the last step that wrote what the branch reads. Null where it reads the
    /// stream itself, or a copy of it.
    /// </summary>
    /// <param name="branch"><see cref="BlockOperation.Project"/> or <see cref="BlockOperation.FeedForward"/>.</param>
    public BlockNorm? NormBefore(BlockOperation branch)
    {
        int reader = IndexOf(branch);
        for (int i = reader - 1; i >= 0; i--)
        {
            if (Steps[i].To == Steps[reader].From && Steps[i].Writes)
            {
                return Steps[i] is { Operation: BlockOperation.Normalize, Norm: { } norm } ? norm : null;
            }
        }

        return null;
    }

    private static BlockSlot[][] Liveness(ImmutableArray<BlockStep> steps)
    {
        var live = new BlockSlot[steps.Length][];
        HashSet<BlockSlot> after = [BlockSlot.Stream];
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            BlockStep step = steps[i];
            if (step.Writes && step.To != step.From && step.Operation != BlockOperation.Add)
            {
                after.Remove(step.To);
            }

            after.Add(step.From);
            live[i] = [.. after.Order()];
        }

        return live;
    }
}
