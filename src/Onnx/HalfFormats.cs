using Interp.Runtime.Kernels;

namespace Interp.Onnx;

/// <summary>Rounding to numbers of 2 bytes: to the nearest, ties to even.</summary>
internal static class HalfFormats
{
    /// <summary>The nearest number of a format, as a float32.</summary>
    /// <param name="value">The number.</param>
    /// <param name="format">The format; float32 leaves it as it is.</param>
    public static float Round(float value, WeightFormat format) => format switch
    {
        WeightFormat.Float16 => (float)(Half)value,
        WeightFormat.BFloat16 when float.IsFinite(value) => UpperHalf(BitConverter.SingleToUInt32Bits(value)),
        _ => value,
    };

    /// <summary>The name of a format.</summary>
    public static string Name(this WeightFormat format) => format switch
    {
        WeightFormat.Float16 => "float16",
        WeightFormat.BFloat16 => "bfloat16",
        _ => "float32",
    };

    private static float UpperHalf(uint bits) => BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000);
}
