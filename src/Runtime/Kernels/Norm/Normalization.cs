using System.Runtime.CompilerServices;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// LayerNorm (Ba, Kiros and Hinton 2016) and RMSNorm (Zhang and Sennrich 2019) in the steps that hooks can see:
/// statistics, centring, scaling, gain and bias. Each works on rows of length d, in whatever steps it is taken; destinations may be the input itself.
/// </summary>
internal static unsafe class Normalization
{
    /// <summary>For each row: the mean, and scale = sqrt(variance + eps), the variance from the centred values.</summary>
    internal static void LayerNormStatistics(
        ReadOnlySpan<float> x, int d, float eps, Span<float> mean, Span<float> scale, KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Check.Length(mean.Length, scale.Length, nameof(mean));
        Run(new NormJob { Measures = true, Eps = eps }, x, d, mean, scale, [], [], [], tier);
    }

    /// <summary>For each row: scale = sqrt(mean of squares + eps).</summary>
    internal static void RmsStatistics(
        ReadOnlySpan<float> x, int d, float eps, Span<float> scale, KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Run(new NormJob { Measures = true, Eps = eps }, x, d, [], scale, [], [], [], tier);
    }

    /// <summary>destination = (x - mean) / scale; x / scale where <paramref name="mean"/> is empty.</summary>
    internal static void Normalize(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> scale, int d, Span<float> destination, KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Check.LengthOrEmpty(mean.Length, scale.Length, nameof(mean));
        Check.Length(destination.Length, x.Length, nameof(destination));
        Run(default, x, d, mean, scale, [], [], destination, tier);
    }

    /// <summary>destination = normalized * gain + bias, rounded after each step; an empty one is left out.</summary>
    internal static void GainBias(
        ReadOnlySpan<float> normalized,
        ReadOnlySpan<float> gain,
        ReadOnlySpan<float> bias,
        int d,
        Span<float> destination,
        KernelTier? tier = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(d);
        Check.Size(normalized.Length, normalized.Length / d, d, nameof(normalized));
        Check.LengthOrEmpty(gain.Length, d, nameof(gain));
        Check.LengthOrEmpty(bias.Length, d, nameof(bias));
        Check.Length(destination.Length, normalized.Length, nameof(destination));
        Run(default, normalized, d, [], [], gain, bias, destination, tier);
    }

    /// <summary>All steps, one row after the other, with the bits of taking them one by one; RMSNorm where <paramref name="mean"/> is empty.</summary>
    internal static void Apply(
        ReadOnlySpan<float> x,
        int d,
        float eps,
        Span<float> mean,
        Span<float> scale,
        ReadOnlySpan<float> gain,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        KernelTier? tier = null)
    {
        Check.Size(x.Length, scale.Length, d, nameof(x));
        Check.LengthOrEmpty(mean.Length, scale.Length, nameof(mean));
        Check.LengthOrEmpty(gain.Length, d, nameof(gain));
        Check.LengthOrEmpty(bias.Length, d, nameof(bias));
        Check.Length(destination.Length, x.Length, nameof(destination));
        Run(new NormJob { Measures = true, Eps = eps }, x, d, mean, scale, gain, bias, destination, tier);
    }

    private static void Run(
        NormJob job,
        ReadOnlySpan<float> x,
        int d,
        ReadOnlySpan<float> mean,
        ReadOnlySpan<float> scale,
        ReadOnlySpan<float> gain,
        ReadOnlySpan<float> bias,
        Span<float> destination,
        KernelTier? tier)
    {
        fixed (float* px = x, pm = mean, ps = scale, pg = gain, pb = bias, pd = destination)
        {
            job.X = px;
            job.Rows = x.Length / Math.Max(1, d);
            job.Width = d;
            job.Mean = pm;
            job.Scale = ps;
            job.Gain = pg;
            job.Bias = pb;
            job.Destination = pd;
            KernelTiers.Run(ref job, tier);
        }
    }

    /// <summary>Some steps of a norm; what is null is left out.</summary>
    private struct NormJob : ILaneJob
    {
        internal float* X;
        internal int Rows;
        internal int Width;
        internal float Eps;
        internal bool Measures;
        internal float* Mean;
        internal float* Scale;
        internal float* Gain;
        internal float* Bias;
        internal float* Destination;

        public readonly void Run<T>()
            where T : struct, ILanes<T>
        {
            for (int r = 0; r < Rows; r++)
            {
                float* row = X + ((nint)r * Width);
                if (Measures)
                    Measure<T>(row, r);
                if (Destination != null)
                    Write<T>(row, r, Destination + ((nint)r * Width));
            }
        }

        private readonly void Measure<T>(float* row, int r)
            where T : struct, ILanes<T>
        {
            float squares;
            if (Mean == null)
            {
                squares = StripedSum.Of<T, Square>(default, row, Width);
            }
            else
            {
                Mean[r] = StripedSum.Of<T, Itself>(default, row, Width) / Width;
                squares = StripedSum.Of<T, CentredSquare>(new CentredSquare(Mean[r]), row, Width);
            }

            Scale[r] = MathF.Sqrt((squares / Width) + Eps);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Write<T>(float* row, int r, float* destination)
            where T : struct, ILanes<T>
        {
            float mean = Mean == null ? 0f : Mean[r], scale = Scale == null ? 1f : Scale[r];
            int i = 0;
            for (; i + T.Width <= Width; i += T.Width)
                T.Store(Value(T.Load(row + i), i, mean, scale), destination + i);
            for (; i < Width; i++)
                LanesScalar.Store(Value(LanesScalar.Load(row + i), i, mean, scale), destination + i);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly T Value<T>(T value, int i, float mean, float scale)
            where T : struct, ILanes<T>
        {
            if (Mean != null)
                value = T.Subtract(value, T.Broadcast(mean));
            if (Scale != null)
                value = T.Divide(value, T.Broadcast(scale));
            if (Gain != null)
                value = T.Multiply(value, T.Load(Gain + i));
            return Bias == null ? value : T.Add(value, T.Load(Bias + i));
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
