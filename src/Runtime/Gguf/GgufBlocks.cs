using System.Buffers.Binary;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// Dequantisation. A block is a scale d (and a minimum m), both binary16, and one small integer q for each element; the value is
/// d q + m, in float32 and in that order. Layouts: the block structures of ggml-common.h, which the GGUF specification names.
/// Pure functions on spans.
/// </summary>
internal static class GgufBlocks
{
    private const int Half = 16;

    private delegate void Decoder(ReadOnlySpan<byte> block, Span<float> values);

    /// <summary>Converts whole blocks to float32.</summary>
    /// <param name="source">The blocks.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Receives the values, as many as the blocks have.</param>
    public static void ToSingle(ReadOnlySpan<byte> source, GgufTensorType type, Span<float> destination)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                TensorConversion.ToSingle(source, SafetensorsType.F32, destination);
                return;
            case GgufTensorType.F16:
                TensorConversion.ToSingle(source, SafetensorsType.F16, destination);
                return;
            case GgufTensorType.BF16:
                TensorConversion.ToSingle(source, SafetensorsType.BF16, destination);
                return;
            case GgufTensorType.F64:
                TensorConversion.ToSingle(source, SafetensorsType.F64, destination);
                return;
        }

        Decoder decode = type switch
        {
            GgufTensorType.Q40 => Q40,
            GgufTensorType.Q41 => Q41,
            GgufTensorType.Q50 => Q50,
            GgufTensorType.Q51 => Q51,
            GgufTensorType.Q80 => Q80,
            GgufTensorType.Q4K => GgufSuperBlocks.Q4K,
            GgufTensorType.Q5K => GgufSuperBlocks.Q5K,
            GgufTensorType.Q6K => GgufSuperBlocks.Q6K,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a tensor type that is read."),
        };
        int length = type.BlockLength(), bytes = type.BlockBytes();
        for (int i = 0; i < destination.Length; i += length)
            decode(source.Slice(i / length * bytes, bytes), destination.Slice(i, length));
    }

    /// <summary>A binary16 number of a block.</summary>
    public static float Float16(ReadOnlySpan<byte> block, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);

    // Elements i and i + 16 share byte i: low and high half.
    private static void Q40(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16(block, 0);
        ReadOnlySpan<byte> codes = block[2..];
        for (int i = 0; i < Half; i++)
        {
            values[i] = scale * ((codes[i] & 0xF) - 8);
            values[i + Half] = scale * ((codes[i] >> 4) - 8);
        }
    }

    private static void Q41(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16(block, 0), minimum = Float16(block, 2);
        ReadOnlySpan<byte> codes = block[4..];
        for (int i = 0; i < Half; i++)
        {
            values[i] = (scale * (codes[i] & 0xF)) + minimum;
            values[i + Half] = (scale * (codes[i] >> 4)) + minimum;
        }
    }

    // As with four bits; the fifth bits of all 32 elements are one 32-bit number.
    private static void Q50(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16(block, 0);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        ReadOnlySpan<byte> codes = block[6..];
        for (int i = 0; i < Half; i++)
        {
            values[i] = scale * (((codes[i] & 0xF) | Fifth(fifth, i)) - 16);
            values[i + Half] = scale * (((codes[i] >> 4) | Fifth(fifth, i + Half)) - 16);
        }
    }

    private static void Q51(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16(block, 0), minimum = Float16(block, 2);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        ReadOnlySpan<byte> codes = block[8..];
        for (int i = 0; i < Half; i++)
        {
            values[i] = (scale * ((codes[i] & 0xF) | Fifth(fifth, i))) + minimum;
            values[i + Half] = (scale * ((codes[i] >> 4) | Fifth(fifth, i + Half))) + minimum;
        }
    }

    private static void Q80(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16(block, 0);
        for (int i = 0; i < values.Length; i++)
            values[i] = scale * (sbyte)block[2 + i];
    }

    private static int Fifth(uint bits, int element) => (int)((bits >> element) & 1) << 4;
}
