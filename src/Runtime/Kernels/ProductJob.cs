using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>What becomes of the chains of the blocks of inputs.</summary>
internal enum ProductResult
{
    /// <summary>One block: the chain, plus the bias.</summary>
    Chain,

    /// <summary>The chains added in order to +0, plus the bias.</summary>
    SumOfBlocks,

    /// <summary>The chains themselves, [rows, blocks, outputs].</summary>
    EachBlock,
}

/// <summary>A matrix product, cut into work items of one panel and a run of rows; any order of the items is right.</summary>
internal unsafe struct ProductJob : ILaneJob
{
    internal float* X;
    internal int Rows;
    internal int Inputs;
    internal float* Panels;
    internal int Outputs;
    internal int Block;
    internal float* Bias;
    internal float* Destination;
    internal int DestinationStride;
    internal ProductResult Result;
    internal int Threads;

    // Below about a million multiply-adds, waking another thread costs more than it gives.
    private const long WorkWorthThreads = 1_000_000;

    // Rows of x that are kept in the second cache while the panels pass by.
    private const int CachedFloats = 256 * 1024;

    private readonly int PanelCount => (Outputs + PackedMatrix.PanelWidth - 1) / PackedMatrix.PanelWidth;

    private readonly int RowsPerItem => Math.Clamp(CachedFloats / Math.Max(1, Inputs) / 8 * 8, 8, 128);

    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        int rowsPerItem = RowsPerItem;
        int items = (Rows + rowsPerItem - 1) / rowsPerItem * PanelCount;
        if (Threads > 1 && items > 1 && (long)Rows * Inputs * Outputs > WorkWorthThreads)
        {
            RunParallel<T>(this, items);
            return;
        }

        for (int item = 0; item < items; item++)
            RunItem<T>(item);
    }

    private static void RunParallel<T>(ProductJob job, int items)
        where T : struct, ILanes<T>
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = job.Threads };
        Parallel.For(0, items, options, item => job.RunItem<T>(item));
    }

    private readonly void RunItem<T>(int item)
        where T : struct, ILanes<T>
    {
        int panel = item % PanelCount, first = item / PanelCount * RowsPerItem;
        int end = Math.Min(Rows, first + RowsPerItem);
        for (int row = first; row < end; row += ProductTile<T>.Rows)
            RunTile<T>(panel, row, Math.Min(ProductTile<T>.Rows, end - row));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<T>(int panel, int row, int rows)
        where T : struct, ILanes<T>
    {
        float* chain = stackalloc float[ProductTile<T>.Size];
        float* sum = stackalloc float[ProductTile<T>.Size];
        int firstColumn = panel * PackedMatrix.PanelWidth;
        int columns = Math.Min(PackedMatrix.PanelWidth, Outputs - firstColumn);
        int blocks = Result == ProductResult.Chain ? 1 : Inputs / Block;
        int block = Result == ProductResult.Chain ? Inputs : Block;
        float* x = X + ((nint)row * Inputs);
        float* w = Panels + ((nint)panel * Inputs * PackedMatrix.PanelWidth);
        for (int b = 0; b < blocks; b++)
        {
            new Span<float>(chain, ProductTile<T>.Size).Clear();
            float* blockWeights = w + ((nint)b * block * PackedMatrix.PanelWidth);
            ProductTile<T>.Accumulate(
                x + (b * block), Inputs, rows, blockWeights, PackedMatrix.PanelWidth, block, columns, chain);
            if (Result == ProductResult.EachBlock)
            {
                float* destination = Destination + ((((nint)row * blocks) + b) * Outputs) + firstColumn;
                Write<T>(chain, rows, columns, null, destination, (nint)blocks * Outputs);
            }
            else if (Result == ProductResult.SumOfBlocks)
            {
                ProductTile<T>.Add(sum, chain, sum, rows * ProductTile<T>.Columns);
            }
        }

        if (Result != ProductResult.EachBlock)
        {
            float* bias = Bias == null ? null : Bias + firstColumn;
            float* destination = Destination + ((nint)row * DestinationStride) + firstColumn;
            Write<T>(Result == ProductResult.Chain ? chain : sum, rows, columns, bias, destination, DestinationStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T>(float* tile, int rows, int columns, float* bias, float* destination, nint stride)
        where T : struct, ILanes<T>
    {
        for (int r = 0; r < rows; r++)
        {
            float* source = tile + (r * ProductTile<T>.Columns), target = destination + (r * stride);
            if (bias == null)
                new ReadOnlySpan<float>(source, columns).CopyTo(new Span<float>(target, columns));
            else
                ProductTile<T>.Add(source, bias, target, columns);
        }
    }
}
