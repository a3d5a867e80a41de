using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What is wanted of a sweep.</summary>
/// <param name="Summary">The statistics over prompts instead of single prompts.</param>
/// <param name="Plan">The plan of the runs instead of the runs.</param>
/// <param name="Summarize">Makes the statistics.</param>
/// <param name="Journal">Where measurements are noted; removed when the sweep is whole. Null = nowhere.</param>
/// <param name="Resumed">Whether a stopped sweep was to be gone on with.</param>
/// <param name="Apart">Why positions of different prompts do not correspond, so that no mean is taken over them; null = they do.</param>
/// <param name="Aligned">Whether the call says which positions correspond, so that pages take the means from its summary.</param>
internal sealed record SweepResult(
    bool Summary, bool Plan, Func<SweepCellEffects, ResultTable> Summarize, SweepJournal? Journal = null, bool Resumed = false, string? Apart = null,
    bool Aligned = false);

/// <summary>What a sweep is told by the one who runs it.</summary>
/// <param name="Progress">Told how far the sweep is; null = nobody.</param>
/// <param name="Explain">Receives the plan instead of the runs' being made; null = they are made.</param>
/// <param name="Sink">Receives the rows.</param>
internal sealed record SweepCall(IProgress<SweepProgress>? Progress, Action<VariantPlan>? Explain, ITableSink? Sink)
{
    /// <summary>The options with this call in them.</summary>
    public ExecutionOptions Apply(ExecutionOptions options) => options with { Progress = Progress, Explain = Explain, Sink = Sink };
}
