using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    private void NormalizeHeads(int layer, AttentionWeights weights, HeadSides sides)
    {
        if (sides.HasFlag(HeadSides.Queries))
        {
            NormalizeHeads(_buffers.Q, _config.NHeads, weights.QueryNorm!, HookKind.QNormScale, HookKind.QNormNormalized, layer);
        }

        if (sides.HasFlag(HeadSides.Keys))
        {
            NormalizeHeads(_buffers.K, _config.NKeyValueHeads, weights.KeyNorm!, HookKind.KNormScale, HookKind.KNormNormalized, layer);
        }
    }

    /// <summary>
    /// The norm of queries or keys [rows, heads, d_head], in place. Every head has a scale of its own; where one norm spans all
    /// heads these are equal.
    /// </summary>
    private void NormalizeHeads(FloatBlock matrix, int heads, NormWeights norm, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        int dHead = _config.DHead, norms = _config.QkNorm == QkNorm.WholeProjection ? 1 : heads;
        Norm(RowJobs.NormParts.Statistics, _rows * norms, heads / norms * dHead);
        if (norms < heads)
        {
            Repeat(_buffers.Scale, heads);
            Repeat(_buffers.Mean, heads);
        }

        Span<float> scale = _buffers.Scale.Rows(_rows, heads);
        Fire(scaleKind, layer, scale, heads, heads);
        Watch(scaleKind, layer, scale);
        Norm(RowJobs.NormParts.Normalize, _rows * heads, dHead);
        Fire(normalizedKind, layer, matrix, heads * dHead, heads);

        // A gain of d_head is shared by the heads.
        int gained = Math.Max(norm.Gain.Length, norm.Bias.Length);
        if (gained > 0)
        {
            Norm(RowJobs.NormParts.GainBias, _rows * heads * dHead / gained, gained);
        }

        void Norm(RowJobs.NormParts parts, int rows, int width) => RowJobs.Norm(
            parts, _config.Norm, _config.NormEpsilon, norm, matrix, rows, width, _buffers.Mean, _buffers.Scale, matrix, _threads);
    }

    /// <summary>Each row's number as often as there are heads, in place.</summary>
    private void Repeat(FloatBlock values, int times)
    {
        // From the last row on: a number is read before its place is written.
        for (int row = _rows - 1; row >= 0; row--)
        {
            values.Span.Slice(row * times, times).Fill(values.Pointer[row]);
        }
    }
}
