using System.Buffers.Binary;
using System.Collections.Immutable;
using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// Reads and checks the header of a GGUF file: magic, version, counts, metadata, tensors. Whatever the file claims, no more is
/// allocated than a few hundred bytes for each of a bounded number of keys and tensors.
/// </summary>
internal sealed class GgufHeader
{
    /// <summary>The fewest bytes of a file: magic, version and two counts.</summary>
    public const int LeastBytes = 24;

    private const int MostKeys = 1 << 16, MostTensors = 1 << 16, LongestName = 1024, MostAxes = 4, DeepestArray = 8;
    private const int MostElements = 1 << 27, DefaultAlignment = 32;
    private const string AlignmentKey = "general.alignment";

    private readonly GgufCursor cursor;
    private readonly MappedFile file;
    private readonly string path;

    private GgufHeader(MappedFile file, string path)
    {
        this.file = file;
        this.path = path;
        cursor = new GgufCursor(file, path);
        Version = ReadVersion();
        long tensors = Bounded(cursor.Count("tensors", 24), MostTensors, "tensors");
        long keys = Bounded(cursor.Count("metadata keys", 13), MostKeys, "metadata keys");
        Metadata = new GgufMetadata(file, path, ReadMetadata(keys));
        Alignment = ReadAlignment();
        ReadTensors(tensors);
        DataStart = cursor.Position + GgufLayout.Padding(cursor.Position, Alignment);
        GgufLayout.Check(Tensors.Values, DataStart, file.Length, Alignment, path);
    }

    /// <summary>2 or 3.</summary>
    public int Version { get; }

    /// <summary>What the offsets of tensors are multiples of.</summary>
    public int Alignment { get; }

    /// <summary>The first byte of the tensors' data.</summary>
    public long DataStart { get; }

    /// <summary>The metadata.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the order of the file.</summary>
    public OrderedDictionary<string, GgufTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="InvalidInputException">It breaks a rule of the format.</exception>
    public static GgufHeader Read(MappedFile file, string path) => new(file, path);

    private int ReadVersion()
    {
        ReadOnlySpan<byte> magic = cursor.Take(4);
        if (!magic.SequenceEqual("GGUF"u8))
        {
            throw new InvalidInputException(magic.SequenceEqual("vers"u8)
                ? $"{path}: expected a GGUF file, found a Git LFS pointer; fetch the file itself with git lfs pull"
                : $"{path}: expected a GGUF file, which begins with GGUF, found {Convert.ToHexString(magic)}");
        }
        uint version = cursor.U32();
        if (BinaryPrimitives.ReverseEndianness(version) is > 0 and < 256)
            throw new InvalidInputException($"{path}: expected a little-endian GGUF file, found a big-endian one");
        return version is 2 or 3
            ? (int)version
            : throw new InvalidInputException($"{path}: expected version 2 or 3 of GGUF, found {version}");
    }

    private OrderedDictionary<string, (GgufValueType Type, long At)> ReadMetadata(long count)
    {
        var values = new OrderedDictionary<string, (GgufValueType Type, long At)>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            cursor.Enter($"metadata key {i}");
            string key = cursor.Text(LongestName);
            cursor.Enter("metadata key", key);
            GgufValueType type = ReadType();
            if (!values.TryAdd(key, (type, cursor.Position)))
                throw cursor.Error("the key is there twice");
            SkipValue(type, 0);
        }
        return values;
    }

    private GgufValueType ReadType()
    {
        uint number = cursor.U32();
        return number <= (uint)GgufValueType.F64
            ? (GgufValueType)number
            : throw cursor.Error($"expected a value type from 0 to {(uint)GgufValueType.F64}, found {number}");
    }

    private void SkipValue(GgufValueType type, int depth)
    {
        switch (type)
        {
            case GgufValueType.Text:
                cursor.Utf8();
                break;
            case GgufValueType.Array:
                SkipArray(depth + 1);
                break;
            case GgufValueType.Bool:
                byte value = cursor.Take(1)[0];
                if (value > 1)
                    throw cursor.Error($"expected 0 or 1 for a bool, found {value}");
                break;
            default:
                cursor.Skip(type.Size());
                break;
        }
    }

    private void SkipArray(int depth)
    {
        if (depth > DeepestArray)
            throw cursor.Error($"expected arrays nested at most {DeepestArray} deep, found more");
        GgufValueType element = ReadType();
        // A text has at least its length, an array its type and count.
        int least = element switch { GgufValueType.Text => 8, GgufValueType.Array => 12, _ => element.Size() };
        long count = Bounded(cursor.Count("elements", least), MostElements, "elements");
        if (element is not (GgufValueType.Text or GgufValueType.Array or GgufValueType.Bool))
        {
            cursor.Skip(count * element.Size());
            return;
        }
        for (long i = 0; i < count; i++)
            SkipValue(element, depth);
    }

    private int ReadAlignment()
    {
        int alignment = Metadata.Int(AlignmentKey, DefaultAlignment);
        return alignment > 0 && alignment % 8 == 0
            ? alignment
            : throw Metadata.Error(AlignmentKey, $"expected a multiple of 8, found {alignment}");
    }

    private void ReadTensors(long count)
    {
        for (long i = 0; i < count; i++)
        {
            cursor.Enter($"tensor {i}");
            string name = cursor.Text(LongestName);
            cursor.Enter("tensor", name);
            if (!Tensors.TryAdd(name, ReadTensor(name)))
                throw cursor.Error("the name is there twice");
        }
    }

    private GgufTensor ReadTensor(string name)
    {
        uint axes = cursor.U32();
        if (axes > MostAxes)
            throw cursor.Error($"expected at most {MostAxes} axes, found {axes}");
        int[] shape = new int[axes];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            ulong size = cursor.U64();
            // The file has the innermost axis first.
            shape[^(axis + 1)] = size is > 0 and <= int.MaxValue
                ? (int)size
                : throw cursor.Error($"expected axes of 1 to {int.MaxValue} elements, found {size}");
        }
        uint number = cursor.U32();
        if (GgufTensorTypes.Refusal(number) is { } refusal)
            throw cursor.Error(refusal);
        var type = (GgufTensorType)number;
        long bytes = BytesOf(type, shape);
        ulong offset = cursor.U64();
        if (offset > (ulong)file.Length)
            throw cursor.Error($"offset {offset} is out of range: the file has {file.Length} bytes");
        if ((long)offset % Alignment != 0)
            throw cursor.Error($"expected an offset that is a multiple of the alignment {Alignment}, found {offset}");
        return new GgufTensor(name, type, ImmutableArray.Create(shape), (long)offset, bytes);
    }

    private long BytesOf(GgufTensorType type, int[] shape)
    {
        int row = shape.Length == 0 ? 1 : shape[^1];
        if (row % type.BlockLength() != 0)
        {
            throw cursor.Error(
                $"expected rows of {type.Spelling()} to be a multiple of {type.BlockLength()} elements long, found {OneLine.Shape(shape)}");
        }
        long bytes = (long)row / type.BlockLength() * type.BlockBytes();
        foreach (int axis in shape.AsSpan(0, Math.Max(0, shape.Length - 1)))
        {
            if (Math.BigMul(bytes, (long)axis, out bytes) != 0 || bytes < 0)
                throw cursor.Error($"the shape {OneLine.Shape(shape)} overflows: it needs more than {long.MaxValue} bytes");
        }
        return bytes;
    }

    private long Bounded(long count, int most, string things) =>
        count <= most ? count : throw cursor.Error($"expected at most {most} {things}, found {count}");
}
