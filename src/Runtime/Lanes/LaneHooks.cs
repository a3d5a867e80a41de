using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>Applies to each lane its own interventions and records what its variant asked for.</summary>
internal readonly struct LaneHooks(LaneListeners listeners) : IForwardHooks
{
    public bool Wants(HookPoint point) => listeners.Targeted.Contains(point) || listeners.Observed.Contains(point);

    public bool MayChange(HookPoint point) => listeners.Targeted.Contains(point);

    public void OnActivation(in Activation activation)
    {
        Lane lane = listeners.Lanes[activation.Sequence];
        HookPoint point = activation.Point;
        if (lane.Plan.Targets(point))
        {
            lane.Plan.Apply(new Activation(
                point, 0, activation.FirstPosition, activation.Positions, activation.Heads, activation.Data));
        }

        if (lane.Variant.Observe.Count > 0 && lane.Variant.Observe.Contains(point))
        {
            listeners.Record(lane, activation);
        }
    }

    public void OnBatch(in ActivationBatch batch)
    {
    }
}

/// <summary>What the lanes of a walk listen to.</summary>
internal sealed class LaneListeners
{
    private readonly BaseRun _base;

    public LaneListeners(Lane[] lanes, BaseRun baseRun)
    {
        _base = baseRun;
        Lanes = lanes;
        Targeted = [.. lanes.SelectMany(l => l.Plan.Points)];
        Observed = [.. lanes.SelectMany(l => l.Variant.Observe)];
    }

    public Lane[] Lanes { get; }

    public HashSet<HookPoint> Targeted { get; }

    public HashSet<HookPoint> Observed { get; }

    /// <summary>Puts the rows of a lane over those of its base run.</summary>
    public void Record(Lane lane, in Activation activation)
    {
        HookPoint point = activation.Point;
        if (!lane.Recorded.TryGetValue(point, out float[]? values))
        {
            lane.Recorded[point] = values = [.. _base.After(point, lane.Sequence)];
        }

        var whole = new Activation(point, 0, 0, lane.Length, activation.Heads, values);
        for (int h = 0; h < activation.Heads; h++)
        {
            for (int i = 0; i < activation.Positions; i++)
            {
                int position = activation.FirstPosition + i;
                ReadOnlySpan<float> row = activation.Row(position, h);
                row.CopyTo(whole.Row(position, h));
            }
        }
    }
}
