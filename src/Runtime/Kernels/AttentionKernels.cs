using System.Buffers;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Attention (Vaswani et al. 2017) of one head over one sequence, in the steps that hooks can see. What is computed for a
/// query depends on its own keys only, not on the other queries nor on the keys it may not see.
/// </summary>
internal static unsafe class AttentionKernels
{
    /// <summary>
    /// scores [queries, keys]: the chain of q k over d from +0, times the scale, soft-capped where there is a cap, plus the
    /// bias of ALiBi if there is one; -infinity where the mask forbids.
    /// </summary>
    internal static void Scores(
        ReadOnlySpan<float> q,
        int qStride,
        int queries,
        ReadOnlySpan<float> k,
        int kStride,
        int keys,
        int dHead,
        float scale,
        in AttentionMask mask,
        Span<float> scores,
        KernelTier? tier = null,
        float? softCap = null)
    {
        Check.Strided(q.Length, queries, dHead, qStride, nameof(q));
        Check.Strided(k.Length, keys, dHead, kStride, nameof(k));
        Check.Size(scores.Length, queries, keys, nameof(scores));
        if (scores.IsEmpty)
            return;
        int firstPanel = mask.Keys(0, keys).Begin / PackedMatrix.PanelWidth;
        int firstKey = firstPanel * PackedMatrix.PanelWidth, endKey = mask.Keys(queries - 1, keys).End;
        int panels = Math.Max(0, endKey - firstKey + PackedMatrix.PanelWidth - 1) / PackedMatrix.PanelWidth;
        float[] scratch = ArrayPool<float>.Shared.Rent(checked((panels * dHead * PackedMatrix.PanelWidth) + 16));
        fixed (float* pq = q, pk = k, ps = scores, pw = scratch)
        {
            float* packed = PackedMatrix.Align(pw);
            for (int p = 0; p < panels; p++)
            {
                int first = firstKey + (p * PackedMatrix.PanelWidth), count = Math.Min(PackedMatrix.PanelWidth, endKey - first);
                float* panel = packed + ((nint)p * dHead * PackedMatrix.PanelWidth);
                if (count < PackedMatrix.PanelWidth)
                    new Span<float>(panel, dHead * PackedMatrix.PanelWidth).Clear();
                PackedMatrix.PackTransposed(pk + ((nint)first * kStride), kStride, count, dHead, panel);
            }

            var job = new ScoresJob
            {
                Q = pq,
                QStride = qStride,
                Queries = queries,
                Keys = keys,
                Packed = packed,
                FirstKey = firstKey,
                Panels = panels,
                DHead = dHead,
                Scale = scale,
                Cap = softCap ?? 0,
                Mask = mask,
                Scores = ps,
            };
            KernelTiers.Run(ref job, tier);
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <summary>
    /// pattern = softmax of each row of scores: e^(x - max) over the sum of these in the order of
    /// <see cref="StripedSum"/>. A row of nothing but -infinity gives zeros. The two may be the same memory.
    /// </summary>
    internal static void Softmax(
        ReadOnlySpan<float> scores, Span<float> pattern, int rows, int keys, KernelTier? tier = null)
    {
        Check.Size(scores.Length, rows, keys, nameof(scores));
        Check.Length(pattern.Length, scores.Length, nameof(pattern));
        fixed (float* ps = scores, pp = pattern)
        {
            var job = new SoftmaxJob { Scores = ps, Pattern = pp, Rows = rows, Keys = keys };
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>As the other overload, in place.</summary>
    internal static void Softmax(Span<float> scoresToPattern, int rows, int keys, KernelTier? tier = null) =>
        Softmax(scoresToPattern, scoresToPattern, rows, keys, tier);

    /// <summary>
    /// z [queries, dHead] = the chain of pattern times v from +0 over the keys that the mask allows, or over all keys where
    /// <paramref name="everyKey"/> says so (a pattern that was changed may hold anything anywhere).
    /// </summary>
    internal static void WeightedSum(
        ReadOnlySpan<float> pattern,
        int queries,
        int keys,
        in AttentionMask mask,
        bool everyKey,
        ReadOnlySpan<float> v,
        int vStride,
        int dHead,
        Span<float> z,
        int zStride,
        KernelTier? tier = null)
    {
        Check.Size(pattern.Length, queries, keys, nameof(pattern));
        Check.Strided(v.Length, keys, dHead, vStride, nameof(v));
        Check.Strided(z.Length, queries, dHead, zStride, nameof(z));

        // Rows of whole panels are read where they are; others are copied to rows that are padded.
        bool inPlace = dHead % PackedMatrix.PanelWidth == 0;
        int padded = (dHead + PackedMatrix.PanelWidth - 1) / PackedMatrix.PanelWidth * PackedMatrix.PanelWidth;
        float[] scratch = inPlace ? [] : ArrayPool<float>.Shared.Rent(checked((keys * padded) + 16));
        fixed (float* pp = pattern, pv = v, pz = z, pw = scratch)
        {
            float* values = pv;
            if (!inPlace)
            {
                values = PackedMatrix.Align(pw);
                for (int key = 0; key < keys; key++)
                {
                    var row = new Span<float>(values + ((nint)key * padded), padded);
                    v.Slice(key * vStride, dHead).CopyTo(row);
                    row[dHead..].Clear();
                }
            }

            var job = new WeightedSumJob
            {
                Pattern = pp,
                Queries = queries,
                Keys = keys,
                Mask = mask,
                EveryKey = everyKey,
                V = values,
                VStride = inPlace ? vStride : padded,
                DHead = dHead,
                Z = pz,
                ZStride = zStride,
            };
            KernelTiers.Run(ref job, tier);
        }

        if (!inPlace)
            ArrayPool<float>.Shared.Return(scratch);
    }
}
