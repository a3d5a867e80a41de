using System.Runtime.Intrinsics;

namespace Interp.Analysis;

/// <summary>
/// Sums of products in float64 with a fixed order: element i goes to stripe i mod 8, i ascending, products and sums rounded
/// separately; then the stripes are added in order. The same bits on every machine.
/// </summary>
internal static class Dots
{
    /// <summary>x . y.</summary>
    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<double> y)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            (Vector256<double> first, Vector256<double> second) = Vector256.Widen(Vector256.Create(x.Slice(i, 8)));
            low += first * Vector256.Create(y.Slice(i, 4));
            high += second * Vector256.Create(y.Slice(i + 4, 4));
        }

        Span<double> stripes = stackalloc double[8];
        low.CopyTo(stripes);
        high.CopyTo(stripes[4..]);
        for (int s = 0; i < x.Length; i++, s++)
        {
            stripes[s] += x[i] * y[i];
        }

        return Sum(stripes);
    }

    /// <summary>x . y.</summary>
    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            (Vector256<double> x1, Vector256<double> x2) = Vector256.Widen(Vector256.Create(x.Slice(i, 8)));
            (Vector256<double> y1, Vector256<double> y2) = Vector256.Widen(Vector256.Create(y.Slice(i, 8)));
            low += x1 * y1;
            high += x2 * y2;
        }

        Span<double> stripes = stackalloc double[8];
        low.CopyTo(stripes);
        high.CopyTo(stripes[4..]);
        for (int s = 0; i < x.Length; i++, s++)
        {
            stripes[s] += (double)x[i] * y[i];
        }

        return Sum(stripes);
    }

    /// <summary>x . y.</summary>
    public static double Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            low += Vector256.Create(x.Slice(i, 4)) * Vector256.Create(y.Slice(i, 4));
            high += Vector256.Create(x.Slice(i + 4, 4)) * Vector256.Create(y.Slice(i + 4, 4));
        }

        Span<double> stripes = stackalloc double[8];
        low.CopyTo(stripes);
        high.CopyTo(stripes[4..]);
        for (int s = 0; i < x.Length; i++, s++)
        {
            stripes[s] += x[i] * y[i];
        }

        return Sum(stripes);
    }

    /// <summary>|x|, the root of the sum of squares.</summary>
    public static double Norm(ReadOnlySpan<float> x) => Math.Sqrt(Of(x, x));

    /// <summary>|x|, the root of the sum of squares.</summary>
    public static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(Of(x, x));

    /// <summary>Cosine of the angle between x and y: x . y / (|x| |y|); neither may be 0.</summary>
    public static double Cosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Of(x, y) / (Norm(x) * Norm(y));

    /// <summary>Sum of |x|.</summary>
    public static double SumOfMagnitudes(float[] x) => Distance(x, new float[x.Length]);

    /// <summary>Sum of |x - y|; differences are float64.</summary>
    public static double Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            (Vector256<double> x1, Vector256<double> x2) = Vector256.Widen(Vector256.Create(x.Slice(i, 8)));
            (Vector256<double> y1, Vector256<double> y2) = Vector256.Widen(Vector256.Create(y.Slice(i, 8)));
            low += Vector256.Abs(x1 - y1);
            high += Vector256.Abs(x2 - y2);
        }

        Span<double> stripes = stackalloc double[8];
        low.CopyTo(stripes);
        high.CopyTo(stripes[4..]);
        for (int s = 0; i < x.Length; i++, s++)
        {
            stripes[s] += Math.Abs((double)x[i] - y[i]);
        }

        return Sum(stripes);
    }

    /// <summary>Adds x to a sum, element by element; nothing where x is empty.</summary>
    public static void Add(ReadOnlySpan<float> x, Span<double> sum)
    {
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(x.Slice(i, 8)));
            (Vector256.Create<double>(sum.Slice(i, 4)) + low).CopyTo(sum[i..]);
            (Vector256.Create<double>(sum.Slice(i + 4, 4)) + high).CopyTo(sum[(i + 4)..]);
        }

        for (; i < x.Length; i++)
        {
            sum[i] += x[i];
        }
    }

    private static double Sum(ReadOnlySpan<double> stripes)
    {
        double sum = 0;
        foreach (double stripe in stripes)
        {
            sum += stripe;
        }

        return sum;
    }
}
