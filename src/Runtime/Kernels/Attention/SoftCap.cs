using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>Soft-capping c tanh(x / c) (Gemma Team 2024, "Gemma 2", section 2), of x times a factor.</summary>
internal readonly struct SoftCap(float factor, float cap) : IFormula
{
    /// <summary>destination[i] = c tanh(x[i] / c), in place or not; only copied where there is no cap.</summary>
    internal static void Apply(ReadOnlySpan<float> x, float? cap, Span<float> destination, KernelTier? tier = null)
    {
        if (cap is { } c)
        {
            Elementwise.Apply(new SoftCap(1, c), x, destination, tier);
        }
        else if (x != destination)
        {
            x.CopyTo(destination);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Evaluate<T>(T x)
        where T : struct, ILanes<T>
    {
        T c = T.Broadcast(cap);
        return T.Multiply(c, ElementaryFormulas.Tanh(T.Divide(T.Multiply(x, T.Broadcast(factor)), c)));
    }
}
