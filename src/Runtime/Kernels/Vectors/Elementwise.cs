using System.Runtime.CompilerServices;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>The one loop that all elementwise formulas share.</summary>
internal static unsafe class Elementwise
{
    private const int MaxWidth = 16;

    /// <summary>destination[i] = formula(x[i]); <paramref name="destination"/> may be <paramref name="x"/> itself.</summary>
    internal static void Apply<TFormula>(
        TFormula formula, ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier)
        where TFormula : struct, IFormula
    {
        Check.Length(destination.Length, x.Length, nameof(destination));
        if (x.Overlaps(destination, out int offset) && offset != 0)
            throw new ArgumentException("expected the same memory or none in common, found an overlap", nameof(destination));
        fixed (float* px = x, pd = destination)
        {
            var job = new Job<TFormula> { Formula = formula, X = px, Destination = pd, Count = x.Length };
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>The loop itself; what is left after the last whole vector is padded to one with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Loop<T, TFormula>(TFormula formula, float* x, float* destination, int count)
        where T : struct, ILanes<T>
        where TFormula : struct, IFormula
    {
        int i = 0;
        for (; i + T.Width <= count; i += T.Width)
            T.Store(formula.Evaluate(T.Load(x + i)), destination + i);
        if (i == count)
            return;
        float* rest = stackalloc float[MaxWidth];
        new ReadOnlySpan<float>(x + i, count - i).CopyTo(new Span<float>(rest, count - i));
        T.Store(formula.Evaluate(T.Load(rest)), rest);
        new ReadOnlySpan<float>(rest, count - i).CopyTo(new Span<float>(destination + i, count - i));
    }

    private struct Job<TFormula> : ILaneJob
        where TFormula : struct, IFormula
    {
        internal TFormula Formula;
        internal float* X;
        internal float* Destination;
        internal int Count;

        public readonly void Run<T>()
            where T : struct, ILanes<T> =>
            Loop<T, TFormula>(Formula, X, Destination, Count);
    }
}
