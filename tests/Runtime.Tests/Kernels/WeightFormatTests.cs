using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>Weights of 2 bytes: the product has the bits of converting them to float32 first.</summary>
public sealed unsafe class WeightFormatTests
{
    [Theory]
    [InlineData(nameof(WeightFormat.BFloat16))]
    [InlineData(nameof(WeightFormat.Float16))]
    public void Every_finite_number_is_converted_exactly_on_every_tier(string name)
    {
        WeightFormat format = Enum.Parse<WeightFormat>(name);
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(b => (ushort)b).Where(b => float.IsFinite(Wide(b, format)))];
        int n = all.Length;
        PackedMatrix packed = Pack(all, format, 1, n);
        Assert.Equal(format, packed.Format);
        float[] expected = [.. all.Select(b => 0f + Wide(b, format))], actual = new float[n];
        foreach (KernelTier tier in KernelTiers.Available)
        {
            // One input that is 1: a chain of one step from +0. Many rows take the way that widens the weights first.
            MatrixProduct.Multiply([1f], 1, packed, [], actual, 1, tier);
            Values.SameBits(expected, actual, $"{tier}");
            float[] rows = new float[20 * n];
            MatrixProduct.Multiply([.. Enumerable.Repeat(1f, 20)], 20, packed, [], rows, 1, tier);
            Values.SameBits(expected, rows.AsSpan(19 * n), $"{tier} widened");
        }
    }

    [Theory]
    [InlineData(nameof(WeightFormat.BFloat16))]
    [InlineData(nameof(WeightFormat.Float16))]
    public void A_product_has_the_bits_of_its_float32_form(string name)
    {
        WeightFormat format = Enum.Parse<WeightFormat>(name);
        foreach ((int rows, int k, int n) in new[] { (1, 900, 50), (5, 70, 100), (9, 500, 60), (10, 400, 33), (16, 800, 33), (40, 385, 97), (1, 500, 20), (5, 800, 80), (8, 500, 20), (3, 0, 4), (1, 260, 1008), (7, 65, 490) })
        {
            ushort[] stored = [.. Values.Random(k * n, 5).Select(v => Narrow(v, format))];
            float[] wide = [.. stored.Select(b => Wide(b, format))];
            PackedMatrix narrow = Pack(stored, format, k, n), full = PackedMatrix.FromInputsByOutputs(wide, k, n);
            float[] x = Values.Random(rows * k, 6), expected = new float[rows * n], actual = new float[rows * n];
            foreach (KernelTier tier in KernelTiers.Available)
            {
                MatrixProduct.Multiply(x, rows, full, [], expected, 1, tier);
                MatrixProduct.Multiply(x, rows, narrow, [], actual, 2, tier);
                Values.SameBits(expected, actual, $"{tier} {rows} x {k} x {n}");
                if (k % 5 == 0 && k > 0)
                {
                    MatrixProduct.MultiplyByBlocks(x, rows, full, k / 5, [], expected, 1, tier);
                    MatrixProduct.MultiplyByBlocks(x, rows, narrow, k / 5, [], actual, 2, tier);
                    Values.SameBits(expected, actual, $"{tier} {rows} x {k} x {n} by blocks");
                    MatrixProduct.Multiply(x, rows, full, [], expected, 1, tier);
                }

                int[] columns = [0, n - 1, n / 2];
                float[] some = new float[rows * 3];
                MatrixProduct.MultiplyColumns(x, rows, narrow, columns, [], some, tier);
                for (int i = 0; i < some.Length; i++)
                    Values.SameBits(expected.AsSpan((i / 3 * n) + columns[i % 3], 1), some.AsSpan(i, 1), $"{tier} column");
            }

            Assert.True(narrow.Bytes <= (full.Bytes / 2) + 64);
        }
    }

    [Fact]
    public void Products_in_one_run_may_have_weights_in_different_formats()
    {
        (int rows, int k, int n) = (3, 70, 60);
        ushort[] stored = [.. Values.Random(k * n, 5).Select(v => Narrow(v, WeightFormat.BFloat16))];
        PackedMatrix narrow = Pack(stored, WeightFormat.BFloat16, k, n), wide = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 7), k, n);
        float[] x = Values.Random(rows * k, 6), a = new float[rows * n], b = new float[rows * n], c = new float[rows * n], alone = new float[rows * n];
        MatrixProduct.MultiplyThree(x, rows, new(narrow, [], a), new(wide, [], b), new(narrow, [], c), 2);
        MatrixProduct.Multiply(x, rows, narrow, [], alone);
        Values.SameBits(alone, a);
        Values.SameBits(alone, c);
        MatrixProduct.Multiply(x, rows, wide, [], alone);
        Values.SameBits(alone, b);
    }

    [Fact]
    public void Rows_and_columns_come_back_as_float32()
    {
        (int k, int n) = (7, 60);
        ushort[] stored = [.. Values.Random(k * n, 8).Select(v => Narrow(v, WeightFormat.BFloat16))];
        PackedMatrix packed = Pack(stored, WeightFormat.BFloat16, k, n);
        float[] row = new float[n], column = new float[k];
        packed.CopyRow(3, row);
        packed.CopyColumn(59, column);
        Values.SameBits([.. stored.Skip(3 * n).Take(n).Select(b => Wide(b, WeightFormat.BFloat16))], row);
        Values.SameBits([.. Enumerable.Range(0, k).Select(i => Wide(stored[(i * n) + 59], WeightFormat.BFloat16))], column);
    }

    [Fact]
    public void Float16_weights_with_an_infinity_become_float32()
    {
        ushort[] stored = [.. Values.Random(100, 8).Select(v => Narrow(v, WeightFormat.Float16))];
        stored[57] = BitConverter.HalfToUInt16Bits(Half.NegativeInfinity);
        stored[58] = BitConverter.HalfToUInt16Bits(Half.NaN);
        PackedMatrix packed = Pack(stored, WeightFormat.Float16, 2, 50);
        Assert.Equal(WeightFormat.Float32, packed.Format);
        Assert.Equal(float.NegativeInfinity, packed[1, 7]);
        Assert.True(float.IsNaN(packed[1, 8]));
        Assert.Equal((float)BitConverter.UInt16BitsToHalf(stored[99]), packed[1, 49]);
    }

    private static PackedMatrix Pack(ushort[] stored, WeightFormat format, int k, int n)
    {
        fixed (ushort* start = stored)
            return PackedMatrix.Pack(new PackSource((nint)start, format, 1, n, Math.Max(n, 1), 0), k, n, 2);
    }

    private static ushort Narrow(float value, WeightFormat format) => format == WeightFormat.BFloat16
        ? (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)
        : BitConverter.HalfToUInt16Bits((Half)value);

    private static float Wide(ushort bits, WeightFormat format) => format == WeightFormat.BFloat16
        ? BitConverter.UInt32BitsToSingle((uint)bits << 16)
        : (float)BitConverter.UInt16BitsToHalf(bits);
}
