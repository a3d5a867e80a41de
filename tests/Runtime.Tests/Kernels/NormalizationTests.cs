using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

public sealed class NormalizationTests
{
    // A sum of d floats by 16 stripes is off by at most about (d / 16 + 4) roundings of 6e-8; 1e-6 covers d <= 130.
    private const double Relative = 1e-6;

    private static int[] Widths => [1, 2, 15, 16, 17, 31, 33, 64, 100, 130];

    [Fact]
    public void Layer_norm_statistics_agree_with_double_and_on_all_tiers_bit_for_bit()
    {
        foreach (int d in Widths)
        {
            const int Rows = 3;
            float[] x = [.. Values.Random(Rows * d, d).Select(v => v + 0.5f)];
            float[] mean = new float[Rows], scale = new float[Rows];
            Normalization.LayerNormStatistics(x, d, 1e-5f, mean, scale, KernelTier.Scalar);
            for (int r = 0; r < Rows; r++)
            {
                double[] row = [.. x.Skip(r * d).Take(d).Select(v => (double)v)];
                double m = row.Average(), variance = row.Average(v => (v - m) * (v - m));
                Values.Close(m, mean[r], 1e-7, Relative, $"mean d={d}");
                Values.Close(Math.Sqrt(variance + 1e-5f), scale[r], 0, Relative, $"scale d={d}");
            }

            foreach (KernelTier tier in KernelTiers.Available)
            {
                float[] m = new float[Rows], s = new float[Rows], one = new float[1], oneScale = new float[1];
                Normalization.LayerNormStatistics(x, d, 1e-5f, m, s, tier);
                Values.SameBits(mean, m, $"{tier} mean d={d}");
                Values.SameBits(scale, s, $"{tier} scale d={d}");
                Normalization.LayerNormStatistics(x.AsSpan(d, d), d, 1e-5f, one, oneScale, tier);
                Values.SameBits([mean[1], scale[1]], [one[0], oneScale[0]], $"{tier} row alone d={d}");
            }
        }
    }

    [Fact]
    public void Rms_statistics_agree_with_double_and_on_all_tiers_bit_for_bit()
    {
        foreach (int d in Widths)
        {
            float[] x = Values.Random(2 * d, d), expected = new float[2];
            Normalization.RmsStatistics(x, d, 1e-6f, expected, KernelTier.Scalar);
            for (int r = 0; r < 2; r++)
            {
                double squares = x.Skip(r * d).Take(d).Average(v => (double)v * v);
                Values.Close(Math.Sqrt(squares + 1e-6f), expected[r], 0, Relative, $"scale d={d}");
            }

            foreach (KernelTier tier in KernelTiers.Available)
            {
                var scale = new float[2];
                Normalization.RmsStatistics(x, d, 1e-6f, scale, tier);
                Values.SameBits(expected, scale, $"{tier} d={d}");
            }
        }
    }

    [Fact]
    public void Sum_adds_sixteen_stripes_and_then_a_tree()
    {
        float[] x = Values.Random(53, 11), stripes = new float[16], mean = new float[1], scale = new float[1];
        for (int i = 0; i < x.Length; i++)
            stripes[i % 16] += x[i];
        float At(int i) => stripes[i] + stripes[i + 8];
        float sum = (At(0) + At(4) + (At(2) + At(6))) + (At(1) + At(5) + (At(3) + At(7)));
        Normalization.LayerNormStatistics(x, 53, 0f, mean, scale);
        Values.SameBits([sum / 53], mean);
    }

    [Fact]
    public void Normalize_gain_and_bias_round_once_per_step()
    {
        const int D = 37, Rows = 4;
        float[] x = Values.Random(Rows * D, 2), gain = Values.Random(D, 3), bias = Values.Random(D, 4);
        float[] mean = Values.Random(Rows, 5), scale = [0.3f, 1f, 2.5f, 1e-3f];
        float[] y = new float[x.Length], normalized = [.. x.Select((v, i) => (v - mean[i / D]) / scale[i / D])];
        foreach (KernelTier tier in KernelTiers.Available)
        {
            Normalization.Normalize(x, mean, scale, D, y, tier);
            Values.SameBits(normalized, y, $"layer norm {tier}");
            Normalization.GainBias(y, gain, bias, D, y, tier);
            Values.SameBits([.. normalized.Select((v, i) => (v * gain[i % D]) + bias[i % D])], y, $"gain and bias {tier}");

            Normalization.Normalize(x, [], scale, D, y, tier);
            Values.SameBits([.. x.Select((v, i) => v / scale[i / D])], y, $"rms norm {tier}");
            Normalization.GainBias(x, gain, [], D, y, tier);
            Values.SameBits([.. x.Select((v, i) => v * gain[i % D])], y, $"gain {tier}");
            Normalization.GainBias(x, [], bias, D, y, tier);
            Values.SameBits([.. x.Select((v, i) => v + bias[i % D])], y, $"bias {tier}");
            Normalization.GainBias(x, [], [], D, y, tier);
            Values.SameBits(x, y, $"neither {tier}");
        }
    }

    [Fact]
    public void All_steps_at_once_have_the_bits_of_the_single_ones_on_all_tiers()
    {
        foreach (int d in Widths)
        {
            const int Rows = 3;
            float[] x = Values.Random(Rows * d, d), gain = Values.Random(d, 3), bias = Values.Random(d, 4);
            foreach (bool centred in new[] { true, false })
            {
                foreach ((float[] g, float[] b) in new[] { (gain, bias), (gain, Array.Empty<float>()), ([], bias), ([], []) })
                {
                    float[] mean = centred ? new float[Rows] : [], scale = new float[Rows], expected = new float[x.Length];
                    if (centred)
                        Normalization.LayerNormStatistics(x, d, 1e-5f, mean, scale, KernelTier.Scalar);
                    else
                        Normalization.RmsStatistics(x, d, 1e-5f, scale, KernelTier.Scalar);
                    Normalization.Normalize(x, mean, scale, d, expected, KernelTier.Scalar);
                    Normalization.GainBias(expected, g, b, d, expected, KernelTier.Scalar);
                    foreach (KernelTier tier in KernelTiers.Available)
                    {
                        float[] m = new float[mean.Length], s = new float[Rows], y = [.. x];
                        Normalization.Apply(y, d, 1e-5f, m, s, g, b, y, tier);
                        Values.SameBits(mean, m, $"{tier} mean d={d}");
                        Values.SameBits(scale, s, $"{tier} scale d={d}");
                        Values.SameBits(expected, y, $"{tier} d={d}");
                    }
                }
            }
        }
    }
}
