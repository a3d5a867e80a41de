using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>How a sweep is computed, and where its rows go. No number of a result depends on it.</summary>
public sealed record ExecutionOptions
{
    /// <summary>How patched runs are computed.</summary>
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
    /// Receives the engine's plan of the patched runs instead of their being made; the table stays empty. Plain runs, which the plan depends on,
    /// are made, and step 2 of path patching.
    /// </summary>
    public Action<VariantPlan>? Explain { get; init; }

    /// <summary>
    /// Receives the rows in parts while the sweep goes on, such as a file; the table that is returned then stays empty. Null: the
    /// rows are in the table.
    /// </summary>
    public ITableSink? Sink { get; init; }

    /// <summary>Told how many patched runs are done.</summary>
    public IProgress<SweepProgress>? Progress { get; init; }
}
