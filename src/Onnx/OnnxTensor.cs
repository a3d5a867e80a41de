using Interp.Onnx.Format;
using Interp.Runtime.Kernels;
using Interp.Runtime.Weights;
using Microsoft.Win32.SafeHandles;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx;

/// <summary>
/// A constant of a graph: an initializer or the value of a Constant node. Its shape and the bytes there are were compared when
/// it was made, so reading it cannot leave them.
/// </summary>
internal sealed class OnnxTensor
{
    private const int ElementsAtOnce = 1 << 18;

    private readonly TensorProto _data;
    private readonly SafeFileHandle? _file;
    private readonly long _offset;
    private readonly string _place;

    private OnnxTensor(TensorProto data, string name, string place, int[] shape, long count, (SafeFileHandle, long)? external)
    {
        (_data, Name, _place, Shape, Count) = (data, name, place, shape, count);
        (_file, _offset) = external ?? default;
    }

    /// <summary>The initializer's name, or that of the value a Constant node gives.</summary>
    public string Name { get; }

    /// <summary>Sizes of the axes, outermost first.</summary>
    public int[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Bytes of the elements as they are stored.</summary>
    public long Bytes => Count * (Type.BytesPerElement() ?? 0);

    /// <summary>Whether the elements can be read as float32.</summary>
    public bool IsFloat => Type is DataType.Float or DataType.Float16 or DataType.Bfloat16 or DataType.Double;

    /// <summary>The 2-byte format of the elements; float32 for all others.</summary>
    public WeightFormat Format => Type switch
    {
        DataType.Float16 => WeightFormat.Float16,
        DataType.Bfloat16 => WeightFormat.BFloat16,
        _ => WeightFormat.Float32,
    };

    /// <summary>The element type as safetensors spells it, or ONNX's own name for it in capitals.</summary>
    public string TypeName => Type switch
    {
        DataType.Float => "F32",
        DataType.Float16 => "F16",
        DataType.Bfloat16 => "BF16",
        DataType.Double => "F64",
        _ => Enum.IsDefined(Type) ? Type.ToString().ToUpperInvariant() : $"type {_data.DataType}",
    };

    private DataType Type => (DataType)_data.DataType;

    /// <summary>Checks a tensor's shape against its data.</summary>
    /// <param name="file">The file it belongs to.</param>
    /// <param name="data">The message.</param>
    /// <param name="name">Its name in the graph.</param>
    /// <exception cref="InvalidInputException">The shape is impossible, or there are more or fewer bytes than it asks
    /// for.</exception>
    public static OnnxTensor Create(OnnxFile file, TensorProto data, string name)
    {
        string place = $"tensor {OneLine.Quote(name)}";
        long count = 1;
        foreach (long axis in data.Dims)
        {
            if (axis is < 0 or > int.MaxValue || (axis > 0 && count > long.MaxValue / 16 / axis))
            {
                throw new InvalidInputException($"{file.Path}: {place}: expected axes of 0 to {int.MaxValue} elements and a "
                    + $"product "
                    + $"that fits in memory, found [{string.Join(", ", data.Dims.Take(8))}]");
            }

            count *= axis;
        }

        int[] shape = [.. data.Dims.Select(axis => (int)axis)];
        var tensor = new OnnxTensor(data, name, $"{file.Path}: {place}", shape, count, null);
        if (tensor.Type.BytesPerElement() is not { } size)
        {
            // Strings and packed small types: no part of a model that is read here, refused when one asks for the values.
            return tensor;
        }

        if (data.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return new OnnxTensor(data, name, tensor._place, shape, count, file.External.Find(data, place, count * size));
        }

        long found = data.HasRawData ? data.RawData.Length : data.TypedCount(tensor.Type);
        long expected = data.HasRawData ? count * size : count;
        return found == expected
            ? tensor
            : throw new InvalidInputException($"{tensor._place}: expected {expected} "
            + $"{(data.HasRawData ? "bytes" : "values")} for shape "
                + $"{OneLine.Shape(shape)}, found {found}");
    }

    /// <summary>Reads the elements as float32.</summary>
    /// <exception cref="InvalidInputException">The tensor holds no floats.</exception>
    public float[] Floats()
    {
        if (!IsFloat)
        {
            throw new InvalidInputException(
                $"{_place}: expected FLOAT, FLOAT16, BFLOAT16 or DOUBLE, found "
                    + $"{(Enum.IsDefined(Type) ? Type : "type " + _data.DataType)}");
        }

        if (Count > Array.MaxLength)
        {
            throw new InvalidInputException($"{_place}: expected at most {Array.MaxLength} elements, found {Count}");
        }

        float[] values = GC.AllocateUninitializedArray<float>((int)Count);
        if (_file is null && !_data.HasRawData)
        {
            _data.CopyTypedFloats(Type, values);
            return values;
        }

        int size = Type.BytesPerElement()!.Value;
        byte[] buffer = _file is null ? [] : new byte[Math.Min(Count, ElementsAtOnce) * size];
        for (int i = 0; i < values.Length; i += ElementsAtOnce)
        {
            Span<float> piece = values.AsSpan(i, Math.Min(ElementsAtOnce, values.Length - i));
            TensorConversion.ToSingle(Read((long)i * size, piece.Length * size, buffer), Type.AsSafetensors(), piece);
        }

        return values;
    }

    /// <summary>Reads the elements of an INT64 or INT32 tensor; null for any other type, or when there are too many.</summary>
    /// <param name="atMost">More elements than this are not read.</param>
    public long[]? Integers(int atMost = 1 << 16)
    {
        if (Type is not (DataType.Int64 or DataType.Int32) || Count > atMost)
        {
            return null;
        }

        if (_file is null && !_data.HasRawData)
        {
            return Type == DataType.Int64 ? [.. _data.Int64Data] : [.. _data.Int32Data];
        }

        var values = new long[Count];
        int bytes = values.Length * Type.BytesPerElement()!.Value;
        TensorConversion.TryToInt64(Read(0, bytes, new byte[bytes]), Type.AsSafetensors(), values);
        return values;
    }

    /// <summary>The bytes of the elements as they are stored.</summary>
    /// <exception cref="InvalidInputException">They lie in typed fields, or are too many for one array.</exception>
    public ReadOnlySpan<byte> Raw()
    {
        if (Type.BytesPerElement() is not { } size || (_file is null && !_data.HasRawData) || Count > Array.MaxLength / size)
        {
            throw new InvalidInputException($"{_place}: expected raw bytes, at most {Array.MaxLength} of them");
        }

        int bytes = (int)Count * size;
        return Read(0, bytes, new byte[_file is null ? 0 : bytes]);
    }

    /// <summary>The one element of a float tensor; null when there are more, or none, or they are not floats.</summary>
    public float? Scalar() => IsFloat && Count == 1 ? Floats()[0] : null;

    /// <summary>Whether another tensor has the same type, shape and values, to the bit.</summary>
    /// <param name="other">The other tensor.</param>
    public bool SameAs(OnnxTensor other)
    {
        if (Type != other.Type || !Shape.AsSpan().SequenceEqual(other.Shape))
        {
            return false;
        }

        if (IsFloat)
        {
            return System.Runtime.InteropServices.MemoryMarshal.AsBytes(Floats().AsSpan())
                .SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(other.Floats().AsSpan()));
        }

        return Integers(int.MaxValue) is { } own && other.Integers(int.MaxValue) is { } theirs
            ? own.AsSpan().SequenceEqual(theirs)
            : _data.RawData.Equals(other._data.RawData) && _data.Int32Data.Equals(other._data.Int32Data);
    }

    private ReadOnlySpan<byte> Read(long start, int length, byte[] buffer)
    {
        if (_file is null)
        {
            return _data.RawData.Span.Slice((int)start, length);
        }

        for (int at = 0; at < length;)
        {
            int read = RandomAccess.Read(_file, buffer.AsSpan(at, length - at), _offset + start + at);
            at += read > 0 ? read : throw new InvalidInputException($"{_place}: the external data ended early");
        }

        return buffer.AsSpan(0, length);
    }
}
