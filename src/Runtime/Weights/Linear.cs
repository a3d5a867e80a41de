using Interp.Runtime.Kernels;

namespace Interp.Runtime;

/// <summary>A linear map of rows, <c>y = x W + b</c> with W of shape [inputs, outputs].</summary>
public sealed class Linear
{
    private readonly float[] _bias;

    internal Linear(PackedMatrix weight, float[] bias)
    {
        Weight = weight;
        _bias = bias;
    }

    /// <summary>Length of an input row.</summary>
    public int Inputs => Weight.Inputs;

    /// <summary>Length of an output row.</summary>
    public int Outputs => Weight.Outputs;

    /// <summary>The bias, [outputs], or empty when there is none.</summary>
    public ReadOnlySpan<float> Bias => _bias;

    /// <summary>Bytes held in memory.</summary>
    public long Bytes => Weight.Bytes + (sizeof(float) * (long)_bias.Length);

    internal PackedMatrix Weight { get; }

    /// <summary>Packs a weight stored as torch stores a Linear: row-major [outputs, inputs].</summary>
    /// <param name="weight">The values.</param>
    /// <param name="outputs">Length of an output row.</param>
    /// <param name="inputs">Length of an input row.</param>
    /// <param name="bias">[outputs], or null or empty.</param>
    public static Linear FromOutputsByInputs(ReadOnlySpan<float> weight, int outputs, int inputs, float[]? bias = null) =>
        new(PackedMatrix.FromOutputsByInputs(weight, outputs, inputs), bias ?? []);

    /// <summary>Packs a weight stored row-major [inputs, outputs], as GPT-2 and TransformerLens do.</summary>
    /// <param name="weight">The values.</param>
    /// <param name="inputs">Length of an input row.</param>
    /// <param name="outputs">Length of an output row.</param>
    /// <param name="bias">[outputs], or null or empty.</param>
    public static Linear FromInputsByOutputs(ReadOnlySpan<float> weight, int inputs, int outputs, float[]? bias = null) =>
        new(PackedMatrix.FromInputsByOutputs(weight, inputs, outputs), bias ?? []);

    /// <summary>Maps rows, y = x W, without the bias; each row's result depends on that row only, bit for bit.</summary>
    /// <param name="rows">Row-major [count, inputs].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Row-major [count, outputs]; must not overlap the rows.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Apply(ReadOnlySpan<float> rows, int count, Span<float> destination, int threads = 1) =>
        MatrixProduct.Multiply(rows, count, Weight, [], destination, threads);

    /// <summary>Copies the weights that one input feeds, W[input, :].</summary>
    /// <param name="input">Index of the input.</param>
    /// <param name="destination">[outputs].</param>
    public void CopyInput(int input, Span<float> destination) => Weight.CopyRow(input, destination);

    /// <summary>Copies the weights that feed one output, W[:, output].</summary>
    /// <param name="output">Index of the output.</param>
    /// <param name="destination">[inputs].</param>
    public void CopyOutput(int output, Span<float> destination) => Weight.CopyColumn(output, destination);
}
