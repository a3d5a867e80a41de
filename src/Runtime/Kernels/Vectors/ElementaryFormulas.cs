using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// The elementary functions as lane formulas. The polynomials interpolate at Chebyshev nodes, with the coefficients
/// computed in 50-digit arithmetic and then rounded to float32; the stated errors are those of the rounded polynomials.
/// </summary>
internal static class ElementaryFormulas
{
    // 1.5 * 2^23: adding and subtracting it rounds to the nearest whole number.
    private const float Rounding = 12582912f;

    /// <summary>
    /// e^x = 2^n e^r with n the whole number nearest to x / ln 2 and |r| &lt;= ln 2 / 2 (Cody and Waite 1980), and
    /// e^r = 1 + r + r^2 q(r), q of degree 4, relative error 1.1e-8.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Exp<T>(T x)
        where T : struct, ILanes<T>
    {
        // Outside [-104, 89] the result is 0 or infinity; inside, n and both halves of it are small enough to scale with.
        T lowest = T.Broadcast(-104f), highest = T.Broadcast(89f);
        T clamped = T.SelectLess(x, lowest, lowest, T.SelectLess(highest, x, highest, x));

        T power = Reduced(clamped, out T n);

        // 2^n in two factors, since n reaches 128 and -150 while one factor ends at 127 and -126.
        T round = T.Broadcast(Rounding), half = T.Subtract(T.Fma(n, T.Broadcast(0.5f), round), round);
        T result = T.Multiply(T.Multiply(power, T.PowerOfTwo(half)), T.PowerOfTwo(T.Subtract(n, half)));
        return T.KeepNaN(x, result);
    }

    /// <summary>
    /// tanh x = x (1 + x^2 p(x^2)) for |x| &lt; 0.625, p of degree 4, relative error 1.7e-8;
    /// beyond, +-(1 - 2 / (e^(2 |x|) + 1)).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Tanh<T>(T x)
        where T : struct, ILanes<T>
    {
        T one = T.Broadcast(1f), size = T.Abs(x), square = T.Multiply(x, x);
        T p = T.Broadcast(-0.00609671418f);
        p = T.Fma(p, square, T.Broadcast(0.0209971797f));
        p = T.Fma(p, square, T.Broadcast(-0.0538509078f));
        p = T.Fma(p, square, T.Broadcast(0.133327693f));
        p = T.Fma(p, square, T.Broadcast(-0.333333284f));
        T near = T.Multiply(x, T.Fma(p, square, one));

        // From 10 on the result is +-1 in float32.
        T end = T.Broadcast(10f);
        T t = T.SelectLess(end, size, end, size);
        T far = T.Subtract(one, T.Divide(T.Broadcast(2f), T.Add(ModerateExp(T.Add(t, t)), one)));
        far = WithSignOf(x, far);
        return T.KeepNaN(x, T.SelectLess(size, T.Broadcast(0.625f), near, far));
    }

    /// <summary>
    /// With e = e^-|x|: 1 / (1 + e) for x &gt;= 0, e / (1 + e) below, so that small results keep their accuracy.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Sigmoid<T>(T x)
        where T : struct, ILanes<T>
    {
        T zero = T.Broadcast(0f), one = T.Broadcast(1f);
        T e = Exp(T.Subtract(zero, T.Abs(x)));
        T result = T.Divide(T.SelectLess(x, zero, e, one), T.Add(one, e));
        return T.KeepNaN(x, result);
    }

    /// <summary>
    /// erf x = x p(x^2) for |x| &lt; 1, p of degree 6, relative error 7e-8; beyond, +-(1 - e^g(|x|)) with g of degree 8 close
    /// to ln erfc on [0.95, 4], absolute error 5e-9; from 4 on the result is +-1 in float32.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Erf<T>(T x)
        where T : struct, ILanes<T>
    {
        T one = T.Broadcast(1f), size = T.Abs(x), square = T.Multiply(x, x);
        T p = T.Broadcast(7.87587487e-05f);
        p = T.Fma(p, square, T.Broadcast(-0.00080168643f));
        p = T.Fma(p, square, T.Broadcast(0.00518908724f));
        p = T.Fma(p, square, T.Broadcast(-0.0268542115f));
        p = T.Fma(p, square, T.Broadcast(0.112835944f));
        p = T.Fma(p, square, T.Broadcast(-0.37612626f));
        p = T.Fma(p, square, T.Broadcast(1.12837911f));
        T near = T.Multiply(x, p);

        T end = T.Broadcast(4f);
        T t = T.SelectLess(end, size, end, size);
        T g = T.Broadcast(1.64267897e-06f);
        g = T.Fma(g, t, T.Broadcast(-4.61647869e-05f));
        g = T.Fma(g, t, T.Broadcast(0.000597677252f));
        g = T.Fma(g, t, T.Broadcast(-0.00476350961f));
        g = T.Fma(g, t, T.Broadcast(0.0264316425f));
        g = T.Fma(g, t, T.Broadcast(-0.110097244f));
        g = T.Fma(g, t, T.Broadcast(-0.631809533f));
        g = T.Fma(g, t, T.Broadcast(-1.13024187f));
        g = T.Fma(g, t, T.Broadcast(0.000321866246f));
        T far = WithSignOf(x, T.Subtract(one, ModerateExp(g)));
        return T.KeepNaN(x, T.SelectLess(size, one, near, far));
    }

    /// <summary><see cref="Exp"/> for |x| &lt;= 87, with its bits: 2^n is one factor then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T ModerateExp<T>(T x)
        where T : struct, ILanes<T>
    {
        T power = Reduced(x, out T n);
        return T.Multiply(power, T.PowerOfTwo(n));
    }

    /// <summary>n and e^r of <see cref="Exp"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Reduced<T>(T x, out T n)
        where T : struct, ILanes<T>
    {
        T round = T.Broadcast(Rounding);
        n = T.Subtract(T.Fma(x, T.Broadcast(1.44269504f), round), round);
        T r = T.Fma(n, T.Broadcast(-0.693145752f), x);
        r = T.Fma(n, T.Broadcast(-1.42860677e-06f), r);

        T q = T.Broadcast(0.0013926184f);
        q = T.Fma(q, r, T.Broadcast(0.00836317893f));
        q = T.Fma(q, r, T.Broadcast(0.0416665561f));
        q = T.Fma(q, r, T.Broadcast(0.166665763f));
        q = T.Fma(q, r, T.Broadcast(0.5f));
        return T.Add(T.Fma(q, T.Multiply(r, r), r), T.Broadcast(1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T WithSignOf<T>(T x, T magnitude)
        where T : struct, ILanes<T>
    {
        T zero = T.Broadcast(0f);
        return T.SelectLess(x, zero, T.Subtract(zero, magnitude), magnitude);
    }
}
