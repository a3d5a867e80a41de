using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>Nonlinearities as formulas in float64: those of operators, and those that a model can have.</summary>
internal static class Curves
{
    /// <summary>What an operator of one number gives; null for other operators.</summary>
    /// <param name="node">The node, for its attributes.</param>
    /// <param name="x">The number.</param>
    public static double? Apply(OnnxNode node, double x) => node.Op switch
    {
        "Neg" => -x,
        "Abs" => Math.Abs(x),
        "Exp" => Math.Exp(x),
        "Log" => Math.Log(x),
        "Sqrt" => Math.Sqrt(x),
        "Reciprocal" => 1 / x,
        "Tanh" => Math.Tanh(x),
        "Erf" => Erf(x),
        "Sigmoid" => Sigmoid(x),
        "Relu" => Math.Max(x, 0),
        "LeakyRelu" => x < 0 ? node.Float("alpha", 0.01f) * x : x,
        "Elu" => x < 0 ? node.Float("alpha", 1) * (Math.Exp(x) - 1) : x,
        "HardSigmoid" => Math.Clamp((node.Float("alpha", 0.2f) * x) + node.Float("beta", 0.5f), 0, 1),
        "Softplus" => Math.Log(1 + Math.Exp(x)),
        "Mish" => x * Math.Tanh(Math.Log(1 + Math.Exp(x))),
        "Gelu" when Text(node, "approximate") == "tanh" => GeluTanh(x),
        "FastGelu" => GeluTanh(x),
        "Gelu" or "BiasGelu" => GeluExact(x),
        "QuickGelu" => x * Sigmoid(node.Float("alpha", 1.702f) * x),
        "Swish" => x * Sigmoid(node.Float("alpha", 1) * x),
        "FusedGemm" => Text(node, "activation") switch
        {
            "Relu" => Math.Max(x, 0),
            "Tanh" => Math.Tanh(x),
            "Sigmoid" => Sigmoid(x),
            "LeakyRelu" => x < 0 ? node.Float("activation_alpha", 0.01f) * x : x,
            _ => null,
        },
        _ => null,
    };

    /// <summary>What a model's nonlinearity gives.</summary>
    /// <param name="activation">The nonlinearity.</param>
    /// <param name="x">The number.</param>
    public static double Apply(ActivationFunction activation, double x) => activation switch
    {
        ActivationFunction.Relu => Math.Max(x, 0),
        ActivationFunction.ReluSquared => Math.Max(x, 0) * Math.Max(x, 0),
        ActivationFunction.Silu => x * Sigmoid(x),
        ActivationFunction.GeluExact => GeluExact(x),
        ActivationFunction.GeluTanh => GeluTanh(x),
        ActivationFunction.Identity => x,
        _ => throw new InvalidInputException($"activation {activation}: not compared with graphs"),
    };

    /// <summary>A text attribute, or empty.</summary>
    public static string Text(OnnxNode node, string name) => node.Attribute(name)?.S.ToStringUtf8() ?? "";

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double GeluExact(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    private static double GeluTanh(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    // The series of the error function; arguments here are small.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double term = x, sum = x;
        for (int n = 1; n < 120; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
