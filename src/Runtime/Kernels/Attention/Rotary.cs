using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021): pairs of dimensions (a, b) of one head at one position are turned to
/// (a cos - b sin, b cos + a sin), each product and sum rounded on its own.
/// </summary>
internal static class Rotary
{
    /// <summary>Turns the first dimensions of a head in place; the others stay as they are.</summary>
    /// <param name="head">The head's dHead values.</param>
    /// <param name="cos">Cosine for each pair, rotaryDim / 2 values.</param>
    /// <param name="sin">Sine for each pair, rotaryDim / 2 values.</param>
    /// <param name="rotaryDim">Dimensions that turn; even, at most dHead.</param>
    /// <param name="adjacentPairs">Pairs are (2i, 2i + 1) (GPT-J) instead of (i, i + rotaryDim / 2) (GPT-NeoX, Llama).</param>
    internal static void Apply(
        Span<float> head, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int rotaryDim, bool adjacentPairs)
    {
        if (rotaryDim < 0 || rotaryDim % 2 != 0 || rotaryDim > head.Length)
            throw new ArgumentException($"expected an even number up to {head.Length}, found {rotaryDim}", nameof(rotaryDim));
        int pairs = rotaryDim / 2;
        Check.Length(cos.Length, pairs, nameof(cos));
        Check.Length(sin.Length, pairs, nameof(sin));
        int step = adjacentPairs ? 2 : 1, partner = adjacentPairs ? 1 : pairs;
        for (int i = 0; i < pairs; i++)
        {
            ref float a = ref head[i * step], b = ref head[(i * step) + partner];
            (a, b) = ((a * cos[i]) - (b * sin[i]), (b * cos[i]) + (a * sin[i]));
        }
    }
}
