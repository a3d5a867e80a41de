using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// y = x W + bias. Each output is one chain of fused multiply-adds over the inputs in ascending order, starting from +0,
/// with the bias added last: the same bits for every row count, thread count, tile and vector width.
/// No destination may overlap an input, except that an epilogue's residual may be the destination itself.
/// </summary>
internal static unsafe partial class MatrixProduct
{
    /// <summary>destination [rows, N] = x [rows, K] W + bias.</summary>
    /// <param name="x">Row-major [rows, K].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="w">The weights [K, N].</param>
    /// <param name="bias">N values, or empty for none.</param>
    /// <param name="destination">Row-major [rows, N].</param>
    /// <param name="threads">Most threads to use; small products use one.</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    /// <param name="epilogue">What else to do with the outputs.</param>
    internal static void Multiply(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        int threads = 1,
        KernelTier? tier = null,
        Epilogue epilogue = default) =>
        Run(x, rows, w, w.Inputs, bias, destination, ProductResult.Chain, threads, tier, epilogue);

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
        KernelTier? tier = null,
        Epilogue epilogue = default) =>
        Run(x, rows, w, block, bias, destination, ProductResult.SumOfBlocks, threads, tier, epilogue);

    /// <summary>The chains that <see cref="MultiplyByBlocks"/> adds: destination [rows, K / block, N].</summary>
    internal static void MultiplyEachBlock(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        int block,
        Span<float> destination,
        int threads = 1,
        KernelTier? tier = null) =>
        Run(x, rows, w, block, [], destination, ProductResult.EachBlock, threads, tier, default);

    private static void Run(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        int block,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        ProductResult result,
        int threads,
        KernelTier? tier,
        Epilogue epilogue)
    {
        if (result != ProductResult.Chain && (block <= 0 || w.Inputs % block != 0))
            throw new ArgumentException($"expected a divisor of the {w.Inputs} inputs, found {block}", nameof(block));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        int blocks = result == ProductResult.EachBlock ? w.Inputs / block : 1;
        Check.Size(x.Length, rows, w.Inputs, nameof(x));
        Check.LengthOrEmpty(bias.Length, w.Outputs, nameof(bias));
        Check.Size(destination.Length, rows, checked(blocks * w.Outputs), nameof(destination));
        Check.LengthOrEmpty(epilogue.Residual.Length, destination.Length, nameof(epilogue));
        fixed (float* px = x, pb = bias, pd = destination, pr = epilogue.Residual)
        fixed (bool* notFinite = &epilogue.NotFinite)
        {
            ProductJob job = Job(px, rows, w, pb, pd, threads) with
            {
                Block = block,
                Activation = epilogue.Activation,
                Residual = pr,
                NotFinite = notFinite,
                Result = result,
            };
            KernelTiers.Run(ref job, tier);
        }

        GC.KeepAlive(w);
    }

    private static ProductJob Job(float* x, int rows, PackedMatrix w, float* bias, float* destination, int threads) => new()
    {
        X = x,
        Rows = rows,
        Inputs = w.Inputs,
        Panels = w.Panel(0),
        Format = w.Format,
        Outputs = w.Outputs,
        Bias = bias,
        Destination = destination,
        DestinationStride = w.Outputs,
        Threads = threads,
    };
}
