using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Onnx;

/// <summary>
/// Numbers that graphs of a model are written with, besides weights, and that 2 bytes may not hold: scales, epsilons, frequencies, the
/// constants of nonlinearities. What a graph has rounded of them can be put right.
/// </summary>
internal sealed class ModelNumbers
{
    // A table of positions has more: what is in it depends on the length that the exporter chose.
    private const int Most = 4096;

    private readonly Dictionary<float, float> _exact = [];

    /// <summary>The numbers of a model as a format rounds them.</summary>
    public ModelNumbers(ModelConfig config, WeightFormat format)
    {
        foreach (float number in Of(config).Where(x => float.IsFinite(x) && x != 0))
        {
            _exact.TryAdd(HalfFormats.Round(number, format), number);
        }
    }

    /// <summary>What values were before they were rounded.</summary>
    /// <param name="rounded">The values of a constant.</param>
    /// <returns>Null when one of them is neither a whole number, which is what it is in any format, nor known.</returns>
    public float[]? Exact(float[] rounded)
    {
        if (rounded.Length > Most)
        {
            return rounded.All(IsWhole) ? rounded : null;
        }

        float?[] exact = [.. rounded.Select(x => _exact.TryGetValue(x, out float known) ? known : IsWhole(x) ? x : (float?)null)];
        return exact.Contains(null) ? null : [.. exact.OfType<float>()];
    }

    private static bool IsWhole(float x) => !float.IsFinite(x) || x == MathF.Truncate(x);

    private static IEnumerable<float> Of(ModelConfig config)
    {
        float[] scales = [.. Enumerable.Range(0, config.NLayers).Select(config.ScoreScale), config.AttentionScale];
        float[] caps = [.. new[] { config.ScoreSoftCap, config.LogitSoftCap }.OfType<float>()];
        return
        [
            .. scales.SelectMany(s => new[] { s, 1 / s, MathF.Sqrt(s), 1 / MathF.Sqrt(s) }), config.EmbedScale, config.NormEpsilon,
            .. caps.SelectMany(c => new[] { c, 1 / c }),
            .. config.Rotary is { } rotary ? rotary.InverseFrequencies(1).Concat(rotary.InverseFrequencies(config.NCtx)).Append(rotary.AttentionFactor) : [],
            .. config.Positions == PositionKind.Alibi ? PositionTables.AlibiSlopes(config.NHeads) : [],

            // Of gelu and its approximation by a hyperbolic tangent.
            0.5f, MathF.Sqrt(2), MathF.Sqrt(0.5f), 0.044715f, (float)Math.Sqrt(2 / Math.PI),
        ];
    }
}
