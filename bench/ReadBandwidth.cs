using System.Numerics;
using System.Runtime.CompilerServices;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Bench;

/// <summary>How fast memory that fits no cache is read, in a plain sum of whole cache lines.</summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    internal const double Bytes = (double)PieceBytes * Pieces;

    private const int PieceBytes = 256 * 1024;
    private const int Pieces = 1024;

    private readonly NativeBuffer buffer = new((long)Bytes);
    private readonly float[] sums = new float[Pieces];

    internal ReadBandwidth() => new Span<byte>(buffer.Pointer, (int)Bytes).Clear();

    /// <summary>Reads the memory once, on some threads at once.</summary>
    internal void Run(int threads) => WorkerPool.Run(new Job(buffer.Pointer, sums), Pieces, threads);

    public void Dispose() => buffer.Dispose();

    private readonly struct Job(byte* start, float[] sums) : IParallelJob
    {
        private readonly byte* start = start;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int item)
        {
            var at = (float*)(start + ((nint)item * PieceBytes));
            Vector<float> a = default, b = default, c = default, d = default;
            int width = Vector<float>.Count;
            for (float* end = at + (PieceBytes / sizeof(float)); at < end; at += 4 * width)
            {
                a += Unsafe.Read<Vector<float>>(at);
                b += Unsafe.Read<Vector<float>>(at + width);
                c += Unsafe.Read<Vector<float>>(at + (2 * width));
                d += Unsafe.Read<Vector<float>>(at + (3 * width));
            }

            sums[item] = Vector.Sum(a + b + c + d);
        }
    }
}
