using CsCheck;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>What is fused into a product has the bits of doing it afterwards.</summary>
public sealed class ProductEpilogueTests
{
    private static readonly (int Rows, int K, int N)[] Shapes = [(1, 5, 3), (9, 20, 50), (17, 800, 97), (40, 64, 96), (1, 300, 1009), (6, 90, 500)];

    [Fact]
    public void An_activation_in_the_product_has_the_bits_of_one_after_it()
    {
        foreach (ActivationFunction f in Enum.GetValues<ActivationFunction>())
            ForAll((x, rows, w, bias, tier, label) =>
            {
                float[] after = new float[rows * w.Outputs], fused = new float[rows * w.Outputs];
                MatrixProduct.Multiply(x, rows, w, bias, after, 1, tier);
                Activations.Apply(f, after, after, tier);
                MatrixProduct.Multiply(x, rows, w, bias, fused, 2, tier, Epilogue.Activate(f));
                Values.SameBits(after, fused, $"{f} {label}");
            });
    }

    [Fact]
    public void A_residual_in_the_product_has_the_bits_of_an_addition_after_it()
    {
        ForAll((x, rows, w, bias, tier, label) =>
        {
            float[] write = new float[rows * w.Outputs], fused = new float[rows * w.Outputs];
            float[] stream = Values.Random(rows * w.Outputs, 9);
            MatrixProduct.Multiply(x, rows, w, bias, write, 1, tier);
            MatrixProduct.Multiply(x, rows, w, bias, fused, 2, tier, Epilogue.Add(stream));
            float[] sum = [.. stream.Select((s, i) => s + write[i])];
            Values.SameBits(sum, fused, label);
            float[] inPlace = [.. stream];
            MatrixProduct.Multiply(x, rows, w, bias, inPlace, 2, tier, Epilogue.Add(inPlace));
            Values.SameBits(sum, inPlace, label + " in place");
        });
    }

    [Theory]
    [InlineData(11, 96, 70, 32)]
    [InlineData(1, 128, 600, 32)]
    public void A_residual_is_added_to_the_sum_of_blocks_too(int rows, int k, int n, int block)
    {
        float[] x = Values.Random(rows * k, 1), bias = Values.Random(n, 2), stream = Values.Random(rows * n, 3);
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 4), k, n);
        float[] write = new float[rows * n], fused = new float[rows * n];
        MatrixProduct.MultiplyByBlocks(x, rows, w, block, bias, write);
        MatrixProduct.MultiplyByBlocks(x, rows, w, block, bias, fused, 2, epilogue: Epilogue.Add(stream));
        Values.SameBits([.. stream.Select((s, i) => s + write[i])], fused);
    }

    [Fact]
    public void Outputs_that_are_not_finite_are_seen_on_their_way()
    {
        ForAll((x, rows, w, bias, tier, label) =>
        {
            float[] plain = new float[rows * w.Outputs], watched = new float[rows * w.Outputs];
            bool notFinite = false;
            MatrixProduct.Multiply(x, rows, w, bias, plain, 1, tier);
            MatrixProduct.Multiply(x, rows, w, bias, watched, 2, tier, Epilogue.Watch(ref notFinite));
            Values.SameBits(plain, watched, label);
            Assert.False(notFinite, label);
        });
        Gen.Select(Gen.Int[1, 40], Gen.OneOf(Gen.Int[1, 9], Gen.Int[760, 800]), Gen.OneOf(Gen.Int[1, 120], Gen.Int[400, 500]), Gen.Int[0, 2], Gen.Double[0, 0.999]).Sample((rows, k, n, which, where) =>
        {
            float bad = new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity }[which];
            PackedMatrix w = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 1), k, n);
            foreach (KernelTier tier in KernelTiers.Available)
            {
                // Outputs of one column by its bias, of one row by its input, and one that overflows though all that goes into it is finite.
                float[] x = Values.Random(rows * k, 2), bias = Values.Random(n, 3), y = new float[rows * n];
                bool byBias = false, byInput = false, byOverflow = false;
                bias[(int)(where * n)] = bad;
                MatrixProduct.Multiply(x, rows, w, bias, y, 2, tier, Epilogue.Watch(ref byBias));
                x[(int)(where * rows * k)] = bad;
                MatrixProduct.Multiply(x, rows, w, [], y, 2, tier, Epilogue.Watch(ref byInput));
                PackedMatrix large = PackedMatrix.FromInputsByOutputs([.. Enumerable.Range(0, k * n).Select(i => i == (int)(where * n) ? 3e38f : 0f)], k, n);
                float[] two = new float[rows * k];
                two[(int)(where * rows) * k] = 2;
                MatrixProduct.Multiply(two, rows, large, [], y, 2, tier, Epilogue.Watch(ref byOverflow));
                Assert.True(byBias && byInput && byOverflow, $"{tier} {rows} x {k} x {n} at {where}: {byBias}, {byInput}, {byOverflow}");
            }
        });
    }

    [Fact]
    public void A_residual_of_another_size_is_refused()
    {
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(new float[6], 2, 3);
        Assert.Throws<ArgumentException>(
            () => MatrixProduct.Multiply(new float[4], 2, w, [], new float[6], epilogue: Epilogue.Add(new float[5])));
    }

    private static void ForAll(Action<float[], int, PackedMatrix, float[], KernelTier, string> check)
    {
        foreach ((int rows, int k, int n) in Shapes)
        {
            float[] x = Values.Random(rows * k, 1), bias = Values.Random(n, 2);
            PackedMatrix w = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 3), k, n);
            foreach (KernelTier tier in KernelTiers.Available)
                check(x, rows, w, bias, tier, $"{tier} {rows} x {k} x {n}");
        }
    }
}
