namespace Interp.Runtime;

/// <summary>What was computed of one variant.</summary>
/// <param name="index">Index of the variant in the list.</param>
/// <param name="logits">
/// Logits, [positions, tokens]: positions ascending as <see cref="VariantOptions.Logits"/> chose them, tokens in the order of
/// <see cref="VariantOptions.Tokens"/>, or the whole vocabulary.
/// </param>
/// <param name="positions">Number of positions.</param>
/// <param name="recorded">What the variant was asked to record; null when nothing.</param>
/// <param name="nonFinite">Where values were first not finite, the sequence being that of the base batch.</param>
public readonly ref struct VariantResult(
    int index, ReadOnlySpan<float> logits, int positions, ActivationCache? recorded, NonFinite? nonFinite)
{
    /// <summary>Index of the variant in the list.</summary>
    public int Index { get; } = index;

    /// <summary>Logits, [positions, tokens].</summary>
    public ReadOnlySpan<float> Logits { get; } = logits;

    /// <summary>Number of positions.</summary>
    public int Positions { get; } = positions;

    /// <summary>The recorded activations of the whole sequence; null when the variant recorded nothing.</summary>
    public ActivationCache? Recorded { get; } = recorded;

    /// <summary>Where values were first not finite; null when they were not met.</summary>
    public NonFinite? NonFinite { get; } = nonFinite;

    /// <summary>Logits of one of the positions, [tokens].</summary>
    /// <param name="row">Which of the positions that were asked for, in ascending order of positions.</param>
    public ReadOnlySpan<float> Row(int row)
    {
        int width = Logits.Length / Math.Max(1, Positions);
        return Logits.Slice(row * width, width);
    }
}
