using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Keys of a cache, to which each pass appends.</summary>
internal sealed unsafe class CachedKeys(ModelConfig config, KeyValueCache cache, int threads) : PassKeys(config, threads)
{
    private int _layer;
    private RowSegment[] _segments = [];

    public override int End(int keys) => _segments[keys].End;

    /// <summary>Sets the segments whose keys the next layers bring.</summary>
    public void Reset(RowSegment[] segments) => _segments = segments;

    public override void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _layer = layer;
        foreach (RowSegment segment in segments)
        {
            cache.Reserve(layer, segment.Sequence, segment.Count);
            cache.AppendValues(layer, segment.Sequence, v.Span.Slice(segment.Row * Width, segment.Count * Width));
        }

        Pack(layer, segments, k);
    }

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        past = default;
        RowSegment segment = _segments[keys];
        own = Run(
            cache.Keys(_layer, segment.Sequence), 0, cache.Values(_layer, segment.Sequence), 0, segment.End, head);
    }

    protected override (nint Panels, int Held) Target(int layer, RowSegment segment) =>
        ((nint)cache.Keys(layer, segment.Sequence), segment.First);
}
