using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>What is read of variants, and with which means they are computed. No result depends on the means.</summary>
public sealed record VariantOptions
{
    /// <summary>For which positions logits are computed.</summary>
    public LogitRows Logits { get; init; } = LogitRows.Last;

    /// <summary>Of which vocabulary entries.</summary>
    public LogitTokens Tokens { get; init; } = LogitTokens.All;

    /// <summary>
    /// Interventions of the base runs: a list for each sequence, applied before those of each of its variants; empty = the
    /// base runs are plain. The same results as with these in front of every variant's own, but an engine that
    /// reuses base runs can reuse these.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<Intervention>> Base { get; init; } = [];

    /// <summary>
    /// For each sequence a run of this model that patches of its variants copy from; empty = none. What is the same in both, bit for bit,
    /// an engine may take from that run instead of computing it: queries, keys and values of a patched row of <c>resid_pre</c>, and the
    /// rows of a base run in front of the first token that differs. That needs what <see cref="IVariantEngine.SourcePoints"/> lists to be
    /// recorded. No result depends on it.
    /// </summary>
    public IReadOnlyList<ActivationCache> Sources { get; init; } = [];

    /// <summary>For each sequence the number that messages give it as a prompt; empty = its place in the batch.</summary>
    public IReadOnlyList<int> Numbers { get; init; } = [];

    /// <summary>
    /// Whether variants whose values are not finite are handed over (<see cref="VariantResult.NonFinite"/>), which are
    /// an error otherwise.
    /// </summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Bytes that may be held at a time beyond weights, arguments and what the receiver keeps; null = the engine's own choice. An
    /// engine always computes at least one variant at a time, however small the budget.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Told how many variants are done.</summary>
    public IProgress<VariantProgress>? Progress { get; init; }

    /// <summary>Stops between variants; what was handed over by then is whole.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>How far a list of variants is.</summary>
/// <param name="Done">Variants handed over.</param>
/// <param name="Total">Variants in all.</param>
public readonly record struct VariantProgress(int Done, int Total);
