using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>What is fused into a product has the bits of doing it afterwards.</summary>
public sealed class ProductEpilogueTests
{
    private static readonly (int Rows, int K, int N)[] Shapes = [(1, 5, 3), (9, 20, 50), (17, 800, 97), (40, 64, 96)];

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

    [Fact]
    public void A_residual_is_added_to_the_sum_of_blocks_too()
    {
        (int rows, int k, int n, int block) = (11, 96, 70, 32);
        float[] x = Values.Random(rows * k, 1), bias = Values.Random(n, 2), stream = Values.Random(rows * n, 3);
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(Values.Random(k * n, 4), k, n);
        float[] write = new float[rows * n], fused = new float[rows * n];
        MatrixProduct.MultiplyByBlocks(x, rows, w, block, bias, write);
        MatrixProduct.MultiplyByBlocks(x, rows, w, block, bias, fused, 2, epilogue: Epilogue.Add(stream));
        Values.SameBits([.. stream.Select((s, i) => s + write[i])], fused);
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
