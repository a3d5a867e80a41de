using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Keys of the rows of this pass, in its own memory, one run for each segment.</summary>
internal abstract unsafe class OwnKeys(ModelConfig config, int threads) : PassKeys(config, threads)
{
    private readonly int _width = config.NKeyValueHeads * config.DHead;
    private readonly int _dHead = config.DHead;
    private readonly int _heads = config.NKeyValueHeads;
    private FloatBlock _panels;
    private FloatBlock _values;
    private RowSegment[] _segments = [];
    private long[] _starts = [];

    /// <summary>Floats that hold the keys of segments of these lengths.</summary>
    public static long Floats(ModelConfig config, IEnumerable<int> lengths) =>
        lengths.Sum(length => KeyPanels.Floats(length, config.NKeyValueHeads, config.DHead));

    /// <summary>Sets the segments whose keys the next layers bring, and the memory for them.</summary>
    public void Reset(RowSegment[] segments, FloatBlock panels)
    {
        _segments = segments;
        _panels = panels;
        _starts = new long[segments.Length];
        for (int s = 1; s < segments.Length; s++)
        {
            _starts[s] = _starts[s - 1] + KeyPanels.Floats(segments[s - 1].Count, _heads, _dHead);
        }
    }

    public override int End(int keys) => _segments[keys].End;

    public override void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _values = v;
        Pack(layer, segments, k);
    }

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        RowSegment segment = _segments[keys];
        past = Past(segment, head);
        own = Run(_panels.Pointer + _starts[keys], _values.Pointer + ((nint)segment.Row * _width), segment.First, segment.Count, head);
    }

    protected override (nint Panels, int Held) Target(int layer, RowSegment segment) =>
        ((nint)(_panels.Pointer + _starts[segment.Keys]), 0);

    /// <summary>Keys before the segment's first; none, if it starts at 0.</summary>
    protected abstract KeyRun Past(RowSegment segment, int head);
}

/// <summary>Keys of sequences that are run whole.</summary>
internal sealed class FreshKeys(ModelConfig config, int threads) : OwnKeys(config, threads)
{
    protected override KeyRun Past(RowSegment segment, int head) => default;
}
