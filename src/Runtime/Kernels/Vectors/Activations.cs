using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>The feedforward layer's nonlinearities, elementwise; the destination may be the input itself.</summary>
internal static class Activations
{
    /// <summary>destination[i] = f(x[i]).</summary>
    internal static void Apply(
        ActivationFunction f, ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null) =>
        Choose(f, new Elements(x, destination, tier));

    /// <summary>Hands the formula of a function to what uses it.</summary>
    internal static void Choose<TUse>(ActivationFunction f, in TUse use)
        where TUse : struct, IFormulaUse, allows ref struct
    {
        switch (f)
        {
            case ActivationFunction.Relu:
                use.With(default(Relu));
                break;
            case ActivationFunction.GeluExact:
                use.With(default(GeluExact));
                break;
            case ActivationFunction.GeluTanh:
                use.With(default(GeluTanh));
                break;
            case ActivationFunction.Silu:
                use.With(default(Silu));
                break;
            case ActivationFunction.ReluSquared:
                use.With(default(ReluSquared));
                break;
            case ActivationFunction.Identity:
                use.With(default(Identity));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation function");
        }
    }

    private readonly ref struct Elements(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier) : IFormulaUse
    {
        private readonly ReadOnlySpan<float> x = x;
        private readonly Span<float> destination = destination;

        public void With<TFormula>(TFormula formula)
            where TFormula : struct, IFormula => Elementwise.Apply(formula, x, destination, tier);
    }

    private readonly struct Identity : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => x;
    }

    private readonly struct Relu : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T>
        {
            T zero = T.Broadcast(0f);
            return T.SelectLess(x, zero, zero, x);
        }
    }

    private readonly struct ReluSquared : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T>
        {
            T positive = default(Relu).Evaluate(x);
            return T.Multiply(positive, positive);
        }
    }

    private readonly struct GeluExact : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T>
        {
            T erf = ElementaryFormulas.Erf(T.Multiply(x, T.Broadcast(0.70710678f)));
            return T.Multiply(T.Multiply(x, T.Broadcast(0.5f)), T.Add(T.Broadcast(1f), erf));
        }
    }

    private readonly struct GeluTanh : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T>
        {
            T cube = T.Multiply(T.Multiply(x, x), x);
            T inner = T.Multiply(T.Broadcast(0.79788456f), T.Fma(T.Broadcast(0.044715f), cube, x));
            T tanh = ElementaryFormulas.Tanh(inner);
            return T.Multiply(T.Multiply(x, T.Broadcast(0.5f)), T.Add(T.Broadcast(1f), tanh));
        }
    }

    private readonly struct Silu : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => T.Multiply(x, ElementaryFormulas.Sigmoid(x));
    }
}
