using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Finished chains of a panel, or of several that follow each other, on their way to the destination: bias, activation and residual, each rounded as it is alone, in one pass
/// over the rows of a register tile. They are still in the first cache then, and the stores go to memory while the next tile is computed.
/// </summary>
internal unsafe struct ProductFinish
{
    private const int MostLanes = 16;

    /// <summary>[rows, <see cref="Width"/>]: whole vectors, the columns beyond <see cref="Columns"/> are padding.</summary>
    internal float* Tile;

    /// <summary>1 to 48, or those of several whole panels.</summary>
    internal int Columns;

    /// <summary>One number for each column of the tile, padding included; null for none.</summary>
    internal float* Bias;

    /// <summary>Null for none.</summary>
    internal ActivationFunction? Activation;

    /// <summary>Rows as far apart as those of the destination, possibly these themselves; null for none.</summary>
    internal float* Residual;

    /// <summary>Set where a value without the residual is infinite or NaN, padding included; null where nobody asks.</summary>
    internal bool* NotFinite;

    /// <summary>Row r starts at <c>Destination + r * Stride</c>.</summary>
    internal float* Destination;

    /// <summary>Floats from row to row of the destination.</summary>
    internal nint Stride;

    /// <summary>Floats from row to row of the tile.</summary>
    internal readonly int Width => (Columns + 15) / 16 * 16;

    /// <summary>destination = f(chains + bias) + residual, for some rows.</summary>
    internal readonly void Write<T>(int first, int rows)
        where T : struct, ILanes<T> =>
        Activations.Choose(Activation ?? ActivationFunction.Identity, new Writer<T>(in this, first, rows));

    // The formula stands here once, so that the compiler has room to inline all of it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Write<T, TFormula>(TFormula formula, int first, int rows)
        where T : struct, ILanes<T>
        where TFormula : struct, IFormula
    {
        // x - x is 0 for finite numbers, NaN for the others, and stays NaN in a sum.
        T differences = T.Broadcast(0f);
        for (int r = first; r < first + rows; r++)
        {
            float* from = Tile + (r * Width), to = Destination + (r * Stride), add = Residual == null ? null : Residual + (r * Stride);
            for (int i = 0; i < Columns; i += T.Width)
            {
                T value = T.Load(from + i);
                if (Bias != null)
                    value = T.Add(value, T.Load(Bias + i));
                value = formula.Evaluate(value);
                if (NotFinite != null)
                    differences = T.Add(differences, T.Subtract(value, value));
                if (i + T.Width <= Columns)
                    T.Store(add == null ? value : T.Add(value, T.Load(add + i)), to + i);
                else
                    WriteRest(value, from, add, to, i);
            }
        }

        if (NotFinite != null && !IsZero(differences))
            Volatile.Write(ref *NotFinite, true);
    }

    private static bool IsZero<T>(T value)
        where T : struct, ILanes<T>
    {
        float* lanes = stackalloc float[MostLanes];
        T.Store(value, lanes);
        float sum = 0f;
        for (int i = 0; i < T.Width; i++)
            sum += lanes[i];
        return sum == 0f;
    }

    private readonly void WriteRest<T>(T value, float* from, float* add, float* to, int first)
        where T : struct, ILanes<T>
    {
        T.Store(value, from + first);
        for (int i = first; i < Columns; i++)
            to[i] = add == null ? from[i] : from[i] + add[i];
    }

    private readonly ref struct Writer<T>(ref readonly ProductFinish finish, int first, int rows) : IFormulaUse
        where T : struct, ILanes<T>
    {
        private readonly ref readonly ProductFinish finish = ref finish;

        public void With<TFormula>(TFormula formula)
            where TFormula : struct, IFormula => finish.Write<T, TFormula>(formula, first, rows);
    }
}
