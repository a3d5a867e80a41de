using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Bench.Product;

/// <summary>A matrix [K, N] in one of the formats that checkpoints have, in memory that stays where it is.</summary>
internal sealed unsafe class StoredMatrix : IDisposable
{
    private readonly NativeBuffer memory;
    private readonly WeightFormat format;

    internal StoredMatrix(float[] values, WeightFormat format)
    {
        this.format = format;
        memory = new NativeBuffer(4L * values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            switch (format)
            {
                case WeightFormat.BFloat16:
                    ((ushort*)memory.Pointer)[i] = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
                    break;
                case WeightFormat.Float16:
                    ((Half*)memory.Pointer)[i] = (Half)values[i];
                    break;
                default:
                    ((float*)memory.Pointer)[i] = values[i];
                    break;
            }
        }
    }

    internal PackedMatrix Pack(int k, int n, int threads) =>
        PackedMatrix.Pack(new PackSource((nint)memory.Pointer, format, 1, n, n, 0), k, n, threads);

    /// <summary>The transposed matrix [N, K].</summary>
    internal PackedMatrix PackTransposed(int k, int n, int threads) =>
        PackedMatrix.Pack(new PackSource((nint)memory.Pointer, format, n, 1, k, 0), n, k, threads);

    public void Dispose() => memory.Dispose();
}
