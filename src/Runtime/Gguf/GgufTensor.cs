using System.Collections.Immutable;

namespace Interp.Runtime.Gguf;

/// <summary>Where one tensor of a GGUF file is and what it is made of, as its header says and as was checked.</summary>
public sealed class GgufTensor
{
    internal GgufTensor(string name, GgufTensorType type, ImmutableArray<int> shape, long offset, long bytes)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Offset = offset;
        Bytes = bytes;
    }

    /// <summary>The name under which the file holds the tensor.</summary>
    public string Name { get; }

    /// <summary>How the elements are stored.</summary>
    public GgufTensorType Type { get; }

    /// <summary>The sizes of the axes, outermost first: the file's own order is the reverse.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>The first byte, counted from the start of the tensors' data; a multiple of the alignment.</summary>
    public long Offset { get; }

    /// <summary>The stored bytes.</summary>
    public long Bytes { get; }

    /// <summary>The number of elements.</summary>
    public long Count => Bytes / Type.BlockBytes() * Type.BlockLength();
}
