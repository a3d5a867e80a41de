using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// LayerNorm (Ba, Kiros and Hinton 2016) and RMSNorm (Zhang and Sennrich 2019) in the steps that hooks can see:
/// statistics, centring, scaling, gain and bias. Each works on rows of length d; destinations may be the input itself.
/// </summary>
internal static unsafe class Normalization
{
    /// <summary>For each row: the mean, and scale = sqrt(variance + eps), the variance from the centred values.</summary>
    internal static void LayerNormStatistics(
        ReadOnlySpan<float> x, int d, float eps, Span<float> mean, Span<float> scale, KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Check.Length(mean.Length, scale.Length, nameof(mean));
        fixed (float* px = x, pm = mean, ps = scale)
        {
            var job = new StatisticsJob { X = px, Rows = scale.Length, Width = d, Eps = eps, Mean = pm, Scale = ps };
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>For each row: scale = sqrt(mean of squares + eps).</summary>
    internal static void RmsStatistics(
        ReadOnlySpan<float> x, int d, float eps, Span<float> scale, KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        fixed (float* px = x, ps = scale)
        {
            var job = new StatisticsJob { X = px, Rows = scale.Length, Width = d, Eps = eps, Mean = null, Scale = ps };
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>destination = (x - mean) / scale; x / scale where <paramref name="mean"/> is empty.</summary>
    internal static void Normalize(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> scale, int d, Span<float> destination)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Check.LengthOrEmpty(mean.Length, scale.Length, nameof(mean));
        Check.Length(destination.Length, x.Length, nameof(destination));
        for (int r = 0; r < scale.Length; r++)
        {
            ReadOnlySpan<float> row = x.Slice(r * d, d);
            Span<float> target = destination.Slice(r * d, d);
            if (!mean.IsEmpty)
            {
                TensorPrimitives.Subtract(row, mean[r], target);
                row = target;
            }

            TensorPrimitives.Divide(row, scale[r], target);
        }
    }

    /// <summary>destination = normalized * gain + bias, rounded after each step; an empty one is left out.</summary>
    internal static void GainBias(
        ReadOnlySpan<float> normalized,
        ReadOnlySpan<float> gain,
        ReadOnlySpan<float> bias,
        int d,
        Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(d);
        Check.Size(normalized.Length, normalized.Length / d, d, nameof(normalized));
        Check.LengthOrEmpty(gain.Length, d, nameof(gain));
        Check.LengthOrEmpty(bias.Length, d, nameof(bias));
        Check.Length(destination.Length, normalized.Length, nameof(destination));
        if (gain.IsEmpty && bias.IsEmpty)
            normalized.CopyTo(destination);
        for (int start = 0; start < normalized.Length; start += d)
        {
            ReadOnlySpan<float> row = normalized.Slice(start, d);
            Span<float> target = destination.Slice(start, d);
            if (!gain.IsEmpty)
            {
                TensorPrimitives.Multiply(row, gain, target);
                row = target;
            }

            if (!bias.IsEmpty)
                TensorPrimitives.Add(row, bias, target);
        }
    }

    private struct StatisticsJob : ILaneJob
    {
        internal float* X;
        internal int Rows;
        internal int Width;
        internal float Eps;
        internal float* Mean;
        internal float* Scale;

        public readonly void Run<T>()
            where T : struct, ILanes<T>
        {
            for (int r = 0; r < Rows; r++)
            {
                float* row = X + ((nint)r * Width);
                float mean = 0f;
                if (Mean != null)
                    Mean[r] = mean = StripedSum.Of<T, Itself>(default, row, Width) / Width;
                float squares = Mean == null
                    ? StripedSum.Of<T, Square>(default, row, Width)
                    : StripedSum.Of<T, CentredSquare>(new CentredSquare(mean), row, Width);
                Scale[r] = MathF.Sqrt((squares / Width) + Eps);
            }
        }
    }

    private readonly struct Itself : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => x;
    }

    private readonly struct Square : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => T.Multiply(x, x);
    }

    private readonly struct CentredSquare(float mean) : IFormula
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T>
        {
            T centred = T.Subtract(x, T.Broadcast(mean));
            return T.Multiply(centred, centred);
        }
    }
}
