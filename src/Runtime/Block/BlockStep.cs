using System.Collections.Immutable;
using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>A value inside a block, which steps read and write; each has one row per position.</summary>
public enum BlockSlot
{
    /// <summary>The residual stream, [d_model].</summary>
    Stream,

    /// <summary>What attention or the FFN reads, [d_model]: the stream through a norm, or a copy of it.</summary>
    Normed,

    /// <summary>Queries, keys and values, each [heads, d_head].</summary>
    Heads,

    /// <summary>The heads' weighted sums of values, [heads, d_head].</summary>
    Z,

    /// <summary>What attention adds to the stream, [d_model].</summary>
    AttentionWrite,

    /// <summary>What the FFN adds to the stream, [d_model].</summary>
    FeedForwardWrite,
}

/// <summary>What a step of a block does.</summary>
public enum BlockOperation
{
    /// <summary>Shows a slot to whoever listens, and lets interventions change it.</summary>
    Offer,

    /// <summary>Copies the stream for a branch that reads it as it is.</summary>
    Copy,

    /// <summary>Normalizes a slot.</summary>
    Normalize,

    /// <summary>The maps to queries, keys and values.</summary>
    Project,

    /// <summary>The norms of queries and of keys.</summary>
    NormalizeHeads,

    /// <summary>The rotary embedding of queries and of keys.</summary>
    Rotate,

    /// <summary>Brings keys and values to where queries find them; without effect on any slot.</summary>
    StoreKeys,

    /// <summary>Scores, pattern and weighted sum of all heads.</summary>
    Attend,

    /// <summary>The output map of attention: the sum of the heads' results, and the bias.</summary>
    WriteAttention,

    /// <summary>The FFN, or the router and the chosen experts.</summary>
    FeedForward,

    /// <summary>Adds a branch's write to the stream.</summary>
    Add,
}

/// <summary>The norms of a block, by their place in the weights.</summary>
public enum BlockNorm
{
    /// <summary>In front of attention; in a post-norm block after attention's sum (<see cref="BlockWeights.Norm1"/>).</summary>
    First,

    /// <summary>In front of the FFN; in a post-norm block after the FFN's sum (<see cref="BlockWeights.Norm2"/>).</summary>
    Second,

    /// <summary>Between attention and its sum (<see cref="BlockWeights.Norm1Post"/>).</summary>
    AfterAttention,

    /// <summary>Between the FFN and its sum (<see cref="BlockWeights.Norm2Post"/>).</summary>
    AfterFeedForward,
}

/// <summary>One step of a block.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="From">The slot that it reads.</param>
/// <param name="To">The slot that it writes: that of <paramref name="From"/> where it changes a value in place.</param>
public sealed record BlockStep(BlockOperation Operation, BlockSlot From, BlockSlot To)
{
    /// <summary>The norm of <see cref="BlockOperation.Normalize"/> and of the copies that stand in for one.</summary>
    public BlockNorm? Norm { get; init; }

    /// <summary>
    /// Points at which the readers of this step's result get a copy of what the step reads, on request: attention a copy for each
    /// head, the FFN one. A changed copy takes the step by itself.
    /// </summary>
    public ImmutableArray<HookKind> Inputs { get; init; } = [];

    /// <summary>The points that the step fires, in firing order.</summary>
    public ImmutableArray<HookKind> Points { get; init; } = [];

    /// <summary>Whether the step changes what its slot holds before anybody reads it.</summary>
    public bool Writes => Operation is not (BlockOperation.Offer or BlockOperation.StoreKeys);
}
