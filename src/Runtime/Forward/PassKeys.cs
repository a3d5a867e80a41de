using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>The keys and values that the rows of a pass read, layer by layer.</summary>
internal abstract unsafe class PassKeys(ModelConfig config, int threads)
{
    private KeyChunk[] _chunks = [];
    private int[] _panelStarts = [];

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

    /// <summary>The place of each segment's keys where segments share panels.</summary>
    protected static int[] Places(RowSegment[] segments)
    {
        int used = 0;
        return [.. segments.Select(s => KeyPanels.Place(ref used, s.Count))];
    }

    protected void Pack(int layer, RowSegment[] segments, FloatBlock k)
    {
        int count = 0, panels = 0;
        foreach (RowSegment segment in segments)
        {
            (nint target, int held) = Target(layer, segment);
            for (int first = 0; first < segment.Count;)
            {
                int keys = Math.Min(KeyPanels.Width - ((held + first) % KeyPanels.Width), segment.Count - first);
                var chunk = new KeyChunk(target, held + first, (nint)(k.Pointer + ((nint)(segment.Row + first) * Width)), keys);
                if (count == 0 || !chunk.SharesPanel(_chunks[count - 1]))
                {
                    At(ref _panelStarts, panels++) = count;
                }

                At(ref _chunks, count++) = chunk;
                first += keys;
            }
        }

        // One thread fills a panel: two would take its cache lines from each other.
        At(ref _panelStarts, panels) = count;
        WorkerPool.Run(new PackJob { Chunks = _chunks, Starts = _panelStarts, Heads = Heads, DHead = DHead }, panels, threads);

        static ref T At<T>(ref T[] list, int index)
        {
            if (index >= list.Length)
            {
                Array.Resize(ref list, Math.Max(16, 2 * index));
            }

            return ref list[index];
        }
    }

    /// <summary>A run of keys whose first stands at a place of the panels.</summary>
    protected KeyRun Run(float* panels, int place, float* values, int first, int count, int head)
    {
        nint panel = place / KeyPanels.Width, column = place % KeyPanels.Width;
        return new KeyRun
        {
            Keys = panels + (panel * Width * KeyPanels.Width) + ((nint)head * DHead * KeyPanels.Width) + column,
            PanelStride = (nint)Width * KeyPanels.Width,
            Values = values + (head * DHead),
            ValueStride = Width,
            First = first,
            Count = count,
        };
    }

    private readonly record struct KeyChunk(nint Panels, int Held, nint Rows, int Count)
    {
        public bool SharesPanel(KeyChunk other) => Panels == other.Panels && Held / KeyPanels.Width == other.Held / KeyPanels.Width;
    }

    private struct PackJob : IParallelJob
    {
        public KeyChunk[] Chunks;
        public int[] Starts;
        public int Heads;
        public int DHead;

        public readonly void Run(int item)
        {
            for (int i = Starts[item]; i < Starts[item + 1]; i++)
            {
                KeyChunk chunk = Chunks[i];
                KeyPanels.Append((float*)chunk.Panels, chunk.Held, (float*)chunk.Rows, chunk.Count, Heads, DHead);
            }
        }
    }
}
