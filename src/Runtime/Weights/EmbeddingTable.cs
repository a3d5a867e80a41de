using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime;

/// <summary>
/// The vectors of the vocabulary, [rows, width]. Where the unembedding is the same matrix, its packed weights are read instead of
/// a second copy; numbers that are stored in 2 bytes stay so.
/// </summary>
public sealed unsafe class EmbeddingTable
{
    private readonly float[] _values = [];
    private readonly PackedMatrix? _tied;
    private readonly NativeBuffer? _stored;
    private readonly WeightFormat _format;

    /// <summary>A table of float32 numbers.</summary>
    /// <param name="values">Row-major [rows, width]; not copied.</param>
    /// <param name="width">Length of a vector.</param>
    /// <exception cref="ArgumentException">The values do not fill whole rows.</exception>
    public EmbeddingTable(float[] values, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (values.Length % width != 0)
            throw new ArgumentException($"expected a multiple of {width} values, found {values.Length}", nameof(values));
        _values = values;
        Width = width;
        Rows = values.Length / width;
    }

    internal EmbeddingTable(NativeBuffer stored, WeightFormat format, int rows, int width)
    {
        _stored = stored;
        _format = format;
        (Rows, Width) = (rows, width);
    }

    private EmbeddingTable(PackedMatrix tied)
    {
        _tied = tied;
        (Rows, Width) = (tied.Outputs, tied.Inputs);
    }

    /// <summary>Number of vectors.</summary>
    public int Rows { get; }

    /// <summary>Length of a vector.</summary>
    public int Width { get; }

    /// <summary>Whether the unembedding is the same matrix.</summary>
    public bool IsTied => _tied is not null;

    /// <summary>Bytes held in memory for the table alone: 0 where the unembedding has the numbers.</summary>
    public long Bytes => (sizeof(float) * _values.LongLength) + (_stored?.Bytes ?? 0);

    /// <summary>The table that is also the unembedding: row t is what feeds output t.</summary>
    /// <param name="unembedding">The unembedding, without a copy.</param>
    /// <returns>The table.</returns>
    public static EmbeddingTable Tied(Linear unembedding)
    {
        ArgumentNullException.ThrowIfNull(unembedding);
        return new EmbeddingTable(unembedding.Weight);
    }

    /// <summary>Copies one vector.</summary>
    /// <param name="row">Its index.</param>
    /// <param name="destination">[width].</param>
    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        Check.Length(destination.Length, Width, nameof(destination));
        if (_tied is not null)
        {
            _tied.CopyColumn(row, destination);
        }
        else if (_stored is not null)
        {
            PackedMatrix.Widen(_stored.Pointer + ((nint)row * Width * (_stored.Bytes / ((long)Rows * Width))), _format, destination);
            GC.KeepAlive(this);
        }
        else
        {
            _values.AsSpan(row * Width, Width).CopyTo(destination);
        }
    }

    /// <summary>Copies all vectors, row-major [rows, width].</summary>
    /// <returns>A new array.</returns>
    public float[] ToArray()
    {
        var all = new float[(long)Rows * Width];
        for (int row = 0; row < Rows; row++)
            CopyRow(row, all.AsSpan(row * Width, Width));
        return all;
    }
}
