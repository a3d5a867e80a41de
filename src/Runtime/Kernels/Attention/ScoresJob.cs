using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>See <see cref="AttentionKernels.Scores"/>.</summary>
internal unsafe struct ScoresJob : ILaneJob
{
    internal AttentionHead Head;
    internal float* Scores;
    internal nint Stride;

    [SkipLocalsInit]
    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        for (int query = 0; query < Head.Queries; query++)
        {
            (int begin, int end) = Head.Mask.Keys(query, Head.Keys);
            var row = new Span<float>(Scores + (query * Stride), Head.Keys);
            row[..begin].Fill(float.NegativeInfinity);
            row[end..].Fill(float.NegativeInfinity);
        }

        float* tile = stackalloc float[ProductTile<T>.Size];
        RunKeys<T>(Head.Past, tile);
        RunKeys<T>(Head.Own, tile);
    }

    private readonly void RunKeys<T>(in KeyRun run, float* tile)
        where T : struct, ILanes<T>
    {
        if (run.Count == 0 || Head.Queries == 0)
            return;

        // Both ends of the range move to the right with the query: panels outside of all ranges are passed over.
        int begin = Math.Max(run.First, Head.Mask.Keys(0, Head.Keys).Begin);
        int end = Math.Min(run.End, Head.Mask.Keys(Head.Queries - 1, Head.Keys).End);
        for (int panel = (begin - run.First) / KeyPanels.Width; run.First + (panel * KeyPanels.Width) < end; panel++)
        {
            for (int query = 0; query < Head.Queries; query += ProductTile<T>.Rows)
                RunTile<T>(run, panel, query, Math.Min(ProductTile<T>.Rows, Head.Queries - query), tile);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunTile<T>(in KeyRun run, int panel, int query, int rows, float* tile)
        where T : struct, ILanes<T>
    {
        int first = run.First + (panel * KeyPanels.Width), last = Math.Min(first + KeyPanels.Width, run.End);
        if (last <= Head.Mask.Keys(query, Head.Keys).Begin || first >= Head.Mask.Keys(query + rows - 1, Head.Keys).End)
            return;
        new Span<float>(tile, rows * ProductTile<T>.Columns).Clear();
        ProductTile<T>.Accumulate(
            Head.Q + (query * Head.QStride), Head.QStride, rows, run.Keys + (panel * run.PanelStride), KeyPanels.Width,
            Head.DHead, last - first, tile);
        if (Head.Cap > 0)
            Elementwise.Loop<T, SoftCap>(new SoftCap(Head.Scale, Head.Cap), tile, tile, rows * ProductTile<T>.Columns);
        else
            Elementwise.Loop<T, Scaled>(new Scaled(Head.Scale), tile, tile, rows * ProductTile<T>.Columns);
        for (int r = 0; r < rows; r++)
        {
            (int begin, int end) = Head.Mask.Keys(query + r, Head.Keys);
            begin = Math.Max(begin, first);
            int count = Math.Min(end, last) - begin;
            if (count <= 0)
                continue;
            float* source = tile + (r * ProductTile<T>.Columns) + (begin - first);
            if (Head.Mask.AlibiSlope != 0f)
                AddAlibi(source, begin - (Head.Mask.FirstQuery + query + r), count);
            if (Head.KeyBias != null)
                ProductTile<T>.Add(source, Head.KeyBias + begin, source, count);
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(Scores + ((query + r) * Stride) + begin, count));
        }
    }

    private readonly void AddAlibi(float* scores, int firstDistance, int count)
    {
        for (int i = 0; i < count; i++)
            scores[i] += Head.Mask.AlibiSlope * (firstDistance + i);
    }

    private readonly struct Scaled(float factor) : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => T.Multiply(x, T.Broadcast(factor));
    }
}
