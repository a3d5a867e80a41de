using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Keys of a cache, to which each pass appends.</summary>
internal sealed unsafe class CachedKeys(ModelConfig config, KeyValueCache cache, int threads) : PassKeys(config, threads)
{
    private RowSegment[] _segments = [];

    public override bool AreApart => true;

    public override int End(int keys) => _segments[keys].End;

    /// <summary>Sets the segments whose keys the next layers bring.</summary>
    public void Reset(RowSegment[] segments) => _segments = segments;

    public override void Take(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        base.Take(layer, segments, k, v);
        foreach (RowSegment segment in segments)
        {
            cache.Reserve(layer, segment.Sequence, segment.Count);
        }
    }

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        past = default;
        own = cache.Run(Layer, _segments[keys].Sequence, head, _segments[keys].End);
    }

    protected override void Put(RowSegment segment, int head, float* k, float* v)
    {
        KeyRun run = cache.Run(Layer, segment.Sequence, head, segment.End);
        KeyPanels.Append(run.Keys, run.PanelStride, segment.First, k, Width, segment.Count, DHead);
        for (int r = 0; r < segment.Count; r++)
        {
            var values = new Span<float>(run.Values + ((nint)(segment.First + r) * run.ValueStride), DHead);
            new ReadOnlySpan<float>(v + ((nint)r * Width), DHead).CopyTo(values);
        }
    }
}
