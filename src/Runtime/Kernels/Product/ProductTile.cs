using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// The inner loop of every product: a tile of up to 8 rows x 32 columns of chains
/// <c>c = fma(x[k], w[k], c)</c>, k ascending. An outer product per k, so that a chain never depends on its neighbours.
/// </summary>
internal static unsafe class ProductTile<T>
    where T : struct, ILanes<T>
{
    internal const int Rows = 8;
    internal const int Columns = PackedMatrix.PanelWidth;
    internal const int Size = Rows * Columns;

    /// <summary>Continues the chains in <paramref name="tile"/> ([rows, 32]) over more inputs.</summary>
    /// <param name="x">Row r starts at <c>x + r * xStride</c>.</param>
    /// <param name="xStride">Floats from row to row.</param>
    /// <param name="rows">1 to 8.</param>
    /// <param name="w">32 columns for each input; input k starts at <c>w + k * wStride</c>.</param>
    /// <param name="wStride">Floats from input to input.</param>
    /// <param name="inputs">Length of the chain.</param>
    /// <param name="columns">Columns that are needed, 1 to 32; the others may or may not be computed.</param>
    /// <param name="tile">The chains.</param>
    internal static void Accumulate(
        float* x, nint xStride, int rows, float* w, nint wStride, int inputs, int columns, float* tile)
    {
        for (int c = 0; c < columns; c += 2 * T.Width)
        {
            int r = 0;

            // 16 accumulators fit the 32 registers of a 512-bit unit; the narrower units may have only 16 registers.
            if (T.Width == 16 && rows == 8)
            {
                Eight(x, xStride, w + c, wStride, inputs, tile + c);
                continue;
            }

            for (; r + 4 <= rows; r += 4)
                Four(x + (r * xStride), xStride, w + c, wStride, inputs, tile + (r * Columns) + c);
            if (rows - r > 1)
                TwoOrThree(x + (r * xStride), xStride, rows - r, w + c, wStride, inputs, tile + (r * Columns) + c);
            else if (r < rows)
                One(x + (r * xStride), w + c, wStride, inputs, tile + (r * Columns) + c);
        }
    }

    /// <summary>Writes a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(float* a, float* b, float* destination, int count)
    {
        int i = 0;
        for (; i + T.Width <= count; i += T.Width)
            T.Store(T.Add(T.Load(a + i), T.Load(b + i)), destination + i);
        for (; i < count; i++)
            destination[i] = a[i] + b[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* x0, nint xStride, float* w, nint wStride, int inputs, float* tile)
    {
        float* x1 = x0 + xStride, x2 = x1 + xStride, x3 = x2 + xStride;
        float* x4 = x3 + xStride, x5 = x4 + xStride, x6 = x5 + xStride, x7 = x6 + xStride;
        T a0 = T.Load(tile), b0 = T.Load(tile + T.Width);
        T a1 = T.Load(tile + Columns), b1 = T.Load(tile + Columns + T.Width);
        T a2 = T.Load(tile + (2 * Columns)), b2 = T.Load(tile + (2 * Columns) + T.Width);
        T a3 = T.Load(tile + (3 * Columns)), b3 = T.Load(tile + (3 * Columns) + T.Width);
        T a4 = T.Load(tile + (4 * Columns)), b4 = T.Load(tile + (4 * Columns) + T.Width);
        T a5 = T.Load(tile + (5 * Columns)), b5 = T.Load(tile + (5 * Columns) + T.Width);
        T a6 = T.Load(tile + (6 * Columns)), b6 = T.Load(tile + (6 * Columns) + T.Width);
        T a7 = T.Load(tile + (7 * Columns)), b7 = T.Load(tile + (7 * Columns) + T.Width);
        for (nint k = 0; k < inputs; k++, w += wStride)
        {
            T wa = T.Load(w), wb = T.Load(w + T.Width);
            Step(T.Broadcast(x0[k]), wa, wb, ref a0, ref b0);
            Step(T.Broadcast(x1[k]), wa, wb, ref a1, ref b1);
            Step(T.Broadcast(x2[k]), wa, wb, ref a2, ref b2);
            Step(T.Broadcast(x3[k]), wa, wb, ref a3, ref b3);
            Step(T.Broadcast(x4[k]), wa, wb, ref a4, ref b4);
            Step(T.Broadcast(x5[k]), wa, wb, ref a5, ref b5);
            Step(T.Broadcast(x6[k]), wa, wb, ref a6, ref b6);
            Step(T.Broadcast(x7[k]), wa, wb, ref a7, ref b7);
        }

        StorePair(a0, b0, tile);
        StorePair(a1, b1, tile + Columns);
        StorePair(a2, b2, tile + (2 * Columns));
        StorePair(a3, b3, tile + (3 * Columns));
        StorePair(a4, b4, tile + (4 * Columns));
        StorePair(a5, b5, tile + (5 * Columns));
        StorePair(a6, b6, tile + (6 * Columns));
        StorePair(a7, b7, tile + (7 * Columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* x0, nint xStride, float* w, nint wStride, int inputs, float* tile)
    {
        float* x1 = x0 + xStride, x2 = x1 + xStride, x3 = x2 + xStride;
        T a0 = T.Load(tile), b0 = T.Load(tile + T.Width);
        T a1 = T.Load(tile + Columns), b1 = T.Load(tile + Columns + T.Width);
        T a2 = T.Load(tile + (2 * Columns)), b2 = T.Load(tile + (2 * Columns) + T.Width);
        T a3 = T.Load(tile + (3 * Columns)), b3 = T.Load(tile + (3 * Columns) + T.Width);
        for (nint k = 0; k < inputs; k++, w += wStride)
        {
            T wa = T.Load(w), wb = T.Load(w + T.Width);
            Step(T.Broadcast(x0[k]), wa, wb, ref a0, ref b0);
            Step(T.Broadcast(x1[k]), wa, wb, ref a1, ref b1);
            Step(T.Broadcast(x2[k]), wa, wb, ref a2, ref b2);
            Step(T.Broadcast(x3[k]), wa, wb, ref a3, ref b3);
        }

        StorePair(a0, b0, tile);
        StorePair(a1, b1, tile + Columns);
        StorePair(a2, b2, tile + (2 * Columns));
        StorePair(a3, b3, tile + (3 * Columns));
    }

    // A row alone waits for its own chain: three take no longer. Of two rows the second is computed twice.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoOrThree(float* x0, nint xStride, int rows, float* w, nint wStride, int inputs, float* tile)
    {
        int last = rows - 1;
        float* x1 = x0 + xStride, x2 = x0 + (last * xStride), tile2 = tile + (last * Columns);
        T a0 = T.Load(tile), b0 = T.Load(tile + T.Width);
        T a1 = T.Load(tile + Columns), b1 = T.Load(tile + Columns + T.Width);
        T a2 = T.Load(tile2), b2 = T.Load(tile2 + T.Width);
        for (nint k = 0; k < inputs; k++, w += wStride)
        {
            T wa = T.Load(w), wb = T.Load(w + T.Width);
            Step(T.Broadcast(x0[k]), wa, wb, ref a0, ref b0);
            Step(T.Broadcast(x1[k]), wa, wb, ref a1, ref b1);
            Step(T.Broadcast(x2[k]), wa, wb, ref a2, ref b2);
        }

        StorePair(a0, b0, tile);
        StorePair(a1, b1, tile + Columns);
        StorePair(a2, b2, tile2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, float* w, nint wStride, int inputs, float* tile)
    {
        T a = T.Load(tile), b = T.Load(tile + T.Width);
        for (nint k = 0; k < inputs; k++, w += wStride)
            Step(T.Broadcast(x[k]), T.Load(w), T.Load(w + T.Width), ref a, ref b);
        StorePair(a, b, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(T x, T wa, T wb, ref T a, ref T b)
    {
        a.AddProduct(x, wa);
        b.AddProduct(x, wb);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(T a, T b, float* destination)
    {
        T.Store(a, destination);
        T.Store(b, destination + T.Width);
    }
}
