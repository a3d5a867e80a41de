using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Takes activations of all sequences of a pass at once, after each sequence was offered to the interventions.</summary>
internal interface IBatchRecorder
{
    /// <summary>Copies what is recorded of a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="segments">The sequences' rows, in order of their place.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Floats per row.</param>
    /// <param name="threads">Threads.</param>
    void Record(HookPoint point, ReadOnlySpan<RowSegment> segments, ReadOnlySpan<float> values, int width, int threads);
}

/// <summary>Interventions in registration order, then recording: a cache sees the value after intervention.</summary>
internal readonly struct RunHooks(InterventionPlan plan, IReadOnlyList<HookPoint> observed, ActivationCache[] caches)
    : IForwardHooks, IBatchRecorder
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
    }

    public void Record(
        HookPoint point, ReadOnlySpan<RowSegment> segments, ReadOnlySpan<float> values, int width, int threads)
    {
        if (!_observed.Contains(point))
        {
            return;
        }

        var copies = new float[segments.Length][];
        var isNew = new bool[segments.Length];
        for (int s = 0; s < segments.Length; s++)
        {
            copies[s] = ResultMemory.Shared.Take(segments[s].Count * width, out isNew[s]);
            caches[segments[s].Sequence].Put(point, copies[s]);
        }

        RowCopy<Arrays>.Run(segments, values, width, new Arrays(copies, isNew), threads);
    }

    private readonly struct Arrays(float[][] copies, bool[] isNew) : IRowTargets
    {
        public Span<float> Of(int segment) => copies[segment];

        public bool IsNew(int segment) => isNew[segment];
    }
}

/// <summary>Interventions only, as generation uses them step by step.</summary>
internal readonly struct PlanHooks(InterventionPlan plan) : IForwardHooks
{
    public bool Wants(HookPoint point) => plan.Targets(point);

    public bool MayChange(HookPoint point) => plan.Targets(point);

    public void OnActivation(in Activation activation) => plan.Apply(activation);
}
