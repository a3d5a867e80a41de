using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a sweep covers and measures, and with which means it is computed.</summary>
public sealed record SweepOptions
{
    /// <summary>
    /// Sites: <c>resid_pre</c>, <c>attn_out</c>, <c>z</c>, <c>pattern</c>, ... or names and globs of hook points; sites joined
    /// by <c>+</c> are replaced together; <c>block_every</c>, <c>attn_head_all_pos_every</c> and
    /// <c>attn_head_by_pos_every</c> stand for several sites one after the other.
    /// </summary>
    public required IReadOnlyList<string> Sites { get; init; }

    /// <summary>
    /// What is told apart: layer, head, pos, src_pos, span, neuron. Empty = layer and head where a site has heads, else layer and
    /// position, or span where spans are named.
    /// </summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>
    /// The positions covered, negative from each prompt's end; told apart by <c>pos</c>, else replaced together. Empty = all.
    /// </summary>
    public IReadOnlyList<int> Positions { get; init; } = [];

    /// <summary>
    /// Named spans covered (<see cref="PromptPair.Spans"/>); told apart by <c>span</c>, else there may be one only.
    /// </summary>
    public IReadOnlyList<string> Spans { get; init; } = [];

    /// <summary>
    /// Which positions of different prompts are one cell where they are told apart; null = those of the same number from the start, without
    /// a promise that these correspond (<see cref="PositionMeans"/>). By a span: the one in <see cref="Spans"/>, or the only one there is.
    /// </summary>
    public PositionAlignment? Align { get; init; }

    /// <summary>Layers covered, negative from the last; empty = all.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>
    /// Heads covered, on keys and values key-value heads; told apart by <c>head</c>, else those of a layer (or window of layers) are
    /// replaced together. Empty = all.
    /// </summary>
    public IReadOnlyList<HeadRef> Heads { get; init; } = [];

    /// <summary>Neurons covered when they are told apart.</summary>
    public NeuronChoice Neurons { get; init; } = NeuronChoice.Top(10);

    /// <summary>
    /// Layers replaced together around each layer: W covers layers l - (W - 1) / 2 to l + W / 2 as far as the model has them.
    /// </summary>
    public int Window { get; init; } = 1;

    /// <summary>What is measured.</summary>
    public Metric Metric { get; init; } = new(MetricKind.LogitDiff);

    /// <summary>How patched runs are computed; no result depends on it.</summary>
    public IVariantEngine Engine { get; init; } = VariantEngines.Default;

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Bytes that the sweep may hold at a time beside weights, arguments and rows: recorded values, means, noise, measurements and what the engine
    /// takes. It is divided into pieces that fit, at the least one run at a time. Null = the engine's own choice.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Whether a sweep that does not fit <see cref="MemoryBudget"/> even in the smallest pieces is refused before it begins.</summary>
    public bool RefuseBeyondMemory { get; init; }

    /// <summary>What was measured before and is not measured again, and where measurements are noted; null = nothing.</summary>
    public SweepJournal? Journal { get; init; }

    /// <summary>
    /// Receives the fast engine's plan of the patched runs instead of their being made; the table stays empty. Plain runs,
    /// which the plan depends on, are made.
    /// </summary>
    public Action<LanePlanSummary>? Explain { get; init; }

    /// <summary>
    /// Receives the rows in parts while the sweep goes on, such as a file; the table that is returned then stays empty. Null: the
    /// rows are in the table.
    /// </summary>
    public ITableSink? Sink { get; init; }

    /// <summary>Told how many patched runs are done.</summary>
    public IProgress<SweepProgress>? Progress { get; init; }
}

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Patched runs (or, when a sweep was stopped, cells) done.</param>
/// <param name="Total">Patched runs (or cells) in all.</param>
public readonly record struct SweepProgress(int Done, int Total)
{
    /// <summary>Those done that were taken over from a sweep that was stopped.</summary>
    public int TakenOver { get; init; }
}
