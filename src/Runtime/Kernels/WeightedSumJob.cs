using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>See <see cref="AttentionKernels.WeightedSum"/>. Rows of V are readable up to whole panels.</summary>
internal unsafe struct WeightedSumJob : ILaneJob
{
    internal float* Pattern;
    internal int Queries;
    internal int Keys;
    internal AttentionMask Mask;
    internal bool EveryKey;
    internal float* V;
    internal nint VStride;
    internal int DHead;
    internal float* Z;
    internal nint ZStride;

    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        float* tile = stackalloc float[ProductTile<T>.Size];
        for (int query = 0; query < Queries; query += ProductTile<T>.Rows)
        {
            int rows = Math.Min(ProductTile<T>.Rows, Queries - query);
            for (int column = 0; column < DHead; column += ProductTile<T>.Columns)
                RunTile<T>(query, rows, column, tile);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<T>(int query, int rows, int column, float* tile)
        where T : struct, ILanes<T>
    {
        // The ranges of neighbouring queries differ at their ends only: what all have in common is done for all rows at once,
        // the rest before and after row by row, which keeps each row's chain ascending.
        new Span<float>(tile, ProductTile<T>.Size).Clear();
        int columns = Math.Min(ProductTile<T>.Columns, DHead - column);
        int begin = Range(query + rows - 1).Begin, end = Math.Max(begin, Range(query).End);
        for (int r = 0; r < rows; r++)
        {
            (int rowBegin, int rowEnd) = Range(query + r);
            Accumulate<T>(query + r, 1, rowBegin, Math.Min(begin, rowEnd), column, columns, tile + (r * ProductTile<T>.Columns));
        }

        Accumulate<T>(query, rows, begin, end, column, columns, tile);
        for (int r = 0; r < rows; r++)
        {
            (int rowBegin, int rowEnd) = Range(query + r);
            float* chains = tile + (r * ProductTile<T>.Columns);
            Accumulate<T>(query + r, 1, Math.Max(end, rowBegin), rowEnd, column, columns, chains);
            new ReadOnlySpan<float>(chains, columns).CopyTo(new Span<float>(Z + ((query + r) * ZStride) + column, columns));
        }
    }

    private readonly void Accumulate<T>(int query, int rows, int begin, int end, int column, int columns, float* tile)
        where T : struct, ILanes<T>
    {
        if (end <= begin)
            return;
        float* weights = Pattern + ((nint)query * Keys) + begin;
        ProductTile<T>.Accumulate(weights, Keys, rows, V + (begin * VStride) + column, VStride, end - begin, columns, tile);
    }

    private readonly (int Begin, int End) Range(int query) => EveryKey ? (0, Keys) : Mask.Keys(query, Keys);
}
