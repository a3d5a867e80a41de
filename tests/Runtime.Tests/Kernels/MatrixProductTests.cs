using CsCheck;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>The definition is a plain loop of fused multiply-adds; the kernels must have its bits.</summary>
public sealed class MatrixProductTests
{
    // (rows, inputs, outputs, block): around the tile of 8 x 48, beyond it, large enough for threads, and longer than the 768
    // inputs that are taken at once, in blocks of which several, one or not one fit these.
    private static readonly (int Rows, int K, int N, int Block)[] Shapes =
    [
        (0, 4, 4, 2), (1, 1, 1, 1), (2, 0, 3, 1), (3, 6, 31, 2), (4, 8, 32, 4), (7, 12, 33, 3), (8, 64, 64, 16), (9, 10, 70, 5),
        (13, 48, 5, 48), (17, 96, 129, 32), (140, 128, 100, 64), (5, 800, 50, 400), (11, 1000, 17, 500), (2, 390, 200, 390),
        (9, 1600, 50, 64), (19, 900, 49, 90), (10, 800, 100, 100),

        // Several panels at a time, the last one whole, narrow or partly filled.
        (1, 260, 1008, 65), (3, 40, 930, 8), (8, 66, 481, 22),
    ];

    [Fact]
    public void Product_is_the_ascending_chain_plus_bias_on_every_tier()
    {
        foreach ((int rows, int k, int n, _) in Shapes)
        {
            (float[] x, float[] raw, float[] bias) = (Values.Random(rows * k, 1), Values.Random(k * n, 2), Values.Random(n, 3));
            PackedMatrix w = PackedMatrix.FromInputsByOutputs(raw, k, n);
            foreach (KernelTier tier in KernelTiers.Available)
            {
                foreach (int threads in new[] { 1, 2, 5 })
                {
                    float[] with = new float[rows * n], without = new float[rows * n];
                    MatrixProduct.Multiply(x, rows, w, bias, with, threads, tier);
                    MatrixProduct.Multiply(x, rows, w, [], without, threads, tier);
                    float[] chains = Chains(x, rows, raw, k, n, 0, k);
                    Values.SameBits(chains, without, $"{tier} {rows}x{k}x{n}");
                    Values.SameBits([.. chains.Select((c, i) => c + bias[i % n])], with, $"{tier} {rows}x{k}x{n} bias");
                }
            }
        }
    }

    [Fact]
    public void Product_by_blocks_is_the_sum_in_order_of_the_products_of_each_block()
    {
        foreach ((int rows, int k, int n, int block) in Shapes)
        {
            (float[] x, float[] raw, float[] bias) = (Values.Random(rows * k, 4), Values.Random(k * n, 5), Values.Random(n, 6));
            PackedMatrix w = PackedMatrix.FromInputsByOutputs(raw, k, n);
            int blocks = k / block;
            foreach (KernelTier tier in KernelTiers.Available)
            {
                float[] whole = new float[rows * n], each = new float[rows * blocks * n], sum = new float[rows * n];
                MatrixProduct.MultiplyByBlocks(x, rows, w, block, bias, whole, 2, tier);
                MatrixProduct.MultiplyEachBlock(x, rows, w, block, each, 2, tier);
                for (int b = 0; b < blocks; b++)
                {
                    float[] chains = Chains(x, rows, raw, k, n, b * block, block);
                    for (int i = 0; i < sum.Length; i++)
                    {
                        int at = ((((i / n) * blocks) + b) * n) + (i % n);
                        Values.SameBits(chains.AsSpan(i, 1), each.AsSpan(at, 1), $"{tier} block {b}");
                        sum[i] += each[at];
                    }
                }

                Values.SameBits([.. sum.Select((s, i) => s + bias[i % n])], whole, $"{tier} {rows}x{k}x{n}/{block}");
            }
        }
    }

    [Fact]
    public void Three_products_in_one_run_have_the_bits_of_each_alone()
    {
        foreach ((int rows, int k, int n, _) in Shapes)
        {
            float[] x = Values.Random(rows * k, 1), bias = Values.Random(2 * n, 2);
            PackedMatrix[] w = [.. new[] { n, n + 1, 2 * n }.Select((outputs, i) => PackedMatrix.FromInputsByOutputs(Values.Random(k * outputs, i), k, outputs))];
            foreach (KernelTier tier in KernelTiers.Available)
            {
                float[][] alone = [.. w.Select(m => new float[rows * m.Outputs])], together = [.. w.Select(m => new float[rows * m.Outputs])];
                MatrixProduct.Multiply(x, rows, w[0], bias.AsSpan(0, n), alone[0], 1, tier);
                MatrixProduct.Multiply(x, rows, w[1], [], alone[1], 1, tier);
                MatrixProduct.Multiply(x, rows, w[2], bias, alone[2], 1, tier);
                foreach (int threads in new[] { 1, 2, 5 })
                {
                    MatrixProduct.MultiplyThree(
                        x, rows, new(w[0], bias.AsSpan(0, n), together[0]), new(w[1], [], together[1]), new(w[2], bias, together[2]), threads, tier);
                    for (int i = 0; i < 3; i++)
                        Values.SameBits(alone[i], together[i], $"{tier} {rows}x{k}x{n} product {i}");
                }
            }
        }
    }

    [Fact]
    public void Chosen_columns_have_the_bits_of_the_whole_product()
    {
        (int rows, int k, int n) = (11, 50, 90);
        (float[] x, float[] bias, float[] whole) = (Values.Random(rows * k, 7), Values.Random(n, 8), new float[rows * n]);
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 9), k, n);
        MatrixProduct.Multiply(x, rows, w, bias, whole);
        int[][] choices = [[], [5], [89, 0, 0, 64], [.. Enumerable.Range(0, 70).Select(i => i * 37 % n)]];
        foreach (int[] columns in choices)
        {
            foreach (KernelTier tier in KernelTiers.Available)
            {
                var some = new float[rows * columns.Length];
                MatrixProduct.MultiplyColumns(x, rows, w, columns, bias, some, tier);
                for (int i = 0; i < some.Length; i++)
                    Values.SameBits(
                        whole.AsSpan((i / columns.Length * n) + columns[i % columns.Length], 1), some.AsSpan(i, 1), $"{tier}");
            }
        }
    }

    [Fact]
    public void A_row_alone_has_the_bits_of_the_row_in_any_batch()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 70], Gen.Int[1, 70], Gen.Int[0, 1000]).Sample(
            (rows, k, n, seed) =>
            {
                float[] x = Values.Random(rows * k, seed), batch = new float[rows * n], alone = new float[n];
                PackedMatrix w = PackedMatrix.FromOutputsByInputs(Values.Random(k * n, seed + 1), n, k);
                MatrixProduct.Multiply(x, rows, w, [], batch);
                int row = seed % rows;
                MatrixProduct.Multiply(x.AsSpan(row * k, k), 1, w, [], alone);
                Values.SameBits(batch.AsSpan(row * n, n), alone);
            },
            iter: 200);
    }

    [Fact]
    public void Special_values_go_through_the_chain_as_the_definition_says()
    {
        float[] x = [.. Values.Special], raw = Values.Random(33 * x.Length, 3);
        raw[5] = float.PositiveInfinity;
        float[] columns = [.. x.Select(v => float.IsFinite(v) ? v : 1f)], actual = new float[33];
        foreach (float[] row in new[] { x, columns })
        {
            foreach (KernelTier tier in KernelTiers.Available)
            {
                MatrixProduct.Multiply(row, 1, PackedMatrix.FromInputsByOutputs(raw, row.Length, 33), [], actual, 1, tier);
                Values.SameBits(Chains(row, 1, raw, row.Length, 33, 0, row.Length), actual, $"{tier}");
            }
        }
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(new float[6], 2, 3);
        float[] x = new float[4], y = new float[6];
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new float[3], 2, w, [], y));
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(x, 2, w, new float[2], y));
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(x, 2, w, [], new float[5]));
        Assert.Throws<ArgumentException>(() => MatrixProduct.MultiplyByBlocks(x, 2, w, 3, [], y));
        PackedMatrix other = PackedMatrix.FromInputsByOutputs(new float[9], 3, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => MatrixProduct.MultiplyThree(x, 2, new(w, [], y), new(w, [], y), new(other, [], y)));
        Assert.Throws<ArgumentException>(() => MatrixProduct.MultiplyThree(x, 2, new(w, [], y), new(w, [], new float[5]), new(w, [], y)));
        Assert.Throws<ArgumentOutOfRangeException>(() => MatrixProduct.MultiplyColumns(x, 2, w, [3], [], new float[2]));
    }

    private static float[] Chains(float[] x, int rows, float[] w, int k, int n, int first, int count)
    {
        var y = new float[rows * n];
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < n; o++)
            {
                float chain = 0f;
                for (int i = first; i < first + count; i++)
                    chain = MathF.FusedMultiplyAdd(x[(r * k) + i], w[(i * n) + o], chain);
                y[(r * n) + o] = chain;
            }
        }

        return y;
    }
}
