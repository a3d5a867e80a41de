using System.Runtime.InteropServices;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Weights;

/// <summary>
/// A tensor of a source where it lies: in an array, or in a mapped file in the format of the file. What is made of it is a copy.
/// </summary>
internal sealed unsafe class WeightView
{
    private readonly ReadOnlyMemory<float> values;
    private readonly byte* address;
    private readonly object? owner;
    private readonly Action? release;

    private WeightView(
        ReadOnlyMemory<float> values, byte* address, WeightFormat format, long count, object? owner, Action? release)
    {
        this.values = values;
        this.address = address;
        this.owner = owner;
        this.release = release;
        Format = format;
        Count = count;
    }

    /// <summary>What the numbers are.</summary>
    internal WeightFormat Format { get; }

    /// <summary>Number of elements.</summary>
    internal long Count { get; }

    /// <summary>A view of float32 values in memory.</summary>
    internal static WeightView Of(ReadOnlyMemory<float> values) =>
        new(values, null, WeightFormat.Float32, values.Length, null, null);

    /// <summary>A view of memory that lives as long as its owner does.</summary>
    /// <param name="address">The first number.</param>
    /// <param name="format">What the numbers are.</param>
    /// <param name="count">How many.</param>
    /// <param name="owner">Kept alive while the memory is read.</param>
    /// <param name="release">Called when the numbers were used, and may be read again all the same.</param>
    internal static WeightView At(byte* address, WeightFormat format, long count, object owner, Action release) =>
        new(default, address, format, count, owner, release);

    /// <summary>A linear map from a matrix whose rows belong to outputs, as torch stores a Linear.</summary>
    /// <param name="outputs">Length of an output row.</param>
    /// <param name="inputs">Length of an input row.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="place">Where the outputs are in the tensor; one after the other by default.</param>
    internal Linear OutputsFirst(int outputs, int inputs, float[]? bias = null, WeightPlace place = default) =>
        Pack(inputs, outputs, bias, place, place.Stride > 0 ? place.Stride : inputs, 1);

    /// <summary>A linear map from a matrix whose rows belong to inputs, as GPT-2 and TransformerLens store it.</summary>
    /// <param name="inputs">Length of an input row.</param>
    /// <param name="outputs">Length of an output row.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="place">Where the inputs' rows are in the tensor; one after the other by default.</param>
    internal Linear InputsFirst(int inputs, int outputs, float[]? bias = null, WeightPlace place = default) =>
        Pack(inputs, outputs, bias, place, 1, place.Stride > 0 ? place.Stride : outputs);

    /// <summary>A table of rows, in the format of the view.</summary>
    internal EmbeddingTable ToTable(int rows, int width)
    {
        if (Count != (long)rows * width)
            throw new ArgumentException($"expected {rows} x {width} values, found {Count}", nameof(rows));
        if (address == null)
            return new EmbeddingTable(values.ToArray(), width);
        var copy = new NativeBuffer(Count * Size);
        Buffer.MemoryCopy(address, copy.Pointer, copy.Bytes, copy.Bytes);
        Used();
        return new EmbeddingTable(copy, Format, rows, width);
    }

    /// <summary>Whether another view has the same numbers. NaN is the same as NaN of the same bits.</summary>
    internal bool HoldsSame(WeightView other)
    {
        const int atOnce = 1 << 16;
        if (Count != other.Count)
            return false;
        var own = new float[Math.Min(Count, atOnce)];
        var others = new float[own.Length];
        for (long i = 0; i < Count; i += atOnce)
        {
            int count = (int)Math.Min(atOnce, Count - i);
            Copy(i, own.AsSpan(0, count));
            other.Copy(i, others.AsSpan(0, count));
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(own.AsSpan(0, count));
            if (!bytes.SequenceEqual(MemoryMarshal.AsBytes(others.AsSpan(0, count))))
                return false;
        }
        return true;
    }

    private void Copy(long first, Span<float> destination)
    {
        if (address == null)
            values.Span.Slice((int)first, destination.Length).CopyTo(destination);
        else
            PackedMatrix.Widen(address + (first * Size), Format, destination);
        GC.KeepAlive(owner);
    }

    private int Size => Format == WeightFormat.Float32 ? sizeof(float) : sizeof(ushort);

    private Linear Pack(int inputs, int outputs, float[]? bias, WeightPlace place, nint outputStride, nint inputStride)
    {
        int block = place.Block > 0 ? place.Block : Math.Max(outputs, 1);
        nint blockStride = place.BlockStride;
        long last = place.Offset + ((outputs - 1L) / block * blockStride) + ((outputs - 1L) % block * outputStride)
            + ((inputs - 1L) * inputStride);
        if (outputs > 0 && inputs > 0 && last >= Count)
            throw new ArgumentException($"expected at least {last + 1} values, found {Count}", nameof(place));
        PackedMatrix packed;
        fixed (float* array = values.Span)
        {
            byte* start = (address == null ? (byte*)array : address) + (place.Offset * Size);
            var source = new PackSource((nint)start, Format, outputStride, inputStride, block, blockStride);
            packed = PackedMatrix.Pack(source, inputs, outputs, WorkerPool.DefaultThreads);
        }

        Used();
        return new Linear(packed, bias ?? []);
    }

    private void Used()
    {
        release?.Invoke();
        GC.KeepAlive(owner);
    }
}

/// <summary>Where the rows of a matrix are in a tensor that holds more. All in numbers; 0 for what is not said.</summary>
/// <param name="Offset">The first number.</param>
/// <param name="Stride">From row to row; the length of a row by default.</param>
/// <param name="Block">Outputs that lie together; all by default.</param>
/// <param name="BlockStride">From one block of outputs to the next.</param>
internal readonly record struct WeightPlace(long Offset = 0, int Stride = 0, int Block = 0, int BlockStride = 0);
