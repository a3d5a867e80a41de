using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

public sealed class PackedMatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 31)]
    [InlineData(17, 32)]
    [InlineData(40, 33)]
    [InlineData(5, 100)]
    public void Both_layouts_pack_to_the_same_matrix_and_give_back_what_was_put_in(int k, int n)
    {
        float[] w = Values.Random(k * n), transposed = new float[k * n];
        for (int i = 0; i < k; i++)
        {
            for (int o = 0; o < n; o++)
                transposed[(o * k) + i] = w[(i * n) + o];
        }

        PackedMatrix a = PackedMatrix.FromInputsByOutputs(w, k, n), b = PackedMatrix.FromOutputsByInputs(transposed, n, k);
        Assert.Equal((k, n), (b.Inputs, b.Outputs));
        float[] row = new float[n], column = new float[k];
        for (int i = 0; i < k; i++)
        {
            a.CopyRow(i, row);
            Values.SameBits(w.AsSpan(i * n, n), row);
            b.CopyRow(i, row);
            Values.SameBits(w.AsSpan(i * n, n), row);
        }

        for (int o = 0; o < n; o++)
        {
            b.CopyColumn(o, column);
            Values.SameBits(transposed.AsSpan(o * k, k), column);
            Assert.Equal(w[((k - 1) * n) + o], a[k - 1, o]);
        }

        Assert.True(a.Bytes >= (long)k * n * sizeof(float));
    }

    [Fact]
    public void Wrong_sizes_and_elements_outside_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PackedMatrix.FromInputsByOutputs(new float[5], 2, 3));
        PackedMatrix w = PackedMatrix.FromInputsByOutputs(new float[6], 2, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => w[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => w[0, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => w.CopyRow(-1, new float[3]));
        Assert.Throws<ArgumentException>(() => w.CopyColumn(0, new float[3]));
    }
}
