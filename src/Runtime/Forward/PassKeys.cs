using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>The keys and values that the rows of a pass read, layer by layer.</summary>
internal abstract unsafe class PassKeys(ModelConfig config, int threads)
{
    private RowSegment[] _rows = [];
    private FloatBlock _k;

    /// <summary>Whether every sequence has panels of its own, so that threads may put its keys beside each other.</summary>
    public virtual bool AreApart => false;

    protected int Heads { get; } = config.NKeyValueHeads;

    protected int DHead { get; } = config.DHead;

    protected int Width { get; } = config.NKeyValueHeads * config.DHead;

    /// <summary>The values that were taken last.</summary>
    protected FloatBlock Values { get; private set; }

    /// <summary>The layer whose keys were taken last.</summary>
    protected int Layer { get; private set; }

    /// <summary>Positions of a sequence that the pass has keys of, earlier ones included.</summary>
    public abstract int End(int keys);

    /// <summary>Takes the new keys (after rotary) and values of a layer, rows [rows, key-value heads x d_head]; they are read once they are put.</summary>
    public virtual void Take(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _rows = segments;
        _k = k;
        Values = v;
        Layer = layer;
    }

    /// <summary>Puts the new keys and values of all heads.</summary>
    public void Put()
    {
        long floats = 0;
        foreach (RowSegment segment in _rows)
        {
            floats += (long)segment.Count * Width;
        }

        WorkerPool.Run(new PutJob { Keys = this }, Heads, floats < RowJobs.FloatsWorthThreads ? 1 : threads);
    }

    /// <summary>Puts the new keys and values of one head of one segment.</summary>
    public void Put(int segment, int head)
    {
        RowSegment rows = _rows[segment];
        nint at = ((nint)rows.Row * Width) + (head * DHead);
        Put(rows, head, _k.Pointer + at, Values.Pointer + at);
    }

    /// <summary>What a head of a sequence reads in the layer whose keys were taken last.</summary>
    public abstract void Runs(int keys, int head, out KeyRun past, out KeyRun own);

    /// <summary>Puts the new keys and values of one head of one segment, which stand <see cref="Width"/> floats apart.</summary>
    protected abstract void Put(RowSegment segment, int head, float* k, float* v);

    /// <summary>The place of each segment's keys where segments share panels.</summary>
    protected static int[] Places(RowSegment[] segments)
    {
        int used = 0;
        return [.. segments.Select(s => KeyPanels.Place(ref used, s.Count))];
    }

    /// <summary>Puts keys at a place of panels that all heads share.</summary>
    protected void Append(float* panels, int place, int head, float* k, int count)
    {
        KeyRun all = Run(panels, 0, null, 0, count, head);
        KeyPanels.Append(all.Keys, all.PanelStride, place, k, Width, count, DHead);
    }

    /// <summary>A run of keys whose first stands at a place of panels that all heads share.</summary>
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

    // Segments may share panels, in which a head's lines are one thread's: two would take them from each other.
    private struct PutJob : IParallelJob
    {
        public PassKeys Keys;

        public readonly void Run(int item)
        {
            for (int s = 0; s < Keys._rows.Length; s++)
            {
                Keys.Put(s, item);
            }
        }
    }
}
