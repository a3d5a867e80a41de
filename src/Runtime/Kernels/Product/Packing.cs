using System.Numerics;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>Moves weights from where they lie into panels; a panel is one item of work.</summary>
internal static unsafe class Packing
{
    private const ushort Float16Exponent = 0x7C00;

    // Below this, telling another thread costs more than it gives.
    private const long BytesWorthThreads = 1 << 20;

    /// <summary>Fills all panels.</summary>
    /// <returns>False when the numbers are float16 and not all finite.</returns>
    internal static bool Fill(PackedMatrix packed, PackSource source, int threads)
    {
        bool notFinite = false;
        WorkerPool.Run(new Job(packed, source, &notFinite), packed.Panels, packed.Bytes < BytesWorthThreads ? 1 : threads);
        return !notFinite;
    }

    /// <summary>Turns rows of K numbers, one for each output, into columns of a panel; other columns stay as they are.</summary>
    internal static void Transpose<TNumber>(TNumber* source, nint stride, int outputs, int k, TNumber* panel, int width)
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

    private static bool AnyNotFinite(ReadOnlySpan<ushort> numbers)
    {
        var exponent = new Vector<ushort>(Float16Exponent);
        int i = 0;
        for (; i <= numbers.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            if (Vector.EqualsAny(new Vector<ushort>(numbers[i..]) & exponent, exponent))
                return true;
        }

        for (; i < numbers.Length; i++)
        {
            if ((numbers[i] & Float16Exponent) == Float16Exponent)
                return true;
        }

        return false;
    }

    private readonly struct Job(PackedMatrix packed, PackSource source, bool* notFinite) : IParallelJob
    {
        private readonly bool* notFinite = notFinite;

        public void Run(int item)
        {
            if (source.Format == WeightFormat.Float32)
            {
                Fill((float*)source.Address, (float*)packed.Panel(item), item);
                return;
            }

            var panel = (ushort*)packed.Panel(item);
            Fill((ushort*)source.Address, panel, item);
            if (source.Format == WeightFormat.Float16
                && AnyNotFinite(new ReadOnlySpan<ushort>(panel, packed.Inputs * packed.Width(item))))
            {
                *notFinite = true;
            }
        }

        private void Fill<TNumber>(TNumber* from, TNumber* panel, int p)
            where TNumber : unmanaged
        {
            int first = p * PackedMatrix.MaxWidth, width = packed.Width(p);
            int end = Math.Min(first + PackedMatrix.MaxWidth, packed.Outputs);
            if (end - first < width)
                new Span<TNumber>(panel, checked(packed.Inputs * width)).Clear();

            // Outputs of one block lie at equal distances.
            for (int n = first; n < end;)
            {
                int run = Math.Min(end - n, source.Block - (n % source.Block));
                TNumber* start = from + (n / source.Block * source.BlockStride) + (n % source.Block * source.OutputStride);
                if (source.InputStride == 1)
                    Transpose(start, source.OutputStride, run, packed.Inputs, panel + (n - first), width);
                else
                    CopyRows(start, run, panel + (n - first), width);
                n += run;
            }
        }

        private void CopyRows<TNumber>(TNumber* start, int run, TNumber* panel, nint width)
            where TNumber : unmanaged
        {
            for (nint k = 0; k < packed.Inputs; k++)
                new ReadOnlySpan<TNumber>(start + (k * source.InputStride), run).CopyTo(new Span<TNumber>(panel + (k * width), run));
        }
    }
}
