using System.Runtime.CompilerServices;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// The inner loop of the matrix product: a register tile of up to 8 rows x 3 vectors, or 10 rows x 2, of chains <c>c = fma(x[k], w[k], c)</c>,
/// k ascending. Each number of rows and vectors is compiled for itself, so that an edge of the matrix has a kernel of its own;
/// they are given as the sizes of types, which the compiler knows first of all.
/// </summary>
internal static unsafe class ProductKernel<T, TFormat, TRows, TVectors>
    where T : struct, ILanes<T>
    where TFormat : struct, IWeightFormat
    where TRows : unmanaged
    where TVectors : unmanaged
{
    // Few rows of float32 are soon done, and the processor itself has read far ahead by then.
    private const int RowsWorthAsking = 4;

    private static bool InPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(TVectors) > 1 && TFormat.InPairs;
    }

    /// <summary>Computes the chains of some inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(in KernelWork work)
    {
        float* x = work.X, tile = work.Tile;
        byte* w = work.W, weights = work.Wanted.Weights, row = work.Wanted.Row;
        nint xStride = work.XStride, wStride = work.WStride, tileStride = work.TileStride, inputs = work.Inputs;
        T a0 = T.Broadcast(0f), b0 = a0, c0 = a0, a1 = a0, b1 = a0, c1 = a0, a2 = a0, b2 = a0, c2 = a0, a3 = a0, b3 = a0, c3 = a0;
        T a4 = a0, b4 = a0, c4 = a0, a5 = a0, b5 = a0, c5 = a0, a6 = a0, b6 = a0, c6 = a0, a7 = a0, b7 = a0, c7 = a0;
        T a8 = a0, b8 = a0, c8 = a0, a9 = a0, b9 = a0, c9 = a0;
        if (work.Start == ChainEnds.Continue)
        {
            Load(0, tile, ref a0, ref b0, ref c0);
            Load(1, tile + tileStride, ref a1, ref b1, ref c1);
            Load(2, tile + (2 * tileStride), ref a2, ref b2, ref c2);
            Load(3, tile + (3 * tileStride), ref a3, ref b3, ref c3);
            Load(4, tile + (4 * tileStride), ref a4, ref b4, ref c4);
            Load(5, tile + (5 * tileStride), ref a5, ref b5, ref c5);
            Load(6, tile + (6 * tileStride), ref a6, ref b6, ref c6);
            Load(7, tile + (7 * tileStride), ref a7, ref b7, ref c7);
            Load(8, tile + (8 * tileStride), ref a8, ref b8, ref c8);
            Load(9, tile + (9 * tileStride), ref a9, ref b9, ref c9);
        }

        // Rows 0 to 3 lie at x + (0 to 3) strides, rows 4 to 7 at y, rows 8 and 9 at z: few enough addresses for the registers.
        float* y = x + (4 * xStride), z = y + (4 * xStride);
        nint xStride3 = 3 * xStride, step = work.Wanted.Step, rowMask = work.Wanted.RowMask, rowStride = work.Wanted.RowStride;
        int lines = work.Wanted.Lines;

        // Known to the compiler, since up to three rows of the widest vectors are alone: a look in each step is one instruction in nine.
        bool ask = sizeof(TRows) >= RowsWorthAsking || (TFormat.Size < sizeof(float) && WantedMemory.AsksAlone(sizeof(TRows)));

        // Large tiles always do: theirs is a constant, which needs no register.
        nint askMask = sizeof(TRows) < WantedMemory.RowsThatAsk ? work.Wanted.InputMask : WantedMemory.Inputs - 1;
        bool add = work.Start == ChainEnds.StartAndAdd;
        nint chains = work.Chains, panels = work.Panels;
        while (true)
        {
            for (; inputs > 0; inputs--)
            {
                if (ask && (inputs & askMask) == 0)
                {
                    WantedMemory.Ask(weights, lines);
                    weights += step;
                    if ((inputs & rowMask) == 0)
                    {
                        WantedMemory.Ask(row, sizeof(TVectors));
                        row += rowStride;
                    }
                }

                T wa, wb;
                if (InPairs)
                {
                    T.LoadBFloat16Pair((ushort*)w, out wa, out wb);
                }
                else
                {
                    wa = TFormat.Load<T>(w);
                    wb = sizeof(TVectors) > 1 ? TFormat.Load<T>(w + (T.Width * TFormat.Size)) : wa;
                }

                T wc = sizeof(TVectors) > 2 ? TFormat.Load<T>(w + (2 * T.Width * TFormat.Size)) : wa;
                Step(0, x, wa, wb, wc, ref a0, ref b0, ref c0);
                Step(1, x + xStride, wa, wb, wc, ref a1, ref b1, ref c1);
                Step(2, x + (2 * xStride), wa, wb, wc, ref a2, ref b2, ref c2);
                Step(3, x + xStride3, wa, wb, wc, ref a3, ref b3, ref c3);
                Step(4, y, wa, wb, wc, ref a4, ref b4, ref c4);
                Step(5, y + xStride, wa, wb, wc, ref a5, ref b5, ref c5);
                Step(6, y + (2 * xStride), wa, wb, wc, ref a6, ref b6, ref c6);
                Step(7, y + xStride3, wa, wb, wc, ref a7, ref b7, ref c7);
                Step(8, z, wa, wb, wc, ref a8, ref b8, ref c8);
                Step(9, z + xStride, wa, wb, wc, ref a9, ref b9, ref c9);
                w += wStride;
                x++;
                y++;
                if (sizeof(TRows) > 8)
                    z++;
            }

            Store(0, tile, add, a0, b0, c0);
            Store(1, tile + tileStride, add, a1, b1, c1);
            Store(2, tile + (2 * tileStride), add, a2, b2, c2);
            Store(3, tile + (3 * tileStride), add, a3, b3, c3);
            Store(4, tile + (4 * tileStride), add, a4, b4, c4);
            Store(5, tile + (5 * tileStride), add, a5, b5, c5);
            Store(6, tile + (6 * tileStride), add, a6, b6, c6);
            Store(7, tile + (7 * tileStride), add, a7, b7, c7);
            Store(8, tile + (8 * tileStride), add, a8, b8, c8);
            Store(9, tile + (9 * tileStride), add, a9, b9, c9);
            if (--chains == 0)
            {
                if (--panels == 0)
                    return;
                chains = work.Chains;
                tile += sizeof(TVectors) * T.Width;
                x = work.X;
                y = x + (4 * xStride);
                z = y + (4 * xStride);
            }

            inputs = work.Inputs;
            a0 = b0 = c0 = a1 = b1 = c1 = a2 = b2 = c2 = a3 = b3 = c3 = T.Broadcast(0f);
            a4 = b4 = c4 = a5 = b5 = c5 = a6 = b6 = c6 = a7 = b7 = c7 = a0;
            a8 = b8 = c8 = a9 = b9 = c9 = a0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(int row, float* x, T wa, T wb, T wc, ref T a, ref T b, ref T c)
    {
        if (row >= sizeof(TRows))
            return;
        T v = T.Broadcast(*x);
        a.AddProduct(v, wa);
        if (sizeof(TVectors) > 1)
            b.AddProduct(v, wb);
        if (sizeof(TVectors) > 2)
            c.AddProduct(v, wc);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(int row, float* tile, ref T a, ref T b, ref T c)
    {
        if (row >= sizeof(TRows))
            return;
        a = T.Load(tile);
        if (sizeof(TVectors) > 1)
            b = T.Load(tile + T.Width);
        if (InPairs)
            T.PairAsLoaded(ref a, ref b);
        if (sizeof(TVectors) > 2)
            c = T.Load(tile + (2 * T.Width));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int row, float* tile, bool add, T a, T b, T c)
    {
        if (row >= sizeof(TRows))
            return;
        if (InPairs)
            T.PairInOrder(ref a, ref b);
        if (add)
        {
            a = T.Add(T.Load(tile), a);
            if (sizeof(TVectors) > 1)
                b = T.Add(T.Load(tile + T.Width), b);
            if (sizeof(TVectors) > 2)
                c = T.Add(T.Load(tile + (2 * T.Width)), c);
        }

        T.Store(a, tile);
        if (sizeof(TVectors) > 1)
            T.Store(b, tile + T.Width);
        if (sizeof(TVectors) > 2)
            T.Store(c, tile + (2 * T.Width));
    }
}
