using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// A sum with a fixed order: element i is added to stripe i mod 16, i ascending, each stripe starting from +0; then the
/// stripes are added as a tree, ((s0 + s8) + (s4 + s12)) + ... Every vector width divides 16, so all give the same bits.
/// </summary>
internal static unsafe class StripedSum
{
    internal const int Stripes = 16;

    /// <summary>The sum of formula(x[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Of<T, TFormula>(TFormula formula, float* x, int count)
        where T : struct, ILanes<T>
        where TFormula : struct, IFormula
    {
        float* stripes = stackalloc float[Stripes];
        new Span<float>(stripes, Stripes).Clear();
        int i = T.Width == 1 ? 0 : Vectors<T, TFormula>(formula, x, count, stripes);
        for (; i < count; i++)
        {
            float* stripe = stripes + (i % Stripes);
            LanesScalar.Store(LanesScalar.Add(LanesScalar.Load(stripe), formula.Evaluate(LanesScalar.Load(x + i))), stripe);
        }

        return Tree(stripes);
    }

    /// <summary>As many elements as fill all stripes, in up to four vectors.</summary>
    /// <returns>How many.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Vectors<T, TFormula>(TFormula formula, float* x, int count, float* stripes)
        where T : struct, ILanes<T>
        where TFormula : struct, IFormula
    {
        T a = T.Broadcast(0f), b = a, c = a, d = a;
        int i = 0;
        for (; i + Stripes <= count; i += Stripes)
        {
            a = T.Add(a, formula.Evaluate(T.Load(x + i)));
            if (T.Width < Stripes)
                b = T.Add(b, formula.Evaluate(T.Load(x + i + T.Width)));
            if (T.Width < Stripes / 2)
            {
                c = T.Add(c, formula.Evaluate(T.Load(x + i + (2 * T.Width))));
                d = T.Add(d, formula.Evaluate(T.Load(x + i + (3 * T.Width))));
            }
        }

        T.Store(a, stripes);
        if (T.Width < Stripes)
            T.Store(b, stripes + T.Width);
        if (T.Width < Stripes / 2)
        {
            T.Store(c, stripes + (2 * T.Width));
            T.Store(d, stripes + (3 * T.Width));
        }

        return i;
    }

    /// <summary>Adds the stripes pairwise; the stripes are overwritten.</summary>
    private static float Tree(float* stripes)
    {
        for (int half = Stripes / 2; half > 0; half /= 2)
        {
            for (int s = 0; s < half; s++)
                stripes[s] += stripes[s + half];
        }

        return stripes[0];
    }
}
