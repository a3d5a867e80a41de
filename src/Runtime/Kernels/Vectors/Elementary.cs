using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Elementary functions over spans, with the same bits at every vector width and at every place in the span. Own ones,
/// because the library's exponential takes other bits on short spans and without hardware vectors.
/// The destination may be the input itself; any other overlap is refused.
/// </summary>
internal static class Elementary
{
    /// <summary>e^x, within 2 units in the last place where the result is a normal number.</summary>
    internal static void Exp(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null) =>
        Elementwise.Apply(default(ExpFormula), x, destination, tier);

    /// <summary>tanh x, within 2e-7.</summary>
    internal static void Tanh(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null) =>
        Elementwise.Apply(default(TanhFormula), x, destination, tier);

    /// <summary>1 / (1 + e^-x), within 2e-7.</summary>
    internal static void Sigmoid(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null) =>
        Elementwise.Apply(default(SigmoidFormula), x, destination, tier);

    /// <summary>The error function, within 2e-7.</summary>
    internal static void Erf(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null) =>
        Elementwise.Apply(default(ErfFormula), x, destination, tier);

    private readonly struct ExpFormula : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Exp(x);
    }

    private readonly struct TanhFormula : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Tanh(x);
    }

    private readonly struct SigmoidFormula : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Sigmoid(x);
    }

    private readonly struct ErfFormula : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Erf(x);
    }
}
