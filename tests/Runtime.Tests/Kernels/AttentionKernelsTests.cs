using CsCheck;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>The definitions are plain loops over one query and one key; the kernels must have their bits.</summary>
public sealed class AttentionKernelsTests
{
    private static readonly Gen<int> HeadSizes = Gen.Int[0, 5].Select(i => new[] { 1, 5, 16, 32, 33, 64 }[i]);

    private static readonly Gen<AttentionMask> Masks = Gen.Select(
        Gen.Bool,
        Gen.Int[0, 40],
        Gen.Int[0, 20],
        Gen.Bool.Select(alibi => alibi ? 0.25f : 0f),
        (causal, first, window, slope) => new AttentionMask(causal, first, window == 0 ? null : window, slope));

    [Fact]
    public void Allowed_keys_follow_the_mask()
    {
        Assert.Equal((0, 4), new AttentionMask(true, 3, null, 0).Keys(0, 10));
        Assert.Equal((0, 10), new AttentionMask(true, 3, null, 0).Keys(8, 10));
        Assert.Equal((3, 5), new AttentionMask(true, 0, 2, 0).Keys(4, 10));
        Assert.Equal((3, 6), new AttentionMask(false, 0, 2, 0).Keys(4, 10));
        Assert.Equal((0, 10), new AttentionMask(false, 0, null, 0).Keys(4, 10));
        Assert.Equal((10, 10), new AttentionMask(true, 50, 3, 0).Keys(0, 10));
    }

    [Fact]
    public unsafe void Scores_and_weighted_sum_have_the_bits_of_the_plain_loops_for_any_shape_mask_cut_and_tier()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 80], HeadSizes, Masks, Gen.Int[0, 1000]).Sample(
            (queries, keys, dHead, mask, seed) =>
            {
                int stride = dHead + 3, cut = seed % 3 == 0 ? 0 : seed % keys;
                float[] q = Values.Random(queries * stride, seed), k = Values.Random(keys * dHead, seed + 1);
                float[] expected = Scores(q, queries, k, keys, stride, dHead, 0.3f, mask), scores = new float[queries * keys];
                float[] pattern = Values.Random(queries * keys, seed + 2), z = new float[queries * stride];

                // Values are read up to whole panels.
                float[] values = [.. k, .. new float[PackedMatrix.PanelWidth]];
                float[] past = Panels(k.AsSpan(0, cut * dHead), dHead), own = Panels(k.AsSpan(cut * dHead), dHead);
                fixed (float* pq = q, pv = values, pp = past, po = own, ps = scores, pw = pattern, pz = z)
                {
                    var head = new AttentionHead
                    {
                        Q = pq,
                        QStride = stride,
                        Queries = queries,
                        DHead = dHead,
                        Mask = mask,
                        Scale = 0.3f,
                        Past = Run(pp, pv, 0, cut, dHead),
                        Own = Run(po, pv + (cut * dHead), cut, keys - cut, dHead),
                    };
                    foreach (KernelTier tier in KernelTiers.Available)
                    {
                        AttentionKernels.Scores(head, ps, keys, tier);
                        Values.SameBits(expected, scores, $"{tier} {mask}");
                        foreach (bool every in new[] { false, true })
                        {
                            AttentionKernels.WeightedSum(head, every, pw, keys, pz, stride, tier);
                            float[] sum = WeightedSum(pattern, queries, keys, every ? default : mask, k, dHead, stride);
                            Values.SameBits(sum, z, $"{tier} {mask}");
                        }
                    }
                }
            },
            iter: 400);
    }

    /// <summary>Panels of one head's keys, appended in two goes.</summary>
    private static unsafe float[] Panels(ReadOnlySpan<float> rows, int dHead)
    {
        int keys = rows.Length / dHead, first = keys / 3;
        var panels = new float[KeyPanels.Floats(keys, 1, dHead) + 1];
        fixed (float* pr = rows, pp = panels)
        {
            KeyPanels.Append(pp, dHead * KeyPanels.Width, 0, pr, dHead, first, dHead);
            KeyPanels.Append(pp, dHead * KeyPanels.Width, first, pr + (first * dHead), dHead, keys - first, dHead);
        }

        return panels;
    }

    private static unsafe KeyRun Run(float* panels, float* values, int first, int count, int dHead) => new()
    {
        Keys = panels,
        PanelStride = (nint)dHead * KeyPanels.Width,
        Values = values,
        ValueStride = dHead,
        First = first,
        Count = count,
    };

    [Fact]
    public void Softmax_agrees_with_double_and_on_all_tiers_bit_for_bit()
    {
        foreach (int keys in Values.Lengths)
        {
            const int Rows = 3;
            float[] scores = Values.Random(Rows * keys, keys, 10f), expected = new float[scores.Length];
            for (int i = 0; i < keys; i++)
                scores[keys + i] = i < keys / 3 || i > keys / 2 || i % 5 == 4 ? float.NegativeInfinity : scores[keys + i];
            AttentionKernels.Softmax(scores, expected, Rows, keys, KernelTier.Scalar);
            for (int r = 0; r < Rows; r++)
                SoftmaxIsClose(scores.AsSpan(r * keys, keys), expected.AsSpan(r * keys, keys));
            foreach (KernelTier tier in KernelTiers.Available)
            {
                float[] pattern = [.. scores];
                AttentionKernels.Softmax(pattern, Rows, keys, tier);
                Values.SameBits(expected, pattern, $"{tier} keys {keys}");
            }
        }
    }

    [Fact]
    public void Softmax_does_not_depend_on_how_many_forbidden_keys_follow()
    {
        float[] scores = Values.Random(70, 5, 4f);
        for (int allowed = 0; allowed <= 70; allowed++)
        {
            float[] alone = new float[allowed], followed = [.. scores];
            followed.AsSpan(allowed).Fill(float.NegativeInfinity);
            AttentionKernels.Softmax(scores.AsSpan(0, allowed), alone, 1, allowed);
            AttentionKernels.Softmax(followed, 1, 70);
            Values.SameBits(alone, followed.AsSpan(0, allowed), $"allowed {allowed}");
            Assert.All(followed[allowed..], value => Assert.Equal(0f, value));
        }
    }

    [Fact]
    public void Softmax_of_nothing_allowed_is_zero_and_of_nan_is_nan()
    {
        float[] scores = [float.NegativeInfinity, float.NegativeInfinity, 1f, float.NaN];
        AttentionKernels.Softmax(scores, 2, 2);
        Assert.Equal([0f, 0f], scores[..2]);
        Assert.All(scores[2..], value => Assert.True(float.IsNaN(value)));
    }

    private static void SoftmaxIsClose(ReadOnlySpan<float> scores, ReadOnlySpan<float> pattern)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float score in scores)
            max = Math.Max(max, score);
        foreach (float score in scores)
            sum += score == float.NegativeInfinity ? 0 : Math.Exp(score - max);

        // The rounding of score - max (up to 20, so 1e-6 at most) dominates.
        for (int i = 0; i < scores.Length; i++)
        {
            double expected = scores[i] == float.NegativeInfinity ? 0 : Math.Exp(scores[i] - max) / sum;
            Values.Close(expected, pattern[i], 0, 3e-6, $"key {i} of {scores.Length}");
        }
    }

    /// <summary>Exact, over all small cases: kernels, plans and sweeps follow one rule.</summary>
    [Fact]
    public void The_mask_allows_what_interventions_take_to_be_seen()
    {
        foreach ((bool causal, int? window) in from c in new[] { true, false } from w in new int?[] { null, 1, 2, 3, 9 } select (c, w))
        {
            var reach = new AttentionReach(causal, window);
            for (int first = 0; first < 4; first++)
            {
                for (int query = 0; query < 5; query++)
                {
                    for (int keys = first + query + 1; keys < 10; keys++)
                    {
                        (int begin, int end) = new AttentionMask(causal, first, window, 0).Keys(query, keys);
                        int position = first + query;
                        Assert.Equal((reach.First(position), reach.End(position, keys)), (begin, end));
                    }
                }
            }
        }
    }

    private static bool Allowed(in AttentionMask mask, int query, int key)
    {
        int position = mask.FirstQuery + query;
        return (!mask.Causal || key <= position) && (mask.Window is not int window || Math.Abs(position - key) < window);
    }

    private static float[] Scores(
        float[] q, int queries, float[] k, int keys, int stride, int dHead, float scale, AttentionMask mask)
    {
        var scores = new float[queries * keys];
        for (int i = 0; i < scores.Length; i++)
        {
            (int query, int key) = (i / keys, i % keys);
            float chain = 0f;
            for (int d = 0; d < dHead; d++)
                chain = MathF.FusedMultiplyAdd(q[(query * stride) + d], k[(key * dHead) + d], chain);
            chain *= scale;
            if (mask.AlibiSlope != 0f)
                chain += mask.AlibiSlope * (key - (mask.FirstQuery + query));
            scores[i] = Allowed(mask, query, key) ? chain : float.NegativeInfinity;
        }

        return scores;
    }

    private static float[] WeightedSum(
        float[] pattern, int queries, int keys, AttentionMask mask, float[] v, int dHead, int stride)
    {
        var z = new float[queries * stride];
        for (int query = 0; query < queries; query++)
        {
            for (int d = 0; d < dHead; d++)
            {
                for (int key = 0; key < keys; key++)
                {
                    if (Allowed(mask, query, key))
                        z[(query * stride) + d] = MathF.FusedMultiplyAdd(
                            pattern[(query * keys) + key], v[(key * dHead) + d], z[(query * stride) + d]);
                }
            }
        }

        return z;
    }
}
