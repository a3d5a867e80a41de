using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Bench;

/// <summary>The most multiply-adds that the cores do: 24 independent chains in registers, no memory.</summary>
internal static class MultiplyAddPeak
{
    private const int Steps = 10_000;

    // For each thread; so many that a thread that loses its processor for a while leaves its share to the others, as in a product.
    private const int Items = 20;

    /// <summary>Operations of <see cref="Run"/>, two for each multiply-add.</summary>
    internal static double Flops(int threads) => 2.0 * 24 * (Vector512.IsHardwareAccelerated ? 16 : 8) * Steps * Items * threads;

    /// <summary>A short run on some threads at once.</summary>
    internal static void Run(int threads) => WorkerPool.Run(new Job(new float[threads * Items * 16]), threads * Items, threads);

    private readonly struct Job(float[] results) : IParallelJob
    {
        public void Run(int item) => results[item * 16] = Vector512.IsHardwareAccelerated ? Wide(item) : Narrow(item);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Wide(int seed)
    {
        Vector512<float> x = Vector512.Create(1f - (seed * 1e-7f)), y = Vector512.Create(1e-7f);
        Vector512<float> a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, b0 = y, b1 = y, b2 = y, b3 = y;
        Vector512<float> b4 = y, b5 = y, b6 = y, b7 = y, c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y;
        for (int i = 0; i < Steps; i++)
        {
            a0 = Vector512.FusedMultiplyAdd(x, y, a0);
            a1 = Vector512.FusedMultiplyAdd(x, y, a1);
            a2 = Vector512.FusedMultiplyAdd(x, y, a2);
            a3 = Vector512.FusedMultiplyAdd(x, y, a3);
            a4 = Vector512.FusedMultiplyAdd(x, y, a4);
            a5 = Vector512.FusedMultiplyAdd(x, y, a5);
            a6 = Vector512.FusedMultiplyAdd(x, y, a6);
            a7 = Vector512.FusedMultiplyAdd(x, y, a7);
            b0 = Vector512.FusedMultiplyAdd(x, y, b0);
            b1 = Vector512.FusedMultiplyAdd(x, y, b1);
            b2 = Vector512.FusedMultiplyAdd(x, y, b2);
            b3 = Vector512.FusedMultiplyAdd(x, y, b3);
            b4 = Vector512.FusedMultiplyAdd(x, y, b4);
            b5 = Vector512.FusedMultiplyAdd(x, y, b5);
            b6 = Vector512.FusedMultiplyAdd(x, y, b6);
            b7 = Vector512.FusedMultiplyAdd(x, y, b7);
            c0 = Vector512.FusedMultiplyAdd(x, y, c0);
            c1 = Vector512.FusedMultiplyAdd(x, y, c1);
            c2 = Vector512.FusedMultiplyAdd(x, y, c2);
            c3 = Vector512.FusedMultiplyAdd(x, y, c3);
            c4 = Vector512.FusedMultiplyAdd(x, y, c4);
            c5 = Vector512.FusedMultiplyAdd(x, y, c5);
            c6 = Vector512.FusedMultiplyAdd(x, y, c6);
            c7 = Vector512.FusedMultiplyAdd(x, y, c7);
        }

        Vector512<float> sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7;
        return Vector512.Sum(sum + c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Narrow(int seed)
    {
        Vector256<float> x = Vector256.Create(1f - (seed * 1e-7f)), y = Vector256.Create(1e-7f);
        Vector256<float> a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, b0 = y, b1 = y, b2 = y, b3 = y;
        for (int i = 0; i < 2 * Steps; i++)
        {
            a0 = Vector256.FusedMultiplyAdd(x, y, a0);
            a1 = Vector256.FusedMultiplyAdd(x, y, a1);
            a2 = Vector256.FusedMultiplyAdd(x, y, a2);
            a3 = Vector256.FusedMultiplyAdd(x, y, a3);
            a4 = Vector256.FusedMultiplyAdd(x, y, a4);
            a5 = Vector256.FusedMultiplyAdd(x, y, a5);
            a6 = Vector256.FusedMultiplyAdd(x, y, a6);
            a7 = Vector256.FusedMultiplyAdd(x, y, a7);
            b0 = Vector256.FusedMultiplyAdd(x, y, b0);
            b1 = Vector256.FusedMultiplyAdd(x, y, b1);
            b2 = Vector256.FusedMultiplyAdd(x, y, b2);
            b3 = Vector256.FusedMultiplyAdd(x, y, b3);
        }

        return Vector256.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3);
    }
}
