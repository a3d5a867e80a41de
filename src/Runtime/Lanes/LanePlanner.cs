using System.Runtime.InteropServices;
using Interp.Hooks;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Finds where variants begin to differ from their base runs: each intervention is tried on what the base run recorded, and
/// what gives the same bits is no change.
/// </summary>
internal sealed class LanePlanner
{
    private readonly TransformerModel _model;
    private readonly ModelConfig _config;
    private readonly TokenBatch _batch;
    private readonly VariantOptions _options;
    private readonly Dictionary<HookPoint, int> _order;

    public LanePlanner(TransformerModel model, TokenBatch batch, VariantOptions options)
    {
        _model = model;
        _config = model.Config;
        _batch = batch;
        _options = options;
        Sources = new SourceRows(model, options);
        Entries = LaneEntries.Of(_config);
        _order = model.Hooks.AllPoints.Select((point, order) => (point, order)).ToDictionary(p => p.point, p => p.order);
    }

    /// <summary>Where lanes can enter a block.</summary>
    public LaneEntries Entries { get; }

    /// <summary>What is known of source runs.</summary>
    public SourceRows Sources { get; }

    /// <summary>The points that base runs have to record for variants that change or record some points.</summary>
    public static HashSet<HookPoint> Recorded(ModelConfig config, IEnumerable<HookPoint> touched)
    {
        HashSet<HookPoint> points = [];
        for (int l = 0; l < config.NLayers; l++)
        {
            points.UnionWith([Hook.ResidPre(l), Hook.Q(l), Hook.K(l), Hook.V(l)]);
        }

        var entries = LaneEntries.Of(config);
        foreach (HookPoint point in touched)
        {
            points.Add(point);
            (LaneEntry entry, int step) = entries.Before(point.Kind);
            if (entry == LaneEntry.Inside)
            {
                points.UnionWith(entries.GivenAt(step).Select(given => new HookPoint(given.Point, point.Layer)));
            }
            else if (entry == LaneEntry.Top)
            {
                points.Add(TopPoint(config));
            }
        }

        return points;
    }

    /// <summary>The recorded point that shows the stream after the last block.</summary>
    public static HookPoint TopPoint(ModelConfig config) => new(BlockPlan.Of(config).Output, config.NLayers - 1);

    /// <summary>The lane of a variant; null when nothing that is read of it can differ from the base run. May be called from several threads.</summary>
    public Lane? Plan(int index, Variant variant, InterventionPlan plan, BaseRun baseRun)
    {
        int length = _batch.Tokens(variant.Sequence).Length;
        HookPoint[] points =
            [.. variant.Interventions.Select(i => _model.Hooks.Require(i.Point)).Distinct().OrderBy(p => _order[p])];
        List<LaneChange> changes = [];
        foreach (HookPoint point in points)
        {
            (int from, int to) = plan.IsOpaque ? (0, length) : Changed(plan, point, variant.Sequence, length, baseRun);
            if (from < to)
            {
                changes.Add(new LaneChange(point, from, to));
            }
        }

        if (changes.Count == 0)
        {
            return null;
        }

        var lane = new Lane
        {
            Index = index,
            Variant = variant,
            Plan = plan,
            Length = length,
            Read = _options.Logits.Resolve(length, variant.Sequence),
            Changes = changes,
            Whole = plan.IsOpaque || variant.Observe.Count > 0,
        };
        Place(lane);
        lane.Copied = Sources.Of(lane, baseRun);
        return lane.Whole || Reaches(lane) ? lane : null;
    }

    /// <summary>Sets where the lane starts.</summary>
    private void Place(Lane lane)
    {
        HookPoint start = lane.Changes[0].Point;
        (lane.Entry, lane.EntryStep) = Entries.Before(start.Kind);
        lane.StartLayer = lane.Entry switch
        {
            LaneEntry.Embed => 0,
            LaneEntry.Top => _config.NLayers,
            _ => start.Layer,
        };
        lane.First = _config.Causal ? lane.Changes.Min(c => c.From) : 0;
        lane.ChangedFrom = lane.Length;
        foreach ((HookPoint point, int from, int to) in lane.Changes.Where(c => SameStart(lane, c.Point)))
        {
            bool spreads = LaneEntries.MovesWithinLayer(point.Kind);
            lane.ChangedFrom = Math.Min(lane.ChangedFrom, spreads && !_config.Causal ? 0 : from);
            lane.ChangedTo = Math.Max(lane.ChangedTo, spreads ? lane.Length : to);
        }

        if (lane.Entry == LaneEntry.EveryInput)
        {
            lane.ChangedTo = lane.Length;
        }

        // Queries of a bidirectional model read the keys of all positions, which then have to be in the pass.
        bool readsKeys = lane.Entry == LaneEntry.EveryInput || (lane.Entry == LaneEntry.Inside && Entries.ReadsKeys(lane.EntryStep));
        if (!_config.Causal && readsKeys)
        {
            (lane.ChangedFrom, lane.ChangedTo) = (0, lane.Length);
        }
    }

    private bool SameStart(Lane lane, HookPoint point) => lane.Entry switch
    {
        LaneEntry.Embed => Entries.Before(point.Kind).Entry == LaneEntry.Embed,
        LaneEntry.Top => true,
        LaneEntry.Input => point == Hook.ResidPre(lane.StartLayer),
        _ => point.Layer == lane.StartLayer
            || (lane.StartLayer == _config.NLayers - 1 && Entries.Before(point.Kind).Entry == LaneEntry.Top),
    };

    /// <summary>Whether a change in the last layer, or above it, can be seen in what is read.</summary>
    private bool Reaches(Lane lane)
    {
        if (lane.Read.Length == 0)
        {
            return false;
        }

        bool local = lane.StartLayer == _config.NLayers
            || (lane.StartLayer == _config.NLayers - 1 && lane.Entry == LaneEntry.Inside);
        return local
            ? lane.Read.Any(p => p >= lane.ChangedFrom && p < lane.ChangedTo)
            : lane.Read[^1] >= lane.First;
    }

    /// <summary>The rows of a point that the plan changes, tried on the base run.</summary>
    private static (int From, int To) Changed(InterventionPlan plan, HookPoint point, int sequence, int length, BaseRun baseRun)
    {
        (int first, int end) = plan.Touched(point, 0, length);
        if (first >= end)
        {
            return (0, 0);
        }

        int heads = baseRun.Heads(point);
        bool attention = point.Kind is HookKind.AttnScores or HookKind.Pattern;
        ReadOnlySpan<float> before = baseRun.Before(point, sequence), after = baseRun.After(point, sequence);
        int width = before.Length / length;

        // Rows of attention stand head by head: there the whole is tried, elsewhere only the rows that are touched.
        (int from, int to) = attention ? (0, length) : (first, end);
        float[] tried = before.Slice(from * width, (to - from) * width).ToArray();
        plan.Apply(new Activation(point, 0, from, to - from, heads, tried));
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(tried.AsSpan());
        ReadOnlySpan<int> same = MemoryMarshal.Cast<float, int>(after.Slice(from * width, (to - from) * width));
        int firstChanged = length, lastChanged = -1;
        int rowWidth = attention ? before.Length / (heads * length) : width;
        for (int row = 0; row < bits.Length / Math.Max(1, rowWidth); row++)
        {
            if (!bits.Slice(row * rowWidth, rowWidth).SequenceEqual(same.Slice(row * rowWidth, rowWidth)))
            {
                int position = attention ? row % length : from + row;
                firstChanged = Math.Min(firstChanged, position);
                lastChanged = Math.Max(lastChanged, position);
            }
        }

        return lastChanged < 0 ? (0, 0) : (firstChanged, lastChanged + 1);
    }
}
