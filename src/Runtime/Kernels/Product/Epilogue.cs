namespace Interp.Runtime.Kernels;

/// <summary>
/// What <see cref="MatrixProduct"/> does with an output once its bias is added, before it is written: the bits are those of doing
/// it afterwards, without the pass over memory.
/// </summary>
internal readonly ref struct Epilogue
{
    private readonly ref bool _notFinite;

    private Epilogue(ActivationFunction? activation, ReadOnlySpan<float> residual)
    {
        Activation = activation;
        Residual = residual;
    }

    private Epilogue(ref bool notFinite) => _notFinite = ref notFinite;

    /// <summary>Nothing.</summary>
    internal static Epilogue None => default;

    /// <summary>Applied to each output; null for none.</summary>
    internal ActivationFunction? Activation { get; }

    /// <summary>Added to the outputs; empty for none.</summary>
    internal ReadOnlySpan<float> Residual { get; }

    /// <summary>Set where an output may be infinite or NaN; a null reference for nowhere.</summary>
    internal ref bool NotFinite => ref _notFinite;

    /// <summary>Looks at the outputs on their way.</summary>
    /// <param name="notFinite">Set where one may be infinite or NaN, and surely where one is; otherwise left as it is.</param>
    internal static Epilogue Watch(ref bool notFinite) => new(ref notFinite);

    /// <summary>destination = f(x W + bias).</summary>
    internal static Epilogue Activate(ActivationFunction activation) => new(activation, []);

    /// <summary>destination = residual + (x W + bias).</summary>
    /// <param name="residual">As many values as the destination, and possibly the destination itself.</param>
    internal static Epilogue Add(ReadOnlySpan<float> residual) => new(null, residual);
}
