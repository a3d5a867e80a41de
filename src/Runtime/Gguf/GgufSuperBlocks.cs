namespace Interp.Runtime.Gguf;

/// <summary>
/// Dequantisation of the blocks of 256 elements (k-quants): the scales of their groups are small integers themselves.
/// Layouts: block_q4_K, block_q5_K and block_q6_K of ggml-common.h.
/// </summary>
internal static class GgufSuperBlocks
{
    private const int Group = 32;

    /// <summary>Eight groups of 32 with 4 bits: (d scale) q - (dmin minimum).</summary>
    public static void Q4K(ReadOnlySpan<byte> block, Span<float> values) => Grouped(block, [], block[16..], values);

    /// <summary>The same with 5 bits: bit g of byte i of the high bits belongs to element i of group g.</summary>
    public static void Q5K(ReadOnlySpan<byte> block, Span<float> values) => Grouped(block, block.Slice(16, Group), block[48..], values);

    /// <summary>
    /// Sixteen groups of 16 with 6 bits: (d scale) (q - 32). Each half of 128 elements has 64 bytes of low bits, where byte i
    /// holds elements i and i + 64, and 32 bytes of high bits, where byte i holds elements i, i + 32, i + 64 and i + 96.
    /// </summary>
    public static void Q6K(ReadOnlySpan<byte> block, Span<float> values)
    {
        ReadOnlySpan<byte> low = block[..128], high = block.Slice(128, 64), scales = block.Slice(192, 16);
        float d = GgufBlocks.Float16(block, 208);
        for (int group = 0; group < 16; group++)
        {
            float scale = d * (sbyte)scales[group];
            int half = group / 8, within = group % 8 * 16;
            for (int i = 0; i < 16; i++)
            {
                int element = within + i;
                int four = low[(half * 64) + (element % 64)] >> (element / 64 * 4) & 0xF;
                int two = high[(half * 32) + (element % 32)] >> (element / 32 * 2) & 3;
                values[(half * 128) + element] = scale * ((four | (two << 4)) - 32);
            }
        }
    }

    // Two groups share 32 bytes: the low halves are the first one's, the high halves the second one's.
    private static void Grouped(ReadOnlySpan<byte> block, ReadOnlySpan<byte> fifth, ReadOnlySpan<byte> codes, Span<float> values)
    {
        float d = GgufBlocks.Float16(block, 0), dmin = GgufBlocks.Float16(block, 2);
        for (int group = 0; group < 8; group++)
        {
            (int scaleCode, int minimumCode) = SixBits(block.Slice(4, 12), group);
            float scale = d * scaleCode, minimum = dmin * minimumCode;
            for (int i = 0; i < Group; i++)
            {
                int code = codes[(group / 2 * Group) + i] >> (group % 2 * 4) & 0xF;
                if (!fifth.IsEmpty)
                    code |= (fifth[i] >> group & 1) << 4;
                values[(group * Group) + i] = (scale * code) - minimum;
            }
        }
    }

    /// <summary>
    /// Scale and minimum of a group, 6 bits each, from 12 bytes: those of groups 0 to 3 are the low 6 bits of bytes 0 to 3 and 4
    /// to 7; those of groups 4 to 7 have their low 4 bits in bytes 8 to 11 and their high 2 bits on top of the former.
    /// </summary>
    private static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 0xF) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));
}
