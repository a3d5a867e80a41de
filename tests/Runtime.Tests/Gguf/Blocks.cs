using System.Runtime.InteropServices;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Values that were quantised: the bytes of the file, what they stand for, and how far from the original that may be.</summary>
/// <param name="Bytes">The blocks.</param>
/// <param name="Values">What the published formula gives for the integers and scales that went into the blocks.</param>
/// <param name="Bound">The largest error of each value.</param>
internal sealed record Quantised(byte[] Bytes, float[] Values, float[] Bound);

/// <summary>
/// Quantisers written from the published block layouts. They keep the integers that they chose, so that the values they expect
/// do not come from decoding bytes.
/// </summary>
internal static class Blocks
{
    public static byte[] Float32(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    public static byte[] Float16(float[] values) =>
        MemoryMarshal.AsBytes(values.Select(v => (Half)v).ToArray().AsSpan()).ToArray();

    /// <summary>Quantises values to a type of the format, given by its number.</summary>
    public static Quantised Quantise(uint type, float[] values)
    {
        (int length, Func<float[], Quantised> block) = type switch
        {
            2u => (32, x => Simple(x, 4, false)),
            3u => (32, x => Simple(x, 4, true)),
            6u => (32, x => Simple(x, 5, false)),
            7u => (32, x => Simple(x, 5, true)),
            8u => (32, Eight),
            12u => (256, x => Grouped(x, 4)),
            13u => (256, x => Grouped(x, 5)),
            14u => (256, (Func<float[], Quantised>)Six),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        Quantised[] blocks = [.. values.Chunk(length).Select(block)];
        return new Quantised(
            [.. blocks.SelectMany(b => b.Bytes)], [.. blocks.SelectMany(b => b.Values)], [.. blocks.SelectMany(b => b.Bound)]);
    }

    /// <summary>Q4_0, Q4_1, Q5_0, Q5_1: x = d (q - 2^(bits - 1)), or x = d q + m.</summary>
    private static Quantised Simple(float[] x, int bits, bool hasMinimum)
    {
        int top = (1 << bits) - 1, middle = hasMinimum ? 0 : 1 << (bits - 1);
        float low = hasMinimum ? x.Min() : 0;
        Half d = (Half)(hasMinimum ? (x.Max() - low) / top : x.Max(Math.Abs) / (middle - 1)), m = (Half)low;
        int[] q = Codes(x, (float)m, (float)d, middle, top);
        var bytes = new List<byte>();
        bytes.AddRange(BitConverter.GetBytes(d));
        if (hasMinimum)
            bytes.AddRange(BitConverter.GetBytes(m));
        if (bits == 5)
            bytes.AddRange(BitConverter.GetBytes(Enumerable.Range(0, 32).Aggregate(0u, (sum, i) => sum | ((uint)(q[i] >> 4) << i))));
        bytes.AddRange(Enumerable.Range(0, 16).Select(i => (byte)((q[i] & 15) | ((q[i + 16] & 15) << 4))));
        return new Quantised(
            [.. bytes],
            [.. q.Select(c => hasMinimum ? ((float)d * c) + (float)m : (float)d * (c - middle))],
            // Half a step, and what rounding d and m to binary16 (11 bits) costs over the range.
            [.. x.Select(_ => ((float)d / 2) + ((Math.Abs(low) + (top * (float)d)) / 1024))]);
    }

    private static Quantised Eight(float[] x)
    {
        Half d = (Half)(x.Max(Math.Abs) / 127);
        int[] q = [.. x.Select(v => (int)Math.Clamp(MathF.Round(v / (float)d), -127, 127))];
        return new Quantised(
            [.. BitConverter.GetBytes(d), .. q.Select(c => (byte)(sbyte)c)],
            [.. q.Select(c => (float)d * c)],
            [.. x.Select(_ => ((float)d / 2) + (127 * (float)d / 1024))]);
    }

    /// <summary>Q4_K, Q5_K: x = (d s) q - (dmin m), s and m of 6 bits for each group of 32.</summary>
    private static Quantised Grouped(float[] x, int bits)
    {
        int top = (1 << bits) - 1;
        float[][] groups = [.. x.Chunk(32)];
        float[] minima = [.. groups.Select(g => Math.Max(0, -g.Min()))];
        float[] steps = [.. groups.Select((g, i) => (g.Max() + minima[i]) / top)];
        Half d = (Half)(steps.Max() / 63), dmin = (Half)(minima.Max() / 63);
        int[] s = [.. steps.Select(v => Math.Clamp((int)MathF.Ceiling(v / (float)d), 1, 63))];
        int[] m = [.. minima.Select(v => (int)Math.Clamp(MathF.Round(v / Math.Max((float)dmin, 1e-20f)), 0, 63))];
        int[][] q = [.. groups.Select((g, i) => Codes(g, -((float)dmin * m[i]), (float)d * s[i], 0, top))];

        var packed = new byte[12];
        for (int g = 0; g < 4; g++)
        {
            packed[g] = (byte)(s[g] | (s[g + 4] >> 4 << 6));
            packed[g + 4] = (byte)(m[g] | (m[g + 4] >> 4 << 6));
            packed[g + 8] = (byte)((s[g + 4] & 15) | ((m[g + 4] & 15) << 4));
        }

        var high = new byte[bits == 5 ? 32 : 0];
        for (int i = 0; i < high.Length; i++)
            high[i] = (byte)Enumerable.Range(0, 8).Sum(g => (q[g][i] >> 4) << g);
        IEnumerable<byte> low = Enumerable.Range(0, 4).SelectMany(pair => Enumerable.Range(0, 32)
            .Select(i => (byte)((q[2 * pair][i] & 15) | ((q[(2 * pair) + 1][i] & 15) << 4))));
        return new Quantised(
            [.. BitConverter.GetBytes(d), .. BitConverter.GetBytes(dmin), .. packed, .. high, .. low],
            [.. q.SelectMany((codes, g) => codes.Select(c => ((float)d * s[g] * c) - ((float)dmin * m[g])))],
            // Half a step of x, half a step of the minimum, and the rounding of d and dmin to binary16.
            [.. q.SelectMany((codes, g) => codes.Select(_ => ((float)d * s[g] / 2) + (float)dmin
                + (((float)dmin * 63) + ((float)d * s[g] * top)) / 512))]);
    }

    /// <summary>Q6_K: x = (d s) (q - 32), s of 8 bits for each group of 16.</summary>
    private static Quantised Six(float[] x)
    {
        float[][] groups = [.. x.Chunk(16)];
        float[] steps = [.. groups.Select(g => g.Max(Math.Abs) / 31)];
        Half d = (Half)(steps.Max() / 127);
        // Every other group has a negative scale: the format allows them.
        int[] s = [.. steps.Select((v, g) => Math.Clamp((int)MathF.Ceiling(v / (float)d), 1, 127) * (g % 2 == 0 ? 1 : -1))];
        int[] q = [.. groups.SelectMany((g, i) => Codes(g, 0, (float)d * s[i], 32, 63))];
        var low = new byte[128];
        var high = new byte[64];
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128, within = i % 128;
            low[(half * 64) + (within % 64)] |= (byte)((q[i] & 15) << (within / 64 * 4));
            high[(half * 32) + (within % 32)] |= (byte)(q[i] >> 4 << (within / 32 * 2));
        }

        return new Quantised(
            [.. low, .. high, .. s.Select(v => (byte)(sbyte)v), .. BitConverter.GetBytes(d)],
            [.. q.Select((c, i) => (float)d * s[i / 16] * (c - 32))],
            [.. q.Select((_, i) => Math.Abs((float)d * s[i / 16]) * (0.5f + (32f / 1024)))]);
    }

    private static int[] Codes(float[] x, float minimum, float step, int middle, int top) =>
        [.. x.Select(v => step == 0 ? middle : (int)Math.Clamp(MathF.Round((v - minimum) / step) + middle, 0, top))];
}
