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
        int i = 0;
        for (; i + Stripes <= count; i += Stripes)
        {
            for (int s = 0; s < Stripes; s += T.Width)
                T.Store(T.Add(T.Load(stripes + s), formula.Evaluate(T.Load(x + i + s))), stripes + s);
        }

        for (int s = 0; i < count; i++, s++)
        {
            LanesScalar term = formula.Evaluate(LanesScalar.Load(x + i));
            LanesScalar.Store(LanesScalar.Add(LanesScalar.Load(stripes + s), term), stripes + s);
        }

        return Tree(stripes);
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
