using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>The norm between attention or FFN and the sum, in place; nothing where there is none.</summary>
    private void NormalizeBranch(FloatBlock write, NormWeights? norm, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        if (norm is not null)
        {
            ApplyNorm(write, norm, scaleKind, normalizedKind, layer, write);
        }
    }

    /// <summary>
    /// The norm of queries or keys [rows, heads, d_head], in place; nothing where there is none. Every head has a scale of its
    /// own; where one norm spans all heads these are equal.
    /// </summary>
    private void NormalizeHeads(
        FloatBlock matrix, int heads, NormWeights? norm, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        if (norm is null)
        {
            return;
        }

        int dHead = _config.DHead, norms = _config.QkNorm == QkNorm.WholeProjection ? 1 : heads;
        int width = heads / norms * dHead;
        Span<float> values = matrix.Rows(_rows, heads * dHead);
        float[] scale = new float[_rows * norms], mean = [];
        if (_config.Norm == NormKind.Rms)
        {
            Normalization.RmsStatistics(values, width, _config.NormEpsilon, scale);
        }
        else
        {
            mean = new float[_rows * norms];
            Normalization.LayerNormStatistics(values, width, _config.NormEpsilon, mean, scale);
        }

        if (norms < heads)
        {
            scale = Repeat(scale, heads);
            mean = Repeat(mean, heads);
        }

        Fire(scaleKind, layer, scale, heads, heads);
        Watch(scaleKind, layer, scale);
        Normalization.Normalize(values, mean, scale, dHead, values);
        Fire(normalizedKind, layer, values, heads * dHead, heads);

        // A gain of d_head is shared by the heads.
        int gained = Math.Max(norm.Gain.Length, norm.Bias.Length);
        if (gained > 0)
        {
            Normalization.GainBias(values, norm.Gain, norm.Bias, gained, values);
        }
    }

    private static float[] Repeat(float[] values, int times)
    {
        var repeated = new float[values.Length * times];
        for (int i = 0; i < values.Length; i++)
        {
            repeated.AsSpan(i * times, times).Fill(values[i]);
        }

        return repeated;
    }
}
