using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>Cuts rows and columns of a panel into register tiles and chooses the kernel of each.</summary>
internal static unsafe class ProductRows<T, TFormat>
    where T : struct, ILanes<T>
    where TFormat : struct, IWeightFormat
{
    /// <summary>
    /// Most rows of a tile: 8 x 3 sums fit the 32 registers of a 512-bit unit; the narrower units may have only 16 registers.
    /// </summary>
    internal static int MaxRows => T.Width == 16 ? 8 : 4;

    /// <summary>
    /// Most rows that are one tile where they are all; beyond <see cref="MaxRows"/> it is two vectors wide, then one, and passes over the weights once. Zen 3 and 4
    /// read them from their third cache so fast that two tiles take less time.
    /// </summary>
    internal static int MaxRowsAlone => T.Width == 16 && !Processor.IsZen3Or4 ? 10 : MaxRows;

    /// <summary>As <see cref="ProductKernel{T, TFormat, TRows, TVectors}.Run"/>, for any number of rows.</summary>
    /// <param name="x">Row-major rows.</param>
    /// <param name="xStride">Floats from row to row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="w">The panel, from the first input on.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="panels">How many panels follow each other; more than one only for rows that are one tile, of panels that are one tile wide.</param>
    /// <param name="chains">Into how many chains of equal length they are cut; more than one only where these are added up.</param>
    /// <param name="stored">The same weights as they are stored, before what comes next.</param>
    /// <param name="storedBytes">Their bytes for each input.</param>
    /// <param name="start">Where the chains start and where they go.</param>
    /// <param name="finish">The tile, [rows, width], and where it goes.</param>
    /// <param name="last">Whether the chains are finished then.</param>
    internal static void Run(
        float* x, nint xStride, int rows, byte* w, int panels, int inputs, int chains, byte* stored, nint storedBytes, ChainEnds start, in ProductFinish finish, bool last)
    {
        int width = finish.Width / panels;

        // Tiles of nearly the same height: 17 rows are 6, 6 and 5, since a tile of one row would wait for its weights.
        int tiles = rows <= MaxRowsAlone ? 1 : (rows + MaxRows - 1) / MaxRows;
        for (int t = 0, row = 0; t < tiles; t++)
        {
            int count = (rows - row + tiles - t - 1) / (tiles - t);
            WantedMemory wanted = tiles == 1
                ? WantedMemory.Alone(count, stored, storedBytes)
                : WantedMemory.Of(t, tiles, stored, inputs, storedBytes);
            if (last && panels == 1)
                wanted.AddRows(finish.Destination + (row * finish.Stride), finish.Stride, inputs);
            for (int c = 0; c < width;)
            {
                int vectors = Math.Min(count > MaxRows ? 2 : 3, (width - c) / T.Width);
                var work = new KernelWork
                {
                    X = x + (row * xStride),
                    XStride = xStride,
                    W = w + (c * TFormat.Size),
                    WStride = (nint)width * TFormat.Size,
                    Inputs = inputs / chains,
                    Chains = chains,
                    Panels = panels,
                    Tile = finish.Tile + ((nint)row * finish.Width) + c,
                    TileStride = finish.Width,
                    Start = start,
                    Wanted = wanted,
                };
                RunTile(count, vectors, work);
                c += vectors * T.Width;
                wanted = WantedMemory.Nothing(w) with { InputMask = wanted.InputMask };
            }

            if (last)
                finish.Write<T>(row, count);
            row += count;
        }
    }

    /// <summary>The kernel of a tile of 1 to 10 rows and 1 to 3 vectors.</summary>
    internal static void RunTile(int rows, int vectors, in KernelWork work)
    {
        switch (vectors)
        {
            case 3:
                ChooseRows<Three>(rows, work);
                break;
            case 2:
                ChooseRows<Two>(rows, work);
                break;
            default:
                ChooseRows<One>(rows, work);
                break;
        }
    }

    private static void ChooseRows<TVectors>(int rows, in KernelWork at)
        where TVectors : unmanaged
    {
        switch (rows)
        {
            case 1:
                ProductKernel<T, TFormat, One, TVectors>.Run(at);
                break;
            case 2:
                ProductKernel<T, TFormat, Two, TVectors>.Run(at);
                break;
            case 3:
                ProductKernel<T, TFormat, Three, TVectors>.Run(at);
                break;
            case 4:
                ProductKernel<T, TFormat, Four, TVectors>.Run(at);
                break;
            case 5:
                ProductKernel<T, TFormat, Five, TVectors>.Run(at);
                break;
            case 6:
                ProductKernel<T, TFormat, Six, TVectors>.Run(at);
                break;
            case 7:
                ProductKernel<T, TFormat, Seven, TVectors>.Run(at);
                break;
            case 8:
                ProductKernel<T, TFormat, Eight, TVectors>.Run(at);
                break;
            case 9:
                ProductKernel<T, TFormat, Nine, TVectors>.Run(at);
                break;
            default:
                ProductKernel<T, TFormat, Ten, TVectors>.Run(at);
                break;
        }
    }

    [StructLayout(LayoutKind.Sequential, Size = 1)]
    private readonly struct One;

    [StructLayout(LayoutKind.Sequential, Size = 2)]
    private readonly struct Two;

    [StructLayout(LayoutKind.Sequential, Size = 3)]
    private readonly struct Three;

    [StructLayout(LayoutKind.Sequential, Size = 4)]
    private readonly struct Four;

    [StructLayout(LayoutKind.Sequential, Size = 5)]
    private readonly struct Five;

    [StructLayout(LayoutKind.Sequential, Size = 6)]
    private readonly struct Six;

    [StructLayout(LayoutKind.Sequential, Size = 7)]
    private readonly struct Seven;

    [StructLayout(LayoutKind.Sequential, Size = 8)]
    private readonly struct Eight;

    [StructLayout(LayoutKind.Sequential, Size = 9)]
    private readonly struct Nine;

    [StructLayout(LayoutKind.Sequential, Size = 10)]
    private readonly struct Ten;
}
