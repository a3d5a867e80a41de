using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Machine;

/// <summary>
/// Memory that is wanted soon, asked for in even steps while weights are multiplied: a core has few requests open at a time, and those of the
/// weights that come from the second cache are among them. Each of several register tiles over the same weights asks for its part of the block that
/// comes next, so that the first of them need not wait for it. A tile alone asks for its own weights, further ahead than the processor does, which
/// begins anew at each page, or for nothing where the processor does better by itself. In the last block of a chain the tiles ask for the rows that are written then.
/// </summary>
internal unsafe struct WantedMemory
{
    /// <summary>Inputs from one request to the next.</summary>
    internal const int Inputs = 2;

    /// <summary>Tiles of so many rows ask on every processor.</summary>
    internal const int RowsThatAsk = 8;

    private const int CacheLine = 64;

    // No number of inputs that are left has none of its bits.
    private const nint Never = -1;

    // Two pages: a read of memory takes as long as a core needs for a kilobyte or two.
    private const int Distance = 8192;

    // Of a tile's rows, one for each eighth of the inputs or less.
    private const int RowParts = 8;

    /// <summary>The next lines of weights.</summary>
    internal byte* Weights;

    /// <summary>Weights are asked for where the number of inputs that are left has none of these bits.</summary>
    internal nint InputMask;

    /// <summary>How many lines at a time, 1 to 6.</summary>
    internal int Lines;

    /// <summary>The next row of the destination, as wide as a panel.</summary>
    internal byte* Row;

    /// <summary>Bytes from row to row of the destination.</summary>
    internal nint RowStride;

    /// <summary>A row is asked for where the number of inputs that are left has none of these bits.</summary>
    internal nint RowMask;

    /// <summary>From one request for weights to the next.</summary>
    internal readonly nint Step => (nint)Lines * CacheLine;

    /// <summary>Nothing new: what is there already.</summary>
    internal static WantedMemory Nothing(byte* weights) => new() { Weights = weights, InputMask = Inputs - 1, Lines = 1, RowMask = Never };

    /// <summary>
    /// Whether a tile of so many rows asks for its own weights where it is alone. Zen 3 and 4 read far enough ahead by themselves, with more requests than what asks
    /// for a line may have open: one row of bfloat16 that asks has three quarters of their rate.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool AsksAlone(int rows) => rows >= RowsThatAsk || !Processor.IsZen3Or4;

    /// <summary>What a tile asks for that passes over the weights alone.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="w">The weights.</param>
    /// <param name="inputBytes">Bytes of weights for each input.</param>
    internal static WantedMemory Alone(int rows, byte* w, nint inputBytes)
    {
        WantedMemory wanted = Nothing(w + Distance);
        wanted.Lines = LinesOf(inputBytes);
        if (!AsksAlone(rows))
            wanted.InputMask = Never;
        return wanted;
    }

    /// <summary>What one of several tiles over the same weights asks for.</summary>
    /// <param name="tile">Which of them.</param>
    /// <param name="tiles">How many tiles pass over the weights.</param>
    /// <param name="w">The weights. Blocks of a panel follow each other, and so do panels; a thread goes on to one near by.</param>
    /// <param name="inputs">Inputs of the block.</param>
    /// <param name="inputBytes">Bytes of weights for each input.</param>
    internal static WantedMemory Of(int tile, int tiles, byte* w, int inputs, nint inputBytes)
    {
        int all = LinesOf(inputBytes), lines = Math.Min(3, (all + tiles - 1) / tiles);
        WantedMemory wanted = Nothing(w);
        if (tile * lines < all)
        {
            wanted.Lines = lines;
            wanted.Weights += (inputs * inputBytes) + (tile * (inputs / Inputs) * wanted.Step);
        }

        return wanted;
    }

    /// <summary>Adds rows of the destination.</summary>
    internal void AddRows(float* first, nint stride, int inputs)
    {
        Row = (byte*)first;
        RowStride = stride * sizeof(float);
        RowMask = (1 << BitOperations.Log2((uint)Math.Max(Inputs, inputs / RowParts))) - 1;
    }

    /// <summary>
    /// Asks for lines, up to three into the second cache; six, which a tile alone wants next, into the first. An address without memory is passed over.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Ask(byte* address, int lines)
    {
        if (!Sse.IsSupported)
            return;
        if (lines > 3)
        {
            Sse.Prefetch0(address);
            Sse.Prefetch0(address + CacheLine);
            Sse.Prefetch0(address + (2 * CacheLine));
            Sse.Prefetch0(address + (3 * CacheLine));
            Sse.Prefetch0(address + (4 * CacheLine));
            Sse.Prefetch0(address + (5 * CacheLine));
            return;
        }

        Sse.Prefetch1(address);
        if (lines > 1)
            Sse.Prefetch1(address + CacheLine);
        if (lines > 2)
            Sse.Prefetch1(address + (2 * CacheLine));
    }

    private static int LinesOf(nint inputBytes) => (int)(((Inputs * inputBytes) + CacheLine - 1) / CacheLine);
}
