using System.Buffers;

namespace Interp.Runtime.Kernels;

/// <summary>
/// y = x W + bias. Each output is one chain of fused multiply-adds over the inputs in ascending order, starting from +0,
/// with the bias added last: the same bits for every row count, thread count, tile and vector width.
/// No destination may overlap an input.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>destination [rows, N] = x [rows, K] W + bias.</summary>
    /// <param name="x">Row-major [rows, K].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="w">The weights [K, N].</param>
    /// <param name="bias">N values, or empty for none.</param>
    /// <param name="destination">Row-major [rows, N].</param>
    /// <param name="threads">Most threads to use; small products use one.</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    internal static void Multiply(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        int threads = 1,
        KernelTier? tier = null) =>
        Run(x, rows, w, w.Inputs, bias, destination, ProductResult.Chain, threads, tier);

    /// <summary>
    /// As <see cref="Multiply"/>, but each block of <paramref name="block"/> inputs (one attention head) has a chain of its
    /// own, and the chains are added in order: bit for bit the sum of the blocks' products, so that what the heads write
    /// adds up exactly to what the layer writes.
    /// </summary>
    internal static void MultiplyByBlocks(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        int block,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        int threads = 1,
        KernelTier? tier = null) =>
        Run(x, rows, w, block, bias, destination, ProductResult.SumOfBlocks, threads, tier);

    /// <summary>The chains that <see cref="MultiplyByBlocks"/> adds: destination [rows, K / block, N].</summary>
    internal static void MultiplyEachBlock(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        int block,
        Span<float> destination,
        int threads = 1,
        KernelTier? tier = null) =>
        Run(x, rows, w, block, [], destination, ProductResult.EachBlock, threads, tier);

    /// <summary>Only the chosen outputs, with the bits that <see cref="Multiply"/> gives them.</summary>
    /// <param name="x">Row-major [rows, K].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="w">The weights [K, N].</param>
    /// <param name="columns">The outputs, in any order.</param>
    /// <param name="bias">The bias of all N outputs, or empty for none.</param>
    /// <param name="destination">Row-major [rows, columns].</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    internal static void MultiplyColumns(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        ReadOnlySpan<int> columns,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        KernelTier? tier = null)
    {
        Check.Size(x.Length, rows, w.Inputs, nameof(x));
        Check.LengthOrEmpty(bias.Length, w.Outputs, nameof(bias));
        Check.Size(destination.Length, rows, columns.Length, nameof(destination));
        foreach (int column in columns)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)w.Outputs, nameof(columns));
        float[] scratch = ArrayPool<float>.Shared.Rent((w.Inputs * PackedMatrix.PanelWidth) + 16);
        float* chosenBias = stackalloc float[PackedMatrix.PanelWidth];
        fixed (float* px = x, pd = destination, ps = scratch)
        {
            float* panel = PackedMatrix.Align(ps);
            new Span<float>(panel, w.Inputs * PackedMatrix.PanelWidth).Clear();
            for (int first = 0; first < columns.Length; first += PackedMatrix.PanelWidth)
            {
                ReadOnlySpan<int> chosen = columns.Slice(first, Math.Min(PackedMatrix.PanelWidth, columns.Length - first));
                Gather(w, chosen, bias, panel, chosenBias);
                var job = new ProductJob
                {
                    X = px,
                    Rows = rows,
                    Inputs = w.Inputs,
                    Panels = panel,
                    Outputs = chosen.Length,
                    Bias = bias.IsEmpty ? null : chosenBias,
                    Destination = pd + first,
                    DestinationStride = columns.Length,
                    Result = ProductResult.Chain,
                };
                KernelTiers.Run(ref job, tier);
            }
        }

        GC.KeepAlive(w);
        ArrayPool<float>.Shared.Return(scratch);
    }

    private static void Gather(
        PackedMatrix w, ReadOnlySpan<int> chosen, ReadOnlySpan<float> bias, float* panel, float* chosenBias)
    {
        for (int c = 0; c < chosen.Length; c++)
        {
            float* source = w.Panel(chosen[c] / PackedMatrix.PanelWidth) + (chosen[c] % PackedMatrix.PanelWidth);
            for (nint k = 0; k < w.Inputs; k++)
                panel[(k * PackedMatrix.PanelWidth) + c] = source[k * PackedMatrix.PanelWidth];
            if (!bias.IsEmpty)
                chosenBias[c] = bias[chosen[c]];
        }
    }

    private static void Run(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        int block,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        ProductResult result,
        int threads,
        KernelTier? tier)
    {
        if (result != ProductResult.Chain && (block <= 0 || w.Inputs % block != 0))
            throw new ArgumentException($"expected a divisor of the {w.Inputs} inputs, found {block}", nameof(block));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        int blocks = result == ProductResult.EachBlock ? w.Inputs / block : 1;
        Check.Size(x.Length, rows, w.Inputs, nameof(x));
        Check.LengthOrEmpty(bias.Length, w.Outputs, nameof(bias));
        Check.Size(destination.Length, rows, checked(blocks * w.Outputs), nameof(destination));
        fixed (float* px = x, pb = bias, pd = destination)
        {
            var job = new ProductJob
            {
                X = px,
                Rows = rows,
                Inputs = w.Inputs,
                Panels = w.Panel(0),
                Outputs = w.Outputs,
                Block = block,
                Bias = bias.IsEmpty ? null : pb,
                Destination = pd,
                DestinationStride = w.Outputs,
                Result = result,
                Threads = threads,
            };
            KernelTiers.Run(ref job, tier);
        }

        GC.KeepAlive(w);
    }
}
