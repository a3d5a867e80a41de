using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a sweep covers and measures. How it is computed is said in <see cref="ExecutionOptions"/>.</summary>
public sealed record SweepOptions
{
    /// <summary>What is replaced, such as <c>[HookKind.Z, HookKind.MlpOut]</c> or <c>["z", "attn_out+mlp_out"]</c>.</summary>
    public IReadOnlyList<Site> Sites { get; init; } = [];

    /// <summary>
    /// What is told apart. Empty = layer and head where a site has heads, else layer and position, or span where spans are named.
    /// </summary>
    public IReadOnlyList<SweepAxis> By { get; init; } = [];

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
    public Metric Metric { get; init; } = Metric.LogitDiff;
}
