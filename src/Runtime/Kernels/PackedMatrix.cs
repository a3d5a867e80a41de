using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// A weight matrix W [K, N] (inputs x outputs, y = x W) packed once for <see cref="MatrixProduct"/>: panels of 32 outputs,
/// panel p holding for each input k the 32 weights W[k, 32 p ..] next to each other, padded with zeros at the edge.
/// Each panel row starts at a multiple of 64 bytes, so that no 512-bit load crosses a cache line.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    /// <summary>Outputs in one panel.</summary>
    internal const int PanelWidth = 32;

    private const int Alignment = 64;

    // Pinned for its lifetime, so that the aligned address below stays true.
    private readonly float[] memory;
    private readonly float* panels;

    private PackedMatrix(int inputs, int outputs)
    {
        Inputs = inputs;
        Outputs = outputs;
        Panels = (outputs + PanelWidth - 1) / PanelWidth;
        int length = checked((Panels * inputs * PanelWidth) + (Alignment / sizeof(float)));
        memory = GC.AllocateArray<float>(length, pinned: true);
        panels = Align((float*)Unsafe.AsPointer(ref memory[0]));
    }

    internal int Inputs { get; }

    internal int Outputs { get; }

    internal int Panels { get; }

    /// <summary>Memory taken, padding included.</summary>
    internal long Bytes => memory.LongLength * sizeof(float);

    internal float this[int k, int n] => *Element(k, n);

    /// <summary>Packs W given row-major as [K, N].</summary>
    internal static PackedMatrix FromInputsByOutputs(ReadOnlySpan<float> w, int k, int n)
    {
        Check.Size(w.Length, k, n, nameof(w));
        var packed = new PackedMatrix(k, n);
        for (int p = 0; p < packed.Panels; p++)
        {
            int first = p * PanelWidth, count = Math.Min(PanelWidth, n - first);
            float* panel = packed.Panel(p);
            for (int i = 0; i < k; i++)
                w.Slice((i * n) + first, count).CopyTo(new Span<float>(panel + ((nint)i * PanelWidth), count));
        }

        return packed;
    }

    /// <summary>Packs W given row-major as [N, K], the way checkpoints written by torch keep a linear layer.</summary>
    internal static PackedMatrix FromOutputsByInputs(ReadOnlySpan<float> w, int n, int k)
    {
        Check.Size(w.Length, n, k, nameof(w));
        var packed = new PackedMatrix(k, n);
        fixed (float* source = w)
        {
            for (int p = 0; p < packed.Panels; p++)
            {
                int first = p * PanelWidth;
                PackTransposed(source + ((nint)first * k), k, Math.Min(PanelWidth, n - first), k, packed.Panel(p));
            }
        }

        return packed;
    }

    /// <summary>Writes the N weights of input <paramref name="k"/>.</summary>
    internal void CopyRow(int k, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)k, (uint)Inputs, nameof(k));
        Check.Length(destination.Length, Outputs, nameof(destination));
        for (int first = 0; first < Outputs; first += PanelWidth)
        {
            int count = Math.Min(PanelWidth, Outputs - first);
            new ReadOnlySpan<float>(Element(k, first), count).CopyTo(destination[first..]);
        }
    }

    /// <summary>Writes the K weights of output <paramref name="n"/>.</summary>
    internal void CopyColumn(int n, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)n, (uint)Outputs, nameof(n));
        Check.Length(destination.Length, Inputs, nameof(destination));
        for (int k = 0; k < Inputs; k++)
            destination[k] = *Element(k, n);
    }

    /// <summary>The first weight of panel <paramref name="p"/>; valid while this object is alive.</summary>
    internal float* Panel(int p) => panels + ((nint)p * Inputs * PanelWidth);

    /// <summary>The next address that is a multiple of 64 bytes.</summary>
    internal static float* Align(float* address) => (float*)(((nint)address + Alignment - 1) & ~(nint)(Alignment - 1));

    /// <summary>Turns rows of K floats, one for each output, into one panel; other outputs stay as they are.</summary>
    internal static void PackTransposed(float* source, nint stride, int outputs, int k, float* panel)
    {
        // Blocks of inputs keep the 32 source lines of a block in the first cache.
        const int Block = 16;
        for (int start = 0; start < k; start += Block)
        {
            int end = Math.Min(start + Block, k);
            for (int n = 0; n < outputs; n++)
            {
                float* row = source + (n * stride);
                for (int i = start; i < end; i++)
                    panel[((nint)i * PanelWidth) + n] = row[i];
            }
        }
    }

    private float* Element(int k, int n)
    {
        if ((uint)k >= (uint)Inputs || (uint)n >= (uint)Outputs)
            throw new ArgumentOutOfRangeException(nameof(k), $"expected an element of [{Inputs}, {Outputs}], found [{k}, {n}]");
        return Panel(n / PanelWidth) + ((nint)k * PanelWidth) + (n % PanelWidth);
    }
}
