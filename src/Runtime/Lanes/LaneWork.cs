using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Multiply-adds of a lane, by formula: those that <see cref="LaneWalk"/> counts, unless lanes record or run code of the caller's.
/// </summary>
internal static class LaneWork
{
    /// <summary>Multiply-adds of a lane.</summary>
    /// <param name="config">The model.</param>
    /// <param name="entries">Where lanes enter its blocks.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="tokens">Vocabulary entries that are read.</param>
    /// <param name="headInputs">Layers in which somebody listens to what each head reads: there all rows are computed.</param>
    public static long Of(ModelConfig config, LaneEntries entries, Lane lane, long tokens, IReadOnlySet<int> headInputs)
    {
        int last = config.NLayers - 1;
        long total = 0;
        if (lane.Entry == LaneEntry.Inside)
        {
            total += Start(config, lane, headInputs.Contains(last));
        }

        long rows = lane.Rows;
        for (int layer = lane.JoinLayer; layer <= last; layer++)
        {
            bool pruned = layer == last && !lane.Whole && !headInputs.Contains(last);
            long kept = pruned ? Needed(lane, lane.First, lane.Length) : rows;
            total += Inputs(config, entries, lane, layer, pruned ? kept : rows, headInputs.Contains(layer));
            total += Attention(config, lane, lane.First, lane.Length, pruned) + (kept * (PassWork.Output(config) + PassWork.FeedForward(config)));
        }

        long read = lane.Entry == LaneEntry.Top || lane.JoinLayer <= last
            ? Needed(lane, lane.First, lane.Length)
            : Needed(lane, lane.ChangedFrom, lane.ChangedTo);
        return total + (read * (PassWork.Head(config) + PassWork.Unembed(config, tokens)));
    }

    /// <summary>The start layer of a lane that begins inside it: the steps from its entry on.</summary>
    private static long Start(ModelConfig config, Lane lane, bool every)
    {
        BlockPlan plan = BlockPlan.Of(config);
        bool attends = lane.EntryStep <= plan.IndexOf(BlockOperation.Attend);
        bool pruned = lane.StartLayer == config.NLayers - 1 && !lane.Whole && !(every && attends);
        long rows = pruned ? Needed(lane, lane.ChangedFrom, lane.ChangedTo) : lane.ChangedTo - lane.ChangedFrom;
        return plan.Steps.Skip(lane.EntryStep).Sum(step => step.Operation == BlockOperation.Attend
            ? Attention(config, lane, lane.ChangedFrom, lane.ChangedTo, pruned)
            : rows * PassWork.Row(config, step));
    }

    /// <summary>Queries, keys and values: at the join of changed rows only, later of all; in the last layer queries of the rows that are read.</summary>
    private static long Inputs(ModelConfig config, LaneEntries entries, Lane lane, int layer, long queries, bool listened)
    {
        bool joins = layer == lane.JoinLayer;
        bool every = joins && (listened || lane.Entry == LaneEntry.EveryInput || config.Positions == PositionKind.Shortformer
            || lane.Changes.Any(c => c.Point.Layer == layer && entries.Before(c.Point.Kind).Entry == LaneEntry.EveryInput));
        if (!joins || every)
        {
            return (queries * PassWork.Query(config)) + (lane.Rows * PassWork.KeysAndValues(config));
        }

        var changed = new HashSet<int>(Enumerable.Range(lane.ChangedFrom, lane.ChangedTo - lane.ChangedFrom));
        foreach (LaneChange change in lane.Changes.Where(c => c.Point == Hook.ResidPre(layer)))
        {
            changed.UnionWith(Enumerable.Range(change.From, change.To - change.From));
        }

        changed.ExceptWith(lane.Copied.Select(copied => copied.Position));

        return changed.Count * (PassWork.Query(config) + PassWork.KeysAndValues(config));
    }

    private static long Attention(ModelConfig config, Lane lane, int from, int to, bool pruned) => pruned
        ? lane.Read.Where(p => p >= from && p < to).Sum(p => PassWork.Attention(config, p, 1, to))
        : PassWork.Attention(config, from, to - from, to);

    private static long Needed(Lane lane, int from, int to) => lane.Read.Count(p => p >= from && p < to);
}
