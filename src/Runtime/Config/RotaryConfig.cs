namespace Interp.Runtime;

/// <summary>Rotary position embedding (Su et al. 2021) and its length extensions.</summary>
/// <param name="Dim">Rotated dimensions of each head; the rest passes unchanged.</param>
/// <param name="Base">Base of the frequencies, <c>rope_theta</c>.</param>
/// <param name="AdjacentPairs">Whether pairs are (2i, 2i+1) instead of (i, i + Dim/2).</param>
/// <param name="Scaling">Length extension, or null.</param>
public sealed record RotaryConfig(int Dim, double Base, bool AdjacentPairs = false, RotaryScaling? Scaling = null)
{
    /// <summary>
    /// What each frequency is divided by besides, [Dim / 2], as GGUF files keep Llama 3.1's length extension; null = nothing.
    /// </summary>
    public IReadOnlyList<float>? Divisors { get; init; }

    /// <summary>Whether the frequencies depend on the length of the sequence.</summary>
    public bool DependsOnLength => Scaling?.Kind is RotaryScalingKind.Dynamic or RotaryScalingKind.LongRope;

    /// <summary>Factor on cosines and sines; 1 except for YaRN and LongRoPE.</summary>
    public float AttentionFactor => (float)(Scaling?.Kind switch
    {
        RotaryScalingKind.Yarn => Scaling.AttentionFactor ?? Scaling.YarnFactor(),
        RotaryScalingKind.LongRope => Scaling.AttentionFactor ?? Scaling.LongRopeFactor(),
        _ => 1,
    });

    /// <summary>
    /// Inverse frequencies, radians per position, [Dim / 2]. In float32, as the reference implementations keep them:
    /// at long positions their rounding is part of the model.
    /// </summary>
    /// <param name="length">Length of the sequence; matters only when <see cref="DependsOnLength"/>.</param>
    public float[] InverseFrequencies(int length)
    {
        double frequencyBase = Base;
        if (Scaling is { Kind: RotaryScalingKind.Dynamic } dynamic)
        {
            // NTK-aware scaling of the base: Hugging Face transformers, modeling_rope_utils.
            double stretched = Math.Max(length, dynamic.OriginalContext);
            frequencyBase = Base * Math.Pow(
                (dynamic.Factor * stretched / dynamic.OriginalContext) - (dynamic.Factor - 1), Dim / (Dim - 2.0));
        }

        var frequencies = new float[Dim / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = 1f / (float)Math.Pow(frequencyBase, 2.0 * i / Dim);
        }

        frequencies = Scaling?.Kind switch
        {
            RotaryScalingKind.Linear => [.. frequencies.Select(f => f / (float)Scaling.Factor)],
            RotaryScalingKind.Llama3 => [.. frequencies.Select(Llama3)],
            RotaryScalingKind.Yarn => Yarn(frequencies),
            RotaryScalingKind.LongRope => LongRope(frequencyBase, length > Scaling.OriginalContext ? Scaling.LongFactors : Scaling.ShortFactors),
            _ => frequencies,
        };
        return Divisors is null ? frequencies : [.. frequencies.Zip(Divisors, (frequency, divisor) => frequency / divisor)];
    }

    /// <summary>Llama 3.1: low frequencies are divided, high ones kept, those between interpolated.</summary>
    private float Llama3(float frequency)
    {
        RotaryScaling s = Scaling!;
        double turns = s.OriginalContext * (double)frequency / (2 * Math.PI);
        if (turns < s.LowFrequencyFactor)
        {
            return (float)(frequency / s.Factor);
        }

        if (turns > s.HighFrequencyFactor)
        {
            return frequency;
        }

        double smooth = (turns - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor);
        return (float)(((1 - smooth) * frequency / s.Factor) + (smooth * frequency));
    }

    /// <summary>YaRN (Peng et al. 2023): a ramp over dimensions between interpolated and original frequencies.</summary>
    private float[] Yarn(float[] frequencies)
    {
        RotaryScaling s = Scaling!;
        double low = CorrectionDimension(s.BetaFast), high = CorrectionDimension(s.BetaSlow);
        (low, high) = s.Truncate ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);
        (low, high) = (Math.Max(low, 0), Math.Min(high, Dim - 1));
        double width = high == low ? 0.001 : high - low;
        var result = new float[frequencies.Length];
        for (int i = 0; i < result.Length; i++)
        {
            double ramp = Math.Clamp((i - low) / width, 0, 1);
            result[i] = (float)((frequencies[i] / s.Factor * ramp) + (frequencies[i] * (1 - ramp)));
        }

        return result;

        double CorrectionDimension(double rotations) =>
            Dim * Math.Log(s.OriginalContext / (rotations * 2 * Math.PI)) / (2 * Math.Log(Base));
    }

    /// <summary>LongRoPE (Ding et al. 2024): a divisor for each frequency, one list for long sequences and one for others.</summary>
    private float[] LongRope(double frequencyBase, IReadOnlyList<double> factors) =>
        [.. factors.Select((factor, i) => 1f / ((float)factor * (float)Math.Pow(frequencyBase, 2.0 * i / Dim)))];
}
