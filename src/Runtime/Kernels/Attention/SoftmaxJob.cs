using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>See <see cref="AttentionKernels.Softmax(ReadOnlySpan{float}, Span{float}, int, int, KernelTier?)"/>.</summary>
internal unsafe struct SoftmaxJob : ILaneJob
{
    internal float* Scores;
    internal float* Pattern;
    internal int Rows;
    internal int Keys;
    internal nint Stride;

    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        for (int r = 0; r < Rows; r++)
            Row<T>(Scores + (r * Stride), Pattern + (r * Stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row<T>(float* scores, float* pattern)
        where T : struct, ILanes<T>
    {
        // Forbidden keys at both ends contribute zeros, which change no sum: they are skipped. The start stays at a multiple
        // of the stripes, so that each key keeps its stripe.
        var bits = new ReadOnlySpan<int>(scores, Keys);
        int forbidden = BitConverter.SingleToInt32Bits(float.NegativeInfinity);
        int end = bits.LastIndexOfAnyExcept(forbidden) + 1, begin = Math.Max(0, bits.IndexOfAnyExcept(forbidden));
        begin -= begin % StripedSum.Stripes;
        new Span<float>(pattern, begin).Clear();
        new Span<float>(pattern + end, Keys - end).Clear();
        if (end == 0)
            return;
        scores += begin;
        pattern += begin;
        int count = end - begin;
        Elementwise.Loop<T, ShiftedExp>(new ShiftedExp(Max<T>(scores, count)), scores, pattern, count);
        float sum = StripedSum.Of<T, Same>(default, pattern, count);
        Elementwise.Loop<T, Quotient>(new Quotient(sum), pattern, pattern, count);
    }

    /// <summary>
    /// The greatest value. It is one of the values, so the order of comparisons does not matter. NaNs are passed over.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max<T>(float* x, int count)
        where T : struct, ILanes<T>
    {
        float* best = stackalloc float[StripedSum.Stripes];
        T lanes = T.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i + T.Width <= count; i += T.Width)
        {
            T next = T.Load(x + i);
            lanes = T.SelectLess(lanes, next, next, lanes);
        }

        T.Store(lanes, best);
        float max = float.NegativeInfinity;
        for (int s = 0; s < T.Width; s++)
            max = max < best[s] ? best[s] : max;
        for (; i < count; i++)
            max = max < x[i] ? x[i] : max;
        return max;
    }

    private readonly struct ShiftedExp(float max) : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Exp(T.Subtract(x, T.Broadcast(max)));
    }

    private readonly struct Same : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => x;
    }

    private readonly struct Quotient(float divisor) : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => T.Divide(x, T.Broadcast(divisor));
    }
}
