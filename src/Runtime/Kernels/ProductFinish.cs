using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Finished chains of one panel on their way to the destination: bias, activation and residual, each rounded as it is alone, in one pass
/// over the tile.
/// </summary>
/// <param name="tile">[rows, width]: whole vectors, the columns beyond <paramref name="columns"/> are padding.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="columns">1 to 48.</param>
internal readonly unsafe struct ProductFinish(float* tile, int rows, int columns)
{
    private readonly float* tile = tile;

    /// <summary>Floats from row to row of the tile.</summary>
    internal int Width { get; } = (columns + 15) / 16 * 16;

    /// <summary>destination = f(chains + bias) + residual.</summary>
    /// <param name="bias">One number for each column; null for none.</param>
    /// <param name="f">Null for none.</param>
    /// <param name="residual">Rows as far apart as those of the destination, possibly these themselves; null for none.</param>
    /// <param name="destination">Row r starts at <c>destination + r * stride</c>.</param>
    /// <param name="stride">Floats from row to row.</param>
    [SkipLocalsInit]
    internal void Write<T>(float* bias, ActivationFunction? f, float* residual, float* destination, nint stride)
        where T : struct, ILanes<T>
    {
        float* padded = stackalloc float[PackedMatrix.MaxWidth];
        if (bias != null)
        {
            new Span<float>(padded, Width).Clear();
            new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(padded, columns));
            bias = padded;
        }

        Activations.Choose(f ?? ActivationFunction.Identity, new Writer<T>(this, bias, residual, destination, stride));
    }

    // The formula stands here once, so that the compiler has room to inline all of it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Write<T, TFormula>(TFormula formula, float* bias, float* residual, float* destination, nint stride)
        where T : struct, ILanes<T>
        where TFormula : struct, IFormula
    {
        for (int r = 0; r < rows; r++)
        {
            float* from = tile + (r * Width), to = destination + (r * stride), add = residual == null ? null : residual + (r * stride);
            for (int i = 0; i < columns; i += T.Width)
            {
                T value = T.Load(from + i);
                if (bias != null)
                    value = T.Add(value, T.Load(bias + i));
                value = formula.Evaluate(value);
                if (i + T.Width <= columns)
                    T.Store(add == null ? value : T.Add(value, T.Load(add + i)), to + i);
                else
                    WriteRest(value, from, add, to, i);
            }
        }
    }

    private void WriteRest<T>(T value, float* from, float* add, float* to, int first)
        where T : struct, ILanes<T>
    {
        T.Store(value, from + first);
        for (int i = first; i < columns; i++)
            to[i] = add == null ? from[i] : from[i] + add[i];
    }

    private readonly struct Writer<T>(ProductFinish finish, float* bias, float* residual, float* destination, nint stride) : IFormulaUse
        where T : struct, ILanes<T>
    {
        private readonly float* bias = bias;
        private readonly float* residual = residual;
        private readonly float* destination = destination;

        public void With<TFormula>(TFormula formula)
            where TFormula : struct, IFormula => finish.Write<T, TFormula>(formula, bias, residual, destination, stride);
    }
}
