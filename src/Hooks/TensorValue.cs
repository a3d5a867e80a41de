using System.Runtime.InteropServices;

namespace Interp.Hooks;

/// <summary>
/// Numbers with a shape, compared by content (bit for bit). The arrays are not copied and must not be changed
/// afterwards.
/// </summary>
public sealed class TensorValue : IEquatable<TensorValue>
{
    /// <summary>Wraps values.</summary>
    /// <param name="shape">Length of each axis.</param>
    /// <param name="values">The values, row-major.</param>
    /// <exception cref="InvalidInputException">The shape does not hold this many values.</exception>
    public TensorValue(int[] shape, float[] values)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        Shape = shape;
        Values = values;
        if (shape.Any(axis => axis < 0) || shape.Aggregate(1L, (product, axis) => product * axis) != values.Length)
        {
            throw new InvalidInputException($"tensor of shape {ShapeText(shape)}: cannot hold {values.Length} values");
        }
    }

    /// <summary>A vector.</summary>
    /// <param name="values">Its values.</param>
    public static TensorValue Vector(params float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new TensorValue([values.Length], values);
    }

    /// <summary>Length of each axis.</summary>
    public int[] Shape { get; }

    /// <summary>The values, row-major.</summary>
    public float[] Values { get; }

    /// <inheritdoc/>
    public bool Equals(TensorValue? other) =>
        other is not null
        && Shape.AsSpan().SequenceEqual(other.Shape)
        && MemoryMarshal.AsBytes<float>(Values).SequenceEqual(MemoryMarshal.AsBytes<float>(other.Values));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(MemoryMarshal.AsBytes<int>(Shape));
        hash.AddBytes(MemoryMarshal.AsBytes<float>(Values));
        return hash.ToHashCode();
    }

    /// <summary>The shape, such as <c>[7, 4, 12]</c>.</summary>
    public override string ToString() => ShapeText(Shape);

    /// <summary>A shape as shown to users.</summary>
    internal static string ShapeText(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";
}
