namespace Interp.Runtime;

/// <summary>
/// Keys (after rotary) and values of the positions that were already run, so that a continuation computes new positions
/// only. One growing buffer [pos, key-value heads x d_head] per layer and sequence. Keys keep the rotation they were computed
/// with, also where rotary frequencies depend on the length (<see cref="RotaryConfig.DependsOnLength"/>).
/// </summary>
public sealed class KeyValueCache
{
    private readonly float[][][] _keys;
    private readonly float[][][] _values;
    private readonly int[] _lengths;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="config">The model.</param>
    /// <param name="sequences">Number of sequences in the batch.</param>
    public KeyValueCache(ModelConfig config, int sequences)
    {
        ArgumentNullException.ThrowIfNull(config);
        Width = config.NKeyValueHeads * config.DHead;
        _keys = Empty(config.NLayers, sequences);
        _values = Empty(config.NLayers, sequences);
        _lengths = new int[sequences];
    }

    /// <summary>Positions held of each sequence.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary>Floats per position.</summary>
    internal int Width { get; }

    /// <summary>Appends the rows of one layer and sequence and returns all rows so far.</summary>
    internal (float[] Keys, float[] Values) Append(
        int layer, int sequence, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        int held = _lengths[sequence] * Width;
        return (Extend(ref _keys[layer][sequence], held, keys), Extend(ref _values[layer][sequence], held, values));
    }

    /// <summary>Counts the new positions of a sequence, once all layers have appended theirs.</summary>
    internal void Advance(int sequence, int positions) => _lengths[sequence] += positions;

    private static float[] Extend(ref float[] buffer, int held, ReadOnlySpan<float> rows)
    {
        if (buffer.Length < held + rows.Length)
        {
            Array.Resize(ref buffer, (int)Math.Min(Math.Max(held + rows.Length, 2L * buffer.Length), Array.MaxLength));
        }

        rows.CopyTo(buffer.AsSpan(held));
        return buffer;
    }

    private static float[][][] Empty(int layers, int sequences) =>
        [.. Enumerable.Range(0, layers).Select(_ => Enumerable.Range(0, sequences).Select(_ => Array.Empty<float>()).ToArray())];
}
