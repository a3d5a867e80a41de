namespace Interp.Runtime;

/// <summary>The nonlinearity of a feedforward layer.</summary>
public enum ActivationFunction
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x Phi(x) = x / 2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units").</summary>
    GeluExact,

    /// <summary>
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): the approximation in the same paper, used by GPT-2 (gelu_new).
    /// </summary>
    GeluTanh,

    /// <summary>x sigmoid(x), also called swish (Elfwing, Uchibe and Doya 2017).</summary>
    Silu,

    /// <summary>max(0, x)^2 (So et al. 2021, "Primer").</summary>
    ReluSquared,

    /// <summary>x unchanged.</summary>
    Identity,
}
