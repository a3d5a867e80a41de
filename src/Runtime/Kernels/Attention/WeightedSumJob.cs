using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>See <see cref="AttentionKernels.WeightedSum"/>. Rows of V are readable up to whole panels.</summary>
internal unsafe struct WeightedSumJob : ILaneJob
{
    internal AttentionHead Head;
    internal bool EveryKey;
    internal float* Pattern;
    internal nint Stride;
    internal float* Z;
    internal nint ZStride;

    [SkipLocalsInit]
    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        float* tile = stackalloc float[ProductTile<T>.Size];
        for (int query = 0; query < Head.Queries; query += ProductTile<T>.Rows)
        {
            int rows = Math.Min(ProductTile<T>.Rows, Head.Queries - query);
            for (int column = 0; column < Head.DHead; column += ProductTile<T>.Columns)
                RunTile<T>(query, rows, column, tile);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<T>(int query, int rows, int column, float* tile)
        where T : struct, ILanes<T>
    {
        new Span<float>(tile, rows * ProductTile<T>.Columns).Clear();
        int columns = Math.Min(ProductTile<T>.Columns, Head.DHead - column);
        RunKeys<T>(Head.Past, query, rows, column, columns, tile);
        RunKeys<T>(Head.Own, query, rows, column, columns, tile);
        for (int r = 0; r < rows; r++)
        {
            var chains = new ReadOnlySpan<float>(tile + (r * ProductTile<T>.Columns), columns);
            chains.CopyTo(new Span<float>(Z + ((query + r) * ZStride) + column, columns));
        }
    }

    private readonly void RunKeys<T>(in KeyRun run, int query, int rows, int column, int columns, float* tile)
        where T : struct, ILanes<T>
    {
        if (run.Count == 0)
            return;

        // The ranges of neighbouring queries differ at their ends only: what all have in common is done for all rows at once,
        // the rest before and after row by row, which keeps each row's chain ascending.
        int begin = Range(run, query + rows - 1).Begin, end = Math.Max(begin, Range(run, query).End);
        for (int r = 0; r < rows; r++)
        {
            (int rowBegin, int rowEnd) = Range(run, query + r);
            float* chains = tile + (r * ProductTile<T>.Columns);
            Accumulate<T>(run, query + r, 1, rowBegin, Math.Min(begin, rowEnd), column, columns, chains);
        }

        Accumulate<T>(run, query, rows, begin, end, column, columns, tile);
        for (int r = 0; r < rows; r++)
        {
            (int rowBegin, int rowEnd) = Range(run, query + r);
            float* chains = tile + (r * ProductTile<T>.Columns);
            Accumulate<T>(run, query + r, 1, Math.Max(end, rowBegin), rowEnd, column, columns, chains);
        }
    }

    private readonly void Accumulate<T>(
        in KeyRun run, int query, int rows, int begin, int end, int column, int columns, float* tile)
        where T : struct, ILanes<T>
    {
        if (end <= begin)
            return;
        float* values = run.Values + ((begin - run.First) * run.ValueStride) + column;
        float* weights = Pattern + (query * Stride) + begin;
        ProductTile<T>.Accumulate(weights, Stride, rows, values, run.ValueStride, end - begin, columns, tile);
    }

    /// <summary>The keys of a run that a query reads; an empty range lies inside the run.</summary>
    private readonly (int Begin, int End) Range(in KeyRun run, int query)
    {
        (int begin, int end) = EveryKey ? (0, Head.Keys) : Head.Mask.Keys(query, Head.Keys);
        begin = Math.Clamp(begin, run.First, run.End);
        return (begin, Math.Clamp(end, begin, run.End));
    }
}
