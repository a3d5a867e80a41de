using Interp.Hooks;

namespace Interp.Runtime.Forward;

/// <summary>Interventions in registration order, then recording: a cache sees the value after intervention.</summary>
internal readonly struct RunHooks(InterventionPlan plan, IReadOnlyList<HookPoint> observed, ActivationCache[] caches)
    : IForwardHooks
{
    private readonly HashSet<HookPoint> _observed = [.. observed];

    public bool Wants(HookPoint point) => plan.Targets(point) || _observed.Contains(point);

    public bool MayChange(HookPoint point) => plan.Targets(point);

    public void OnActivation(in Activation activation)
    {
        if (plan.Targets(activation.Point))
        {
            plan.Apply(activation);
        }

        if (_observed.Contains(activation.Point))
        {
            caches[activation.Sequence].Record(activation);
        }
    }
}

/// <summary>Interventions only, as generation uses them step by step.</summary>
internal readonly struct PlanHooks(InterventionPlan plan) : IForwardHooks
{
    public bool Wants(HookPoint point) => plan.Targets(point);

    public bool MayChange(HookPoint point) => plan.Targets(point);

    public void OnActivation(in Activation activation) => plan.Apply(activation);
}
