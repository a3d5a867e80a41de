using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Interp.Runtime.Weights;

/// <summary>Converts stored little-endian elements. Pure functions on spans; the source need not be aligned.</summary>
internal static class TensorConversion
{
    /// <summary>
    /// Converts F64, F32, F16 or BF16 to float32: exact except for F64, which is rounded to nearest (beyond the range: to
    /// infinity).
    /// </summary>
    /// <param name="source">The elements' bytes; as many elements as the destination has.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Receives the values; must not overlap the source.</param>
    public static void ToSingle(ReadOnlySpan<byte> source, SafetensorsType type, Span<float> destination)
    {
        switch (type)
        {
            case SafetensorsType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case SafetensorsType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case SafetensorsType.BF16:
                BFloat16ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case SafetensorsType.F64:
                TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a floating point type that is converted.");
        }
    }

    /// <summary>Converts integers of up to 64 bits, or booleans to 0 and 1.</summary>
    /// <param name="source">The elements' bytes; as many elements as the destination has.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Receives the values; must not overlap the source.</param>
    /// <returns>False when the type is not one of BOOL, U8, I8, U16, I16, U32, I32, I64.</returns>
    public static bool TryToInt64(ReadOnlySpan<byte> source, SafetensorsType type, Span<long> destination)
    {
        switch (type)
        {
            case SafetensorsType.Bool:
                for (int i = 0; i < source.Length; i++)
                    destination[i] = source[i] == 0 ? 0 : 1;
                return true;
            case SafetensorsType.U8:
                return Widen<byte>(source, destination);
            case SafetensorsType.I8:
                return Widen<sbyte>(source, destination);
            case SafetensorsType.U16:
                return Widen<ushort>(source, destination);
            case SafetensorsType.I16:
                return Widen<short>(source, destination);
            case SafetensorsType.U32:
                return Widen<uint>(source, destination);
            case SafetensorsType.I32:
                return Widen<int>(source, destination);
            case SafetensorsType.I64:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                return true;
            default:
                return false;
        }
    }

    private static bool Widen<T>(ReadOnlySpan<byte> source, Span<long> destination)
        where T : unmanaged, INumberBase<T>
    {
        TensorPrimitives.ConvertChecked<T, long>(MemoryMarshal.Cast<byte, T>(source), destination);
        return true;
    }

    private static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }
}
