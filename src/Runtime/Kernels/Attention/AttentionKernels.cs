using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Attention (Vaswani et al. 2017) of one head over one sequence, in the steps that hooks can see. What is computed for a
/// query depends on its own keys only, not on the other queries nor on the keys it may not see.
/// </summary>
internal static unsafe class AttentionKernels
{
    /// <summary>
    /// scores [queries, keys]: the chain of q k over d from +0, times the scale, soft-capped where there is a cap, plus the
    /// bias of ALiBi and that of the key where there are any; -infinity where the mask forbids.
    /// </summary>
    /// <param name="head">Queries and keys.</param>
    /// <param name="scores">Row r starts at <c>scores + r * stride</c>.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    internal static void Scores(in AttentionHead head, float* scores, nint stride, KernelTier? tier = null)
    {
        var job = new ScoresJob { Head = head, Scores = scores, Stride = stride };
        KernelTiers.Run(ref job, tier);
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
            var job = new SoftmaxJob { Scores = ps, Pattern = pp, Rows = rows, Keys = keys, Stride = keys };
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>As the other overload, in place.</summary>
    internal static void Softmax(Span<float> scoresToPattern, int rows, int keys, KernelTier? tier = null) =>
        Softmax(scoresToPattern, scoresToPattern, rows, keys, tier);

    /// <summary>As the other overloads, in place, rows standing apart.</summary>
    internal static void Softmax(float* scoresToPattern, int rows, int keys, nint stride, KernelTier? tier = null)
    {
        var job = new SoftmaxJob
        {
            Scores = scoresToPattern,
            Pattern = scoresToPattern,
            Rows = rows,
            Keys = keys,
            Stride = stride,
        };
        KernelTiers.Run(ref job, tier);
    }

    /// <summary>
    /// z [queries, dHead] = the chain of pattern times v from +0 over the keys that the mask allows, or over all keys where
    /// <paramref name="everyKey"/> says so (a pattern that was changed may hold anything anywhere).
    /// </summary>
    /// <param name="head">Values and what each query may see.</param>
    /// <param name="everyKey">Whether forbidden keys count as well.</param>
    /// <param name="pattern">Row r starts at <c>pattern + r * stride</c>.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="z">Row r starts at <c>z + r * zStride</c>.</param>
    /// <param name="zStride">Floats from row to row.</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    internal static void WeightedSum(
        in AttentionHead head, bool everyKey, float* pattern, nint stride, float* z, nint zStride, KernelTier? tier = null)
    {
        var job = new WeightedSumJob
        {
            Head = head,
            EveryKey = everyKey,
            Pattern = pattern,
            Stride = stride,
            Z = z,
            ZStride = zStride,
        };
        KernelTiers.Run(ref job, tier);
    }
}
