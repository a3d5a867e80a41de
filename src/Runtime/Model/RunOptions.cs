using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>What a run listens to, replaces and computes.</summary>
public sealed record RunOptions
{
    /// <summary>Points to record: values (<c>Hook.Z(5)</c>), names, shorthand or globs. Recorded after interventions.</summary>
    public IReadOnlyList<HookQuery> Observe { get; init; } = [];

    /// <summary>What is replaced on the way, applied in this order.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>For which positions logits are computed.</summary>
    public LogitRows Logits { get; init; } = LogitRows.All;

    /// <summary>
    /// Whether a run goes on to its end when values are no finite numbers any more, which is an error otherwise;
    /// <see cref="RunResult.NonFinite"/> tells where they were met.
    /// </summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>
    /// Most bytes that the run may take beside the weights; null = no limit. A batch that is planned to take more is refused before
    /// anything is computed (<see cref="MemoryPlan.Run"/>).
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Threads; 0 = one per core. The result does not depend on it.</summary>
    public int Threads { get; init; }
}
