using System.Collections.Immutable;

namespace Interp.Runtime.Weights;

/// <summary>Where one tensor of a safetensors file is and what it is made of, as its header says and as was checked.</summary>
public sealed class TensorEntry
{
    internal TensorEntry(string name, SafetensorsType type, ImmutableArray<int> shape, long begin, long end)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Begin = begin;
        End = end;
    }

    /// <summary>The name under which the file holds the tensor.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafetensorsType Type { get; }

    /// <summary>The sizes of the axes, outermost first; empty for a scalar.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>The first byte, counted from the end of the header.</summary>
    public long Begin { get; }

    /// <summary>One past the last byte, counted from the end of the header.</summary>
    public long End { get; }

    /// <summary>The number of elements.</summary>
    public long Count => (End - Begin) / Type.Size();
}
