using System.Numerics.Tensors;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// A weight matrix W [K, N] (inputs x outputs, y = x W) packed once for <see cref="MatrixProduct"/>: panels of 48 outputs,
/// the last one of 16, 32 or 48. A panel holds for each input k its weights W[k, ..] next to each other, padded with zeros
/// at the edge. The numbers keep the format in which they are stored: 2 bytes for bfloat16 and float16.
/// The memory is outside of the garbage collector's, aligned to 64 bytes, and is given back when the object is.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    /// <summary>Most outputs in one panel: three of the widest vectors.</summary>
    internal const int MaxWidth = 48;

    /// <summary>Keys in one panel of the attention kernels.</summary>
    internal const int PanelWidth = 32;

    private const int Alignment = 64;
    private const int Granule = 16;

    private readonly WeightMemory memory;
    private readonly byte* panels;

    private PackedMatrix(int inputs, int outputs, WeightFormat format, WeightMemory memory)
    {
        Inputs = inputs;
        Outputs = outputs;
        Format = format;
        Panels = (outputs + MaxWidth - 1) / MaxWidth;
        this.memory = memory;
        panels = memory.Pointer;
    }

    /// <summary>Packs W given row-major as [K, N].</summary>
    internal static PackedMatrix FromInputsByOutputs(ReadOnlySpan<float> w, int k, int n)
    {
        Check.Size(w.Length, k, n, nameof(w));
        fixed (float* source = w)
            return Pack(new PackSource((nint)source, WeightFormat.Float32, 1, n, Math.Max(n, 1), 0), k, n, 1);
    }

    /// <summary>Packs W given row-major as [N, K], the way checkpoints written by torch keep a linear layer.</summary>
    internal static PackedMatrix FromOutputsByInputs(ReadOnlySpan<float> w, int n, int k)
    {
        Check.Size(w.Length, n, k, nameof(w));
        fixed (float* source = w)
            return Pack(new PackSource((nint)source, WeightFormat.Float32, k, 1, Math.Max(n, 1), 0), k, n, 1);
    }

    /// <summary>Packs W from memory, each panel by one thread. Float16 numbers that are not all finite become float32.</summary>
    /// <param name="source">Where W lies.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="threads">Most threads to use.</param>
    internal static PackedMatrix Pack(PackSource source, int k, int n, int threads)
    {
        var packed = Empty(k, n, source.Format);
        bool finite = Packing.Fill(packed, source, threads);
        return finite ? packed : packed.AsFloat32();
    }

    internal int Inputs { get; }

    internal int Outputs { get; }

    internal int Panels { get; }

    internal WeightFormat Format { get; }

    /// <summary>Bytes of one number.</summary>
    internal int Size => SizeOf(Format);

    /// <summary>Memory taken, padding included.</summary>
    internal long Bytes => memory.Bytes;

    internal float this[int k, int n] => Value(Element(k, n));

    /// <summary>Columns of panel <paramref name="p"/>, padding included: 16, 32 or 48.</summary>
    internal int Width(int p) => Math.Min(MaxWidth, (Outputs - (p * MaxWidth) + Granule - 1) / Granule * Granule);

    /// <summary>The first weight of panel <paramref name="p"/>; valid while this object is alive.</summary>
    internal byte* Panel(int p) => panels + ((nint)p * Inputs * MaxWidth * Size);

    /// <summary>Writes the N weights of input <paramref name="k"/>.</summary>
    internal void CopyRow(int k, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)k, (uint)Inputs, nameof(k));
        Check.Length(destination.Length, Outputs, nameof(destination));
        for (int first = 0; first < Outputs; first += MaxWidth)
        {
            int count = Math.Min(MaxWidth, Outputs - first);
            Widen(Element(k, first), Format, destination.Slice(first, count));
        }

        GC.KeepAlive(this);
    }

    /// <summary>Writes the K weights of output <paramref name="n"/>.</summary>
    internal void CopyColumn(int n, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)n, (uint)Outputs, nameof(n));
        Check.Length(destination.Length, Inputs, nameof(destination));
        if (destination.IsEmpty)
            return;
        int panel = n / MaxWidth;
        nint stride = (nint)Width(panel) * Size;
        byte* at = Element(0, n);
        for (int k = 0; k < destination.Length; k++, at += stride)
            destination[k] = Value(at);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Writes the chosen outputs as one panel of their own, with zeros in the padding; neighbours are copied together.
    /// </summary>
    internal void CopyColumns(ReadOnlySpan<int> chosen, byte* panel)
    {
        int width = (chosen.Length + Granule - 1) / Granule * Granule;
        if (chosen.Length < width)
            new Span<byte>(panel, checked(Inputs * width * Size)).Clear();
        for (int c = 0; c < chosen.Length;)
        {
            int from = chosen[c], run = 1, source = from / MaxWidth;
            while (c + run < chosen.Length && chosen[c + run] == from + run && (from + run) / MaxWidth == source)
                run++;
            if (Size == sizeof(float))
                CopyRun((float*)Panel(source) + (from % MaxWidth), Width(source), run, (float*)panel + c, width);
            else
                CopyRun((ushort*)Panel(source) + (from % MaxWidth), Width(source), run, (ushort*)panel + c, width);
            c += run;
        }

        GC.KeepAlive(this);
    }

    /// <summary>The next address that is a multiple of 64 bytes.</summary>
    internal static float* Align(float* address) => (float*)(((nint)address + Alignment - 1) & ~(nint)(Alignment - 1));

    /// <summary>Turns rows of K floats, one for each output, into one panel of 32; other outputs stay as they are.</summary>
    internal static void PackTransposed(float* source, nint stride, int outputs, int k, float* panel) =>
        Packing.Transpose(source, stride, outputs, k, panel, PanelWidth);

    private static PackedMatrix Empty(int inputs, int outputs, WeightFormat format)
    {
        long padded = (outputs + (long)Granule - 1) / Granule * Granule;
        return new PackedMatrix(inputs, outputs, format, WeightMemory.Take(checked(padded * inputs * SizeOf(format))));
    }

    private static int SizeOf(WeightFormat format) => format == WeightFormat.Float32 ? sizeof(float) : sizeof(ushort);

    private PackedMatrix AsFloat32()
    {
        var wide = Empty(Inputs, Outputs, WeightFormat.Float32);
        for (int p = 0; p < Panels; p++)
            Widen(Panel(p), Format, new Span<float>(wide.Panel(p), checked(Inputs * Width(p))));
        GC.KeepAlive(this);
        return wide;
    }

    private void CopyRun<TNumber>(TNumber* source, nint sourceWidth, int run, TNumber* destination, nint width)
        where TNumber : unmanaged
    {
        for (nint k = 0; k < Inputs; k++, source += sourceWidth, destination += width)
        {
            if (run == 1)
                *destination = *source;
            else
                new ReadOnlySpan<TNumber>(source, run).CopyTo(new Span<TNumber>(destination, run));
        }
    }

    /// <summary>Turns numbers in one format into float32.</summary>
    internal static void Widen(byte* source, WeightFormat format, Span<float> destination)
    {
        switch (format)
        {
            case WeightFormat.BFloat16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16);
                break;
            case WeightFormat.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, destination.Length), destination);
                break;
            default:
                new ReadOnlySpan<float>(source, destination.Length).CopyTo(destination);
                break;
        }
    }

    private float Value(byte* at) => Format switch
    {
        WeightFormat.BFloat16 => BitConverter.UInt32BitsToSingle((uint)*(ushort*)at << 16),
        WeightFormat.Float16 => (float)*(Half*)at,
        _ => *(float*)at,
    };

    private byte* Element(int k, int n)
    {
        if ((uint)k >= (uint)Inputs || (uint)n >= (uint)Outputs)
            throw new ArgumentOutOfRangeException(nameof(k), $"expected an element of [{Inputs}, {Outputs}], found [{k}, {n}]");
        int panel = n / MaxWidth;
        return Panel(panel) + ((((nint)k * Width(panel)) + (n % MaxWidth)) * Size);
    }
}
