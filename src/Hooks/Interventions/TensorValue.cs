using System.Globalization;

namespace Interp.Hooks;

/// <summary>A tensor as a value: shape and row-major floats, equal when they are.</summary>
public sealed class TensorValue : IEquatable<TensorValue>
{
    private readonly int[] _shape;
    private readonly float[] _values;

    /// <summary>Wraps values; the arrays are not copied and must not be written to afterwards.</summary>
    /// <param name="shape">Size of each axis.</param>
    /// <param name="values">Row-major values.</param>
    /// <exception cref="InvalidInputException">Shape and number of values disagree.</exception>
    public TensorValue(int[] shape, float[] values)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        if (Array.Exists(shape, n => n < 0) || shape.Aggregate(1L, (a, b) => a * b) != values.Length)
        {
            throw new InvalidInputException(
                $"a tensor of shape {Format(shape)}: expected {shape.Aggregate(1L, (a, b) => a * b)} values, found {values.Length}");
        }

        _shape = shape;
        _values = values;
    }

    /// <summary>A vector.</summary>
    /// <param name="values">Its values.</param>
    public static TensorValue Vector(params float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new TensorValue([values.Length], values);
    }

    /// <summary>Size of each axis.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>Row-major values.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <inheritdoc/>
    public bool Equals(TensorValue? other) =>
        other is not null && _shape.AsSpan().SequenceEqual(other._shape) && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int n in _shape)
        {
            hash.Add(n);
        }

        foreach (float value in _values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => "tensor " + Format(_shape);

    internal static string Format(IEnumerable<int> shape) =>
        "[" + string.Join(", ", shape.Select(n => n.ToString(CultureInfo.InvariantCulture))) + "]";
}

/// <summary>For each position of the run that is patched, the position of the source run, or -1 for none.</summary>
/// <param name="sourceOf">Source position by destination position.</param>
public sealed class PositionMap(IReadOnlyList<int> sourceOf) : IEquatable<PositionMap>
{
    /// <summary>Source position by destination position; -1 = none.</summary>
    public IReadOnlyList<int> SourceOf { get; } = sourceOf;

    /// <inheritdoc/>
    public bool Equals(PositionMap? other) => other is not null && SourceOf.SequenceEqual(other.SourceOf);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PositionMap);

    /// <inheritdoc/>
    public override int GetHashCode() => SourceOf.Aggregate(17, HashCode.Combine);
}
