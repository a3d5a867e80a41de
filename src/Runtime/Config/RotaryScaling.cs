namespace Interp.Runtime;

/// <summary>The length extensions of <c>rope_scaling</c>.</summary>
public enum RotaryScalingKind
{
    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>The base grows with the sequence beyond the original context.</summary>
    Dynamic,

    /// <summary>YaRN.</summary>
    Yarn,

    /// <summary>Llama 3.1.</summary>
    Llama3,

    /// <summary>LongRoPE.</summary>
    LongRope,
}

/// <summary>Settings of a rotary length extension, as in <c>rope_scaling</c> of config.json.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Factor">Stretch factor.</param>
/// <param name="OriginalContext">Context length before stretching.</param>
public sealed record RotaryScaling(RotaryScalingKind Kind, double Factor, int OriginalContext)
{
    /// <summary>Llama 3.1: fewer turns than this in the original context count as low frequency.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3.1: more turns than this count as high frequency.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>YaRN: rotations above which a dimension is not interpolated.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: rotations below which a dimension is fully interpolated.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: whether the ends of the ramp between the two are whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>YaRN and LongRoPE: factor on cosines and sines; null = what follows from the other settings.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>YaRN: weight of the logarithm in the attention factor; without <see cref="MscaleAllDim"/> it counts for nothing.</summary>
    public double Mscale { get; init; }

    /// <summary>YaRN: weight of the logarithm in what the attention factor is divided by.</summary>
    public double MscaleAllDim { get; init; }

    /// <summary>LongRoPE: what each frequency is divided by in sequences up to the original context, [Dim / 2].</summary>
    public IReadOnlyList<double> ShortFactors { get; init; } = [];

    /// <summary>LongRoPE: what each frequency is divided by in longer sequences, [Dim / 2].</summary>
    public IReadOnlyList<double> LongFactors { get; init; } = [];

    /// <summary>YaRN's factor on cosines and sines: 0.1 ln(factor) + 1, or the quotient of two such numbers.</summary>
    internal double YarnFactor() =>
        Mscale != 0 && MscaleAllDim != 0 ? Weighted(Mscale) / Weighted(MscaleAllDim) : Weighted(1);

    /// <summary>LongRoPE's factor on cosines and sines: sqrt(1 + ln(factor) / ln(original context)).</summary>
    internal double LongRopeFactor() => Factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(Factor) / Math.Log(OriginalContext)));

    private double Weighted(double weight) => Factor <= 1 ? 1 : (0.1 * weight * Math.Log(Factor)) + 1;
}
