namespace Interp.Runtime.Tests.Gguf;

/// <summary>
/// One element of a block at a time, from where the published layouts put its bits: float64, no loop is shared with the reader, which goes
/// through bytes in their order.
/// </summary>
internal static class BlockLayouts
{
    /// <summary>The element of a type's blocks, and the size of the terms that it is made of.</summary>
    public static (double Value, double Size) Element(uint type, byte[] bytes, int index) => type switch
    {
        2u => Four(Block(bytes, 18, index / 32), index % 32),
        8u => Eight(Block(bytes, 34, index / 32), index % 32),
        12u => FourK(Block(bytes, 144, index / 256), index % 256),
        14u => SixK(Block(bytes, 210, index / 256), index % 256),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    // Q4_0: d, then nibbles; the lower ones are elements 0 to 15, the upper ones 16 to 31. x = d (q - 8).
    private static (double, double) Four(byte[] b, int i) => One(Half(b, 0), Bits(b[2 + (i % 16)], i < 16 ? 0 : 4, 4) - 8);

    // Q8_0: d, then signed bytes. x = d q.
    private static (double, double) Eight(byte[] b, int i) => One(Half(b, 0), (sbyte)b[2 + i]);

    // Q4_K: d, dmin, 12 bytes with 8 scales and 8 minima of 6 bits, then nibbles: 32 bytes hold two groups of 32. x = d s q - dmin m.
    private static (double, double) FourK(byte[] b, int i)
    {
        int group = i / 32, at = 4 + (group % 4);
        int scale = group < 4 ? Bits(b[at], 0, 6) : Bits(b[at + 8], 0, 4) + (16 * Bits(b[at], 6, 2));
        int minimum = group < 4 ? Bits(b[at + 4], 0, 6) : Bits(b[at + 8], 4, 4) + (16 * Bits(b[at + 4], 6, 2));
        double x = Half(b, 0) * scale * Bits(b[16 + (32 * (group / 2)) + (i % 32)], 4 * (group % 2), 4), m = Half(b, 2) * minimum;
        return (x - m, Math.Abs(x) + Math.Abs(m));
    }

    // Q6_K: halves of 128 elements: 64 bytes with the lower 4 bits and 32 bytes with the upper 2; 16 signed scales; d. x = d s (q - 32).
    private static (double, double) SixK(byte[] b, int i)
    {
        int half = i / 128, quarter = i % 128 / 32, at = i % 32;
        int lower = Bits(b[(64 * half) + (32 * (quarter % 2)) + at], 4 * (quarter / 2), 4);
        int upper = Bits(b[128 + (32 * half) + at], 2 * quarter, 2);
        return One(Half(b, 208) * (sbyte)b[192 + (i / 16)], lower + (16 * upper) - 32);
    }

    private static (double, double) One(double scale, int code) => (scale * code, Math.Abs(scale * code));

    private static int Bits(byte value, int from, int count) => (value >> from) & ((1 << count) - 1);

    private static double Half(byte[] b, int at) => (double)BitConverter.ToHalf(b, at);

    private static byte[] Block(byte[] bytes, int size, int block) => bytes[(block * size)..((block + 1) * size)];
}
