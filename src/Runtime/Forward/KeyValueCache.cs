using System.Runtime.CompilerServices;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime;

/// <summary>
/// Keys (after rotary) and values of the positions that were already run, so that a continuation computes new positions
/// only. Growing memory per layer and sequence, keys in the panels in which attention reads them. Keys keep the rotation they
/// were computed with, also where rotary frequencies depend on the length (<see cref="RotaryConfig.DependsOnLength"/>).
/// </summary>
public sealed unsafe class KeyValueCache
{
    private readonly int _heads;
    private readonly int _dHead;
    private readonly Rows[][] _rows;
    private readonly int[] _lengths;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="config">The model.</param>
    /// <param name="sequences">Number of sequences in the batch.</param>
    public KeyValueCache(ModelConfig config, int sequences)
    {
        ArgumentNullException.ThrowIfNull(config);
        _heads = config.NKeyValueHeads;
        _dHead = config.DHead;
        _rows = [.. Enumerable.Range(0, config.NLayers)
            .Select(_ => Enumerable.Range(0, sequences).Select(_ => new Rows()).ToArray())];
        _lengths = new int[sequences];
    }

    /// <summary>Positions held of each sequence.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    private int Width => _heads * _dHead;

    /// <summary>Bytes of a cache that holds so many positions of each sequence.</summary>
    internal static long Bytes(ModelConfig config, IEnumerable<int> lengths) => config.NLayers * lengths.Sum(length =>
        sizeof(float) * Rows.Floats(Rows.Whole(length), config.NKeyValueHeads, config.DHead).Sum());

    /// <summary>Says how long the sequences will be at most, so that room is made once.</summary>
    internal void Expect(IReadOnlyList<int> lengths)
    {
        foreach (Rows[] layer in _rows)
        {
            for (int s = 0; s < layer.Length; s++)
            {
                layer[s].Grow(lengths[s], _lengths[s], _heads, _dHead);
            }
        }
    }

    /// <summary>Makes room for new positions of one layer and sequence.</summary>
    internal void Reserve(int layer, int sequence, int positions)
    {
        Rows rows = _rows[layer][sequence];
        int needed = _lengths[sequence] + positions;
        if (needed > rows.Capacity)
        {
            int most = (Array.MaxLength - PackedMatrix.PanelWidth) / Width;
            rows.Grow((int)Math.Max(needed, Math.Min(2L * rows.Capacity, most)), _lengths[sequence], _heads, _dHead);
        }
    }

    /// <summary>A head's keys and values of one layer and sequence, from the first on, with room for more; valid until more is made.</summary>
    internal KeyRun Run(int layer, int sequence, int head, int count)
    {
        Rows rows = _rows[layer][sequence];
        nint before = (nint)head * rows.Capacity * _dHead;
        return new KeyRun
        {
            Keys = Address(rows.Keys) + before,
            PanelStride = (nint)_dHead * KeyPanels.Width,
            Values = Address(rows.Values) + before,
            ValueStride = _dHead,
            First = 0,
            Count = count,
        };
    }

    /// <summary>Counts the new positions of a sequence, once all layers have appended theirs.</summary>
    internal void Advance(int sequence, int positions) => _lengths[sequence] += positions;

    private static float* Address(float[] pinned) => (float*)Unsafe.AsPointer(ref pinned[0]);

    /// <summary>Keys and values of a sequence, head by head: what one head reads is one piece of memory, which processors read ahead.</summary>
    private sealed class Rows
    {
        /// <summary>Positions that there is room for; whole panels.</summary>
        public int Capacity { get; private set; }

        // Pinned, so that their addresses stay true while kernels read them.
        public float[] Keys { get; private set; } = [];

        public float[] Values { get; private set; } = [];

        public void Grow(int positions, int held, int heads, int dHead)
        {
            int before = Capacity;
            Capacity = Whole(positions);
            long[] floats = Floats(Capacity, heads, dHead);
            Keys = Copy(Keys, before * dHead, Whole(held) * dHead, heads, floats[0], Capacity * dHead);
            Values = Copy(Values, before * dHead, held * dHead, heads, floats[1], Capacity * dHead);
        }

        /// <summary>Positions rounded up to whole panels.</summary>
        public static int Whole(int positions) => (positions + KeyPanels.Width - 1) / KeyPanels.Width * KeyPanels.Width;

        /// <summary>Floats of keys and of values; kernels read values up to whole panels.</summary>
        public static long[] Floats(int capacity, int heads, int dHead) =>
            [KeyPanels.Floats(capacity, heads, dHead), ((long)capacity * heads * dHead) + PackedMatrix.PanelWidth];

        private static float[] Copy(float[] old, int oldStride, int used, int heads, long length, int stride)
        {
            float[] grown = SystemMemory.PinnedArray(checked((int)length));
            fixed (float* memory = grown)
                SystemMemory.Take(memory, sizeof(float) * length);
            for (int head = 0; head < heads; head++)
                old.AsSpan(head * oldStride, used).CopyTo(grown.AsSpan(head * stride));
            return grown;
        }
    }
}
