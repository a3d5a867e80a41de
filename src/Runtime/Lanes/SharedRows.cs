using System.Runtime.InteropServices;
using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Rows in front of base runs that their source runs have as well: prompts that begin alike are alike, in a causal model, in every
/// layer up to the first difference. What the source run recorded of these rows is taken; the base run computes the others.
/// </summary>
internal sealed class SharedRows
{
    private readonly ActivationCache[] _sources;
    private readonly int[] _counts;

    private SharedRows(ActivationCache[] sources, int[] counts)
    {
        _sources = sources;
        _counts = counts;
        int rows = 0;
        Given = [.. counts.Select((count, s) => new RowSegment(s, (rows += count) - count, count, 0, s)).Where(s => s.Count > 0)];
    }

    /// <summary>The shared rows, one behind the other.</summary>
    public RowSegment[] Given { get; }

    /// <summary>Finds the shared rows; none where a source run lacks a point, or changed something.</summary>
    /// <param name="model">The model.</param>
    /// <param name="segments">All rows of the base runs.</param>
    /// <param name="embedded">The stream in front of the first block.</param>
    /// <param name="points">What the base runs record.</param>
    /// <param name="sources">The source run of each sequence; none at all when the base runs are changed themselves.</param>
    /// <param name="read">The positions that are read of each sequence.</param>
    public static SharedRows Find(
        TransformerModel model, RowSegment[] segments, FloatBlock embedded, IReadOnlyCollection<HookPoint> points,
        ActivationCache[] sources, int[][] read)
    {
        int d = model.Config.DModel;
        return new SharedRows(sources, [.. segments.Select((segment, s) => sources.Length > 0 ? Count(segment, sources[s], read[s]) : 0)]);

        int Count(RowSegment segment, ActivationCache source, int[] positions)
        {
            // Rotary frequencies may depend on the length.
            bool usable = model.Config.Causal && source.Positions == segment.Count && source.Finite && source.Changed.Count == 0
                && points.All(source.Contains);
            if (!usable)
            {
                return 0;
            }

            ReadOnlySpan<int> own = MemoryMarshal.Cast<float, int>(embedded.From(segment.Row, d).Rows(segment.Count, d));
            ReadOnlySpan<int> other = MemoryMarshal.Cast<float, int>(source.Values(Hook.ResidPre(0)).AsSpan());
            return Math.Min(own.CommonPrefixLength(other) / d, positions.Length > 0 ? positions[0] : segment.Count - 1);
        }
    }

    /// <summary>Puts what the source runs recorded of the shared rows above the embeddings where base runs record it.</summary>
    public void Record(ModelConfig config, IReadOnlyCollection<HookPoint> points, BaseHooks.Records records, int threads)
    {
        var entries = LaneEntries.Of(config);
        HookPoint[] above = [.. points.Where(p => entries.Before(p.Kind).Entry != LaneEntry.Embed)];
        WorkerPool.Run(new CopyJob { Rows = this, Points = above, Records = records }, above.Length * Given.Length, threads);
    }

    /// <summary>Takes the shared rows out of the matrix.</summary>
    /// <returns>The rows that are left.</returns>
    public RowSegment[] Leave(RowSegment[] segments, FloatBlock stream, int width)
    {
        var left = new RowSegment[segments.Length];
        for (int s = 0, row = 0; s < left.Length; s++)
        {
            int count = segments[s].Count - _counts[s];
            left[s] = segments[s] with { Row = row, Count = count, First = _counts[s] };
            stream.From(segments[s].Row + _counts[s], width).Rows(count, width).CopyTo(stream.From(row, width).Span);
            row += count;
        }

        return left;
    }

    /// <summary>Writes keys of the shared rows, before rotary.</summary>
    public void FillKeys(int layer, FloatBlock keys, int width)
    {
        foreach (RowSegment given in Given)
        {
            _sources[given.Sequence].Values(Hook.K(layer)).AsSpan(0, given.Count * width).CopyTo(keys.From(given.Row, width).Span);
        }
    }

    private struct CopyJob : IParallelJob
    {
        public SharedRows Rows;
        public HookPoint[] Points;
        public BaseHooks.Records Records;

        public readonly void Run(int item)
        {
            HookPoint point = Points[item % Points.Length];
            RowSegment given = Rows.Given[item / Points.Length];
            ActivationCache source = Rows._sources[given.Sequence];
            Records.PutAfter(point, source.Values(point), source.Positions, given.Offered);
        }
    }
}
