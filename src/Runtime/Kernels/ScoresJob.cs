using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>See <see cref="AttentionKernels.Scores"/>. The keys come packed in panels, from <see cref="FirstKey"/> on.</summary>
internal unsafe struct ScoresJob : ILaneJob
{
    internal float* Q;
    internal int QStride;
    internal int Queries;
    internal int Keys;
    internal float* Packed;
    internal int FirstKey;
    internal int Panels;
    internal int DHead;
    internal float Scale;
    internal float Cap;
    internal AttentionMask Mask;
    internal float* Scores;

    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        for (int query = 0; query < Queries; query++)
        {
            (int begin, int end) = Mask.Keys(query, Keys);
            var row = new Span<float>(Scores + ((nint)query * Keys), Keys);
            row[..begin].Fill(float.NegativeInfinity);
            row[end..].Fill(float.NegativeInfinity);
        }

        float* tile = stackalloc float[ProductTile<T>.Size];
        for (int panel = 0; panel < Panels; panel++)
        {
            for (int query = 0; query < Queries; query += ProductTile<T>.Rows)
                RunTile<T>(panel, query, Math.Min(ProductTile<T>.Rows, Queries - query), tile);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<T>(int panel, int query, int rows, float* tile)
        where T : struct, ILanes<T>
    {
        // Both ends of the range move to the right with the query.
        int first = FirstKey + (panel * ProductTile<T>.Columns), last = first + ProductTile<T>.Columns;
        if (last <= Mask.Keys(query, Keys).Begin || first >= Mask.Keys(query + rows - 1, Keys).End)
            return;
        new Span<float>(tile, ProductTile<T>.Size).Clear();
        float* keys = Packed + ((nint)panel * DHead * ProductTile<T>.Columns);
        int columns = Math.Min(ProductTile<T>.Columns, Keys - first);
        ProductTile<T>.Accumulate(
            Q + ((nint)query * QStride), QStride, rows, keys, ProductTile<T>.Columns, DHead, columns, tile);
        if (Cap > 0)
            Elementwise.Loop<T, SoftCap>(new SoftCap(Scale, Cap), tile, tile, rows * ProductTile<T>.Columns);
        else
            Elementwise.Loop<T, Scaled>(new Scaled(Scale), tile, tile, rows * ProductTile<T>.Columns);
        for (int r = 0; r < rows; r++)
        {
            (int begin, int end) = Mask.Keys(query + r, Keys);
            begin = Math.Max(begin, first);
            int count = Math.Min(end, last) - begin;
            if (count <= 0)
                continue;
            float* source = tile + (r * ProductTile<T>.Columns) + (begin - first);
            if (Mask.AlibiSlope != 0f)
                AddAlibi(source, begin - (Mask.FirstQuery + query + r), count);
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(Scores + ((nint)(query + r) * Keys) + begin, count));
        }
    }

    private readonly void AddAlibi(float* scores, int firstDistance, int count)
    {
        for (int i = 0; i < count; i++)
            scores[i] += Mask.AlibiSlope * (firstDistance + i);
    }

    private readonly struct Scaled(float factor) : IFormula
    {
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => T.Multiply(x, T.Broadcast(factor));
    }
}
