namespace Interp.Runtime.Kernels;

internal sealed unsafe partial class PackedMatrix
{
    /// <summary>Packs W given row-major as [K, N].</summary>
    internal static PackedMatrix FromInputsByOutputs(ReadOnlySpan<float> w, int k, int n)
    {
        Check.Size(w.Length, k, n, nameof(w));
        fixed (float* source = w)
            return Pack(new PackSource(source, WeightFormat.Float32, n, OutputsFirst: false), k, n, 1);
    }

    /// <summary>Packs W given row-major as [N, K], the way checkpoints written by torch keep a linear layer.</summary>
    internal static PackedMatrix FromOutputsByInputs(ReadOnlySpan<float> w, int n, int k)
    {
        Check.Size(w.Length, n, k, nameof(w));
        fixed (float* source = w)
            return Pack(new PackSource(source, WeightFormat.Float32, k, OutputsFirst: true), k, n, 1);
    }

    /// <summary>Packs W from memory, each panel by one thread.</summary>
    /// <param name="source">Where W lies.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="threads">Most threads to use.</param>
    internal static PackedMatrix Pack(PackSource source, int k, int n, int threads)
    {
        var packed = new PackedMatrix(k, n, source.Format);
        WorkerPool.Run(new PackJob(packed, source), packed.Panels, threads);
        return packed;
    }

    private static void Transpose<TNumber>(TNumber* source, nint stride, int outputs, int k, TNumber* panel, int width)
        where TNumber : unmanaged
    {
        // Blocks of inputs keep the source lines of a block in the first cache.
        const int Block = 16;
        for (int start = 0; start < k; start += Block)
        {
            int end = Math.Min(start + Block, k);
            for (int n = 0; n < outputs; n++)
            {
                TNumber* row = source + (n * stride);
                for (int i = start; i < end; i++)
                    panel[((nint)i * width) + n] = row[i];
            }
        }
    }

    private readonly struct PackJob(PackedMatrix packed, PackSource source) : IParallelJob
    {
        public void Run(int item)
        {
            if (packed.Size == sizeof(float))
                Panel((float*)source.Start, (float*)packed.Panel(item), item);
            else
                Panel((ushort*)source.Start, (ushort*)packed.Panel(item), item);
        }

        private void Panel<TNumber>(TNumber* from, TNumber* panel, int p)
            where TNumber : unmanaged
        {
            int first = p * MaxWidth, count = Math.Min(MaxWidth, packed.Outputs - first), width = packed.Width(p);
            if (count < width)
                new Span<TNumber>(panel, checked(packed.Inputs * width)).Clear();
            if (source.OutputsFirst)
            {
                Transpose(from + (first * source.Stride), source.Stride, count, packed.Inputs, panel, width);
                return;
            }

            for (nint i = 0; i < packed.Inputs; i++)
                new ReadOnlySpan<TNumber>(from + (i * source.Stride) + first, count).CopyTo(new Span<TNumber>(panel + (i * width), count));
        }
    }
}

/// <summary>A matrix in memory that is to be packed.</summary>
/// <param name="Address">Its first number.</param>
/// <param name="Format">What its numbers are.</param>
/// <param name="Stride">Numbers from row to row.</param>
/// <param name="OutputsFirst">Whether a row belongs to an output (torch) or to an input.</param>
internal readonly unsafe record struct PackSource(nint Address, WeightFormat Format, nint Stride, bool OutputsFirst)
{
    internal PackSource(float* address, WeightFormat format, nint stride, bool OutputsFirst)
        : this((nint)address, format, stride, OutputsFirst)
    {
    }

    internal byte* Start => (byte*)Address;
}
