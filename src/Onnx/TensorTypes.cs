using Interp.Onnx.Format;
using Interp.Runtime.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx;

/// <summary>The element types of the format: their size, and in which typed field they lie when there are no raw bytes.</summary>
internal static class TensorTypes
{
    /// <summary>Bytes of an element in raw data; null for strings and for types that this project does not know.</summary>
    public static int? BytesPerElement(this DataType type) => type switch
    {
        DataType.Bool or DataType.Uint8 or DataType.Int8 => 1,
        DataType.Float16 or DataType.Bfloat16 or DataType.Uint16 or DataType.Int16 => 2,
        DataType.Float or DataType.Int32 or DataType.Uint32 => 4,
        DataType.Double or DataType.Int64 or DataType.Uint64 or DataType.Complex64 => 8,
        DataType.Complex128 => 16,
        _ => null,
    };

    /// <summary>The same type of the safetensors format, for types that are converted.</summary>
    public static SafetensorsType AsSafetensors(this DataType type) => type switch
    {
        DataType.Float => SafetensorsType.F32,
        DataType.Float16 => SafetensorsType.F16,
        DataType.Bfloat16 => SafetensorsType.BF16,
        DataType.Double => SafetensorsType.F64,
        DataType.Int64 => SafetensorsType.I64,
        DataType.Int32 => SafetensorsType.I32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type that is converted."),
    };

    /// <summary>How many elements the typed field of this type holds.</summary>
    public static long TypedCount(this TensorProto tensor, DataType type) => type switch
    {
        DataType.Float => tensor.FloatData.Count,
        DataType.Complex64 => tensor.FloatData.Count / 2,
        DataType.Double => tensor.DoubleData.Count,
        DataType.Complex128 => tensor.DoubleData.Count / 2,
        DataType.Int64 => tensor.Int64Data.Count,
        DataType.Uint32 or DataType.Uint64 => tensor.Uint64Data.Count,
        _ => tensor.Int32Data.Count,
    };

    /// <summary>Copies the typed field of a float type; half floats lie there as the bits of integers.</summary>
    public static void CopyTypedFloats(this TensorProto tensor, DataType type, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type switch
            {
                DataType.Float => tensor.FloatData[i],
                DataType.Double => (float)tensor.DoubleData[i],
                DataType.Float16 => (float)BitConverter.UInt16BitsToHalf((ushort)tensor.Int32Data[i]),
                _ => BitConverter.Int32BitsToSingle(tensor.Int32Data[i] << 16),
            };
        }
    }
}
