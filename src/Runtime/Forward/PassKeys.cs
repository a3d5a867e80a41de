using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>The keys and values that the rows of a pass read, layer by layer.</summary>
internal abstract unsafe class PassKeys(ModelConfig config, int threads)
{
    private KeyChunk[] _chunks = [];

    protected int Heads { get; } = config.NKeyValueHeads;

    protected int DHead { get; } = config.DHead;

    protected int Width { get; } = config.NKeyValueHeads * config.DHead;

    /// <summary>Positions of a sequence that the pass has keys of, earlier ones included.</summary>
    public abstract int End(int keys);

    /// <summary>Takes the new keys (after rotary) and values of a layer, rows [rows, key-value heads x d_head].</summary>
    public abstract void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v);

    /// <summary>What a head of a sequence reads in the layer of the last <see cref="Put"/>.</summary>
    public abstract void Runs(int keys, int head, out KeyRun past, out KeyRun own);

    /// <summary>Where the keys of a segment go, and how many are there already.</summary>
    protected abstract (nint Panels, int Held) Target(int layer, RowSegment segment);

    protected void Pack(int layer, RowSegment[] segments, FloatBlock k)
    {
        int count = 0;
        foreach (RowSegment segment in segments)
        {
            (nint panels, int held) = Target(layer, segment);
            for (int first = 0; first < segment.Count;)
            {
                int keys = Math.Min(KeyPanels.Width - ((held + first) % KeyPanels.Width), segment.Count - first);
                if (count == _chunks.Length)
                {
                    Array.Resize(ref _chunks, Math.Max(16, 2 * count));
                }

                _chunks[count++] = new KeyChunk(panels, held + first, (nint)(k.Pointer + ((nint)(segment.Row + first) * Width)), keys);
                first += keys;
            }
        }

        WorkerPool.Run(new PackJob { Chunks = _chunks, Heads = Heads, DHead = DHead }, count, threads);
    }

    protected KeyRun Run(float* panels, float* values, int first, int count, int head) => new()
    {
        Keys = panels + ((nint)head * DHead * KeyPanels.Width),
        PanelStride = (nint)Width * KeyPanels.Width,
        Values = values + (head * DHead),
        ValueStride = Width,
        First = first,
        Count = count,
    };

    private readonly record struct KeyChunk(nint Panels, int Held, nint Rows, int Count);

    private struct PackJob : IParallelJob
    {
        public KeyChunk[] Chunks;
        public int Heads;
        public int DHead;

        public readonly void Run(int item)
        {
            KeyChunk chunk = Chunks[item];
            KeyPanels.Append((float*)chunk.Panels, chunk.Held, (float*)chunk.Rows, chunk.Count, Heads, DHead);
        }
    }
}

/// <summary>Keys of the rows of this pass only, in its own memory, one segment each.</summary>
internal unsafe class FreshKeys(ModelConfig config, int threads) : PassKeys(config, threads)
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
    protected virtual KeyRun Past(RowSegment segment, int head) => default;
}

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
            cache.Keys(_layer, segment.Sequence), cache.Values(_layer, segment.Sequence), 0, segment.End, head);
    }

    protected override (nint Panels, int Held) Target(int layer, RowSegment segment) =>
        ((nint)cache.Keys(layer, segment.Sequence), segment.First);
}
