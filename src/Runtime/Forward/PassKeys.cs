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
