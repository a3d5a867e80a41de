namespace Interp.Analysis;

/// <summary>The metric of the two plain runs of every pair, and what it was read from.</summary>
/// <param name="Clean">The metric of each clean run.</param>
/// <param name="Corrupted">The metric of each corrupted run; empty when there are none.</param>
/// <param name="Reference">Logits of each clean run at the metric's position; empty where the metric does not compare with them.</param>
/// <param name="Rounding">How far the metric of a pair may differ by rounding alone.</param>
internal sealed record BaseRuns(double[] Clean, double[] Corrupted, float[][] Reference, double[] Rounding)
{
    /// <summary>What a run of a prompt is compared with; empty where the metric compares with nothing.</summary>
    public ReadOnlySpan<float> ReferenceOf(int prompt) => Reference.Length > 0 ? Reference[prompt] : [];

    /// <summary>
    /// (patched - base) / (source - base), base being the run that is patched; null when both runs measure the same.
    /// </summary>
    public double? Effect(int prompt, double patched, bool denoise)
    {
        double from = denoise ? Corrupted[prompt] : Clean[prompt], to = denoise ? Clean[prompt] : Corrupted[prompt];
        return Math.Abs(to - from) <= Rounding[prompt] ? null : (patched - from) / (to - from);
    }
}
