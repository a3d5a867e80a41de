using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Keys of the rows of this pass, in its own memory, one run for each segment.</summary>
internal abstract unsafe class OwnKeys(ModelConfig config, int threads) : PassKeys(config, threads)
{
    private FloatBlock _panels;
    private RowSegment[] _segments = [];
    private int[] _places = [];

    /// <summary>Floats that hold the keys of segments of these lengths, in whatever order.</summary>
    public static long Floats(ModelConfig config, ReadOnlySpan<int> lengths)
    {
        KeyPlaces places = default;
        foreach (int length in lengths)
        {
            places.Add(length);
        }

        return KeyPanels.Floats(places.Most, config.NKeyValueHeads, config.DHead);
    }

    /// <summary>Sets the segments whose keys the next layers bring, and the memory for them.</summary>
    public void Reset(RowSegment[] segments, FloatBlock panels)
    {
        _segments = segments;
        _panels = panels;
        _places = Places(segments);
    }

    public override int End(int keys) => _segments[keys].End;

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        RowSegment segment = _segments[keys];
        past = Past(segment, head);
        own = Run(_panels.Pointer, _places[keys], Values.Pointer + ((nint)segment.Row * Width), segment.First, segment.Count, head);
    }

    protected override void Put(RowSegment segment, int head, float* k, float* v) =>
        Append(_panels.Pointer, _places[segment.Keys], head, k, segment.Count);

    /// <summary>Keys before the segment's first; none, if it starts at 0.</summary>
    protected abstract KeyRun Past(RowSegment segment, int head);
}

/// <summary>Keys of sequences that are run whole.</summary>
internal sealed class FreshKeys(ModelConfig config, int threads) : OwnKeys(config, threads)
{
    protected override KeyRun Past(RowSegment segment, int head) => default;
}
