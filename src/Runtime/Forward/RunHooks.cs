using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Where the values of a sequence are recorded.</summary>
internal interface IRecording
{
    /// <summary>Takes the values of a point, without copying them.</summary>
    void Put(HookPoint point, float[] values);
}

/// <summary>Interventions in registration order, then recording: a cache sees the value after intervention.</summary>
internal readonly struct RunHooks(InterventionPlan plan, IReadOnlyList<HookPoint> observed, IRecording[] caches)
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
    }

    public void OnBatch(in ActivationBatch batch)
    {
        if (!_observed.Contains(batch.Point))
        {
            return;
        }

        ReadOnlySpan<SequenceRows> sequences = batch.Sequences;
        var copies = new float[sequences.Length][];
        var isNew = new bool[sequences.Length];
        for (int s = 0; s < sequences.Length; s++)
        {
            copies[s] = ResultPool.Shared.Take(sequences[s].Count * batch.Width, out isNew[s]);
            caches[sequences[s].Sequence].Put(batch.Point, copies[s]);
        }

        RowCopy<Arrays>.Run(batch, new Arrays(copies, isNew));
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

    public void OnBatch(in ActivationBatch batch)
    {
    }
}
