using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Interp.Runtime.Weights;

/// <summary>A tensor in memory with its name and shape: float32 or 64-bit integers, row-major.</summary>
public sealed class NamedTensor
{
    private NamedTensor(
        string name, int[] shape, SafetensorsType type, ReadOnlyMemory<float> floats, ReadOnlyMemory<long> integers, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        long count = 1;
        foreach (int axis in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(axis, nameof(shape));
            count = checked(count * axis);
        }
        if (count != length)
        {
            throw new ArgumentException(
                $"Tensor {name}: the shape {OneLine.Shape(shape)} has {count} elements, the data has {length}.", nameof(shape));
        }
        Name = name;
        Shape = [.. shape];
        Type = type;
        FloatData = floats;
        IntegerData = integers;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The sizes of the axes, outermost first; empty for a scalar.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary><see cref="SafetensorsType.F32"/> or <see cref="SafetensorsType.I64"/>.</summary>
    public SafetensorsType Type { get; }

    /// <summary>The elements of a float tensor, row-major; empty otherwise.</summary>
    public ReadOnlyMemory<float> FloatData { get; }

    /// <summary>The elements of an integer tensor, row-major; empty otherwise.</summary>
    public ReadOnlyMemory<long> IntegerData { get; }

    /// <summary>The number of elements.</summary>
    public int Count => Type == SafetensorsType.F32 ? FloatData.Length : IntegerData.Length;

    /// <summary>The bytes of some of the elements, in the machine's order.</summary>
    internal ReadOnlySpan<byte> Bytes(int start, int count) => Type == SafetensorsType.F32
        ? MemoryMarshal.AsBytes(FloatData.Span.Slice(start, count))
        : MemoryMarshal.AsBytes(IntegerData.Span.Slice(start, count));

    /// <summary>A float32 tensor. The data is not copied.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <param name="shape">The sizes of the axes; empty for a scalar.</param>
    /// <param name="data">The elements, row-major.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The shape has another number of elements than the data.</exception>
    public static NamedTensor Float(string name, int[] shape, ReadOnlyMemory<float> data) =>
        new(name, shape, SafetensorsType.F32, data, default, data.Length);

    /// <summary>A tensor of 64-bit integers. The data is not copied.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <param name="shape">The sizes of the axes; empty for a scalar.</param>
    /// <param name="data">The elements, row-major.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The shape has another number of elements than the data.</exception>
    public static NamedTensor Integers(string name, int[] shape, ReadOnlyMemory<long> data) =>
        new(name, shape, SafetensorsType.I64, default, data, data.Length);
}
