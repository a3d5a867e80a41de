using System.Buffers;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

internal static unsafe partial class MatrixProduct
{
    /// <summary>Only the chosen outputs, with the bits that <see cref="Multiply"/> gives them.</summary>
    /// <param name="x">Row-major [rows, K].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="w">The weights [K, N].</param>
    /// <param name="columns">The outputs, in any order.</param>
    /// <param name="bias">The bias of all N outputs, or empty for none.</param>
    /// <param name="destination">Row-major [rows, columns].</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    /// <param name="threads">Most threads to use; small products use one.</param>
    internal static void MultiplyColumns(
        ReadOnlySpan<float> x,
        int rows,
        PackedMatrix w,
        ReadOnlySpan<int> columns,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        KernelTier? tier = null,
        int threads = 1)
    {
        Check.Size(x.Length, rows, w.Inputs, nameof(x));
        Check.LengthOrEmpty(bias.Length, w.Outputs, nameof(bias));
        Check.Size(destination.Length, rows, columns.Length, nameof(destination));
        foreach (int column in columns)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)w.Outputs, nameof(columns));
        byte[] scratch = ArrayPool<byte>.Shared.Rent(checked((w.Inputs * PackedMatrix.MaxWidth * w.Size) + 64));
        float* chosenBias = stackalloc float[PackedMatrix.MaxWidth];
        fixed (float* px = x, pd = destination)
        fixed (byte* ps = scratch)
        {
            var panel = (byte*)PackedMatrix.Align((float*)ps);
            for (int first = 0; first < columns.Length; first += PackedMatrix.MaxWidth)
            {
                ReadOnlySpan<int> chosen = columns.Slice(first, Math.Min(PackedMatrix.MaxWidth, columns.Length - first));
                w.CopyColumns(chosen, panel);
                for (int c = 0; c < chosen.Length && !bias.IsEmpty; c++)
                    chosenBias[c] = bias[chosen[c]];
                var job = new ProductJob
                {
                    X = px,
                    Rows = rows,
                    Inputs = w.Inputs,
                    Panels = panel,
                    Format = w.Format,
                    Outputs = chosen.Length,
                    Bias = bias.IsEmpty ? null : chosenBias,
                    Destination = pd + first,
                    DestinationStride = columns.Length,
                    Result = ProductResult.Chain,
                    Threads = threads,
                };
                KernelTiers.Run(ref job, tier);
            }
        }

        ArrayPool<byte>.Shared.Return(scratch);
    }
}
