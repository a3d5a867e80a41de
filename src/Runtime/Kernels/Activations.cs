using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>The feedforward layer's nonlinearities, elementwise; the destination may be the input itself.</summary>
internal static class Activations
{
    /// <summary>destination[i] = f(x[i]).</summary>
    internal static void Apply(
        ActivationFunction f, ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier = null)
    {
        switch (f)
        {
            case ActivationFunction.Relu:
                Elementwise.Apply(default(Relu), x, destination, tier);
                break;
            case ActivationFunction.GeluExact:
                Elementwise.Apply(default(GeluExact), x, destination, tier);
                break;
            case ActivationFunction.GeluTanh:
                Elementwise.Apply(default(GeluTanh), x, destination, tier);
                break;
            case ActivationFunction.Silu:
                Elementwise.Apply(default(Silu), x, destination, tier);
                break;
            case ActivationFunction.ReluSquared:
                Elementwise.Apply(default(ReluSquared), x, destination, tier);
                break;
            case ActivationFunction.Identity:
                Check.Length(destination.Length, x.Length, nameof(destination));
                x.CopyTo(destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation function");
        }
    }

    /// <summary>The same in place, for a kernel that has its lanes already.</summary>
    internal static unsafe void Run<T>(ActivationFunction f, float* x, int count)
        where T : struct, ILanes<T>
    {
        switch (f)
        {
            case ActivationFunction.Relu:
                Elementwise.Loop<T, Relu>(default, x, x, count);
                break;
            case ActivationFunction.GeluExact:
                Elementwise.Loop<T, GeluExact>(default, x, x, count);
                break;
            case ActivationFunction.GeluTanh:
                Elementwise.Loop<T, GeluTanh>(default, x, x, count);
                break;
            case ActivationFunction.Silu:
                Elementwise.Loop<T, Silu>(default, x, x, count);
                break;
            case ActivationFunction.ReluSquared:
                Elementwise.Loop<T, ReluSquared>(default, x, x, count);
                break;
            case ActivationFunction.Identity:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation function");
        }
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
