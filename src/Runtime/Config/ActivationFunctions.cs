using Interp.Runtime.Kernels;

namespace Interp.Runtime;

/// <summary>Evaluates the nonlinearities.</summary>
public static class ActivationFunctions
{
    /// <summary>Applies a nonlinearity with the bits that the forward pass gives.</summary>
    /// <param name="function">Which one.</param>
    /// <param name="x">Inputs.</param>
    /// <param name="destination">Outputs, as many; may be <paramref name="x"/> itself.</param>
    public static void Apply(this ActivationFunction function, ReadOnlySpan<float> x, Span<float> destination) =>
        Activations.Apply(function, x, destination);
}
