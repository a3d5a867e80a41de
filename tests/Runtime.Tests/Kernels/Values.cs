namespace Interp.Runtime.Tests.Kernels;

/// <summary>Inputs and comparisons that the kernel tests share.</summary>
internal static class Values
{
    /// <summary>Lengths around every vector width and panel, and some larger ones.</summary>
    internal static IEnumerable<int> Lengths => Enumerable.Range(0, 68).Concat([96, 127, 128, 129, 1000]);

    internal static float[] Special =>
    [
        0f, -0f, 1f, -1f, 0.5f, -0.5f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1e-20f, -1e-20f, 0.625f, 0.6249999f,
        4f, -4f, 9f, -9f, 87f, -87f, 88.7f, 88.8f, 89f, 104f, -88f, -103f, -104f, -105f, 1e10f, -1e10f,
        float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    internal static float[] Random(int count, int seed = 1, float size = 1f)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = ((random.NextSingle() * 2f) - 1f) * size;
        return values;
    }

    /// <summary>Equal bit for bit; any NaN equals any NaN, since IEEE 754 leaves their payload open.</summary>
    internal static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string where = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (float.IsNaN(expected[i]) && float.IsNaN(actual[i]));
            if (!same)
                Assert.Fail($"{where}: element {i}: expected {expected[i]:G9}, found {actual[i]:G9}");
        }
    }

    /// <summary>Within <c>absolute + relative * |expected|</c>; infinities and NaN must agree.</summary>
    internal static void Close(double expected, double actual, double absolute, double relative, string where)
    {
        if (double.IsNaN(expected) || double.IsInfinity(expected))
            Assert.True(expected.Equals(actual), $"{where}: expected {expected}, found {actual}");
        else if (!(Math.Abs(expected - actual) <= absolute + (relative * Math.Abs(expected))))
            Assert.Fail($"{where}: expected {expected:G9}, found {actual:G9}");
    }

    /// <summary>erf by the series 2 / sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, whose terms all have one sign.</summary>
    internal static double Erf(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
