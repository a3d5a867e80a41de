using System.Runtime.CompilerServices;
using Interp.Runtime.Kernels;

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

    /// <summary>Writes the values of new positions behind those that are held.</summary>
    internal void AppendValues(int layer, int sequence, ReadOnlySpan<float> values) =>
        values.CopyTo(_rows[layer][sequence].Values.AsSpan(_lengths[sequence] * Width));

    /// <summary>The panels of a layer's keys; valid until more room is made.</summary>
    internal float* Keys(int layer, int sequence) => Address(_rows[layer][sequence].Keys);

    /// <summary>The rows of a layer's values; valid until more room is made.</summary>
    internal float* Values(int layer, int sequence) => Address(_rows[layer][sequence].Values);

    /// <summary>Counts the new positions of a sequence, once all layers have appended theirs.</summary>
    internal void Advance(int sequence, int positions) => _lengths[sequence] += positions;

    private static float* Address(float[] pinned) => (float*)Unsafe.AsPointer(ref pinned[0]);

    private sealed class Rows
    {
        public int Capacity { get; private set; }

        // Pinned, so that their addresses stay true while kernels read them.
        public float[] Keys { get; private set; } = [];

        public float[] Values { get; private set; } = [];

        public void Grow(int positions, int held, int heads, int dHead)
        {
            Capacity = (positions + KeyPanels.Width - 1) / KeyPanels.Width * KeyPanels.Width;
            Keys = Copy(Keys, KeyPanels.Floats(held, heads, dHead), KeyPanels.Floats(Capacity, heads, dHead));

            // Kernels read values up to whole panels.
            Values = Copy(Values, (long)held * heads * dHead, ((long)Capacity * heads * dHead) + PackedMatrix.PanelWidth);
        }

        private static float[] Copy(float[] old, long used, long length)
        {
            float[] grown = GC.AllocateUninitializedArray<float>(checked((int)length), pinned: true);
            old.AsSpan(0, (int)used).CopyTo(grown);
            return grown;
        }
    }
}
