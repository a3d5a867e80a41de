using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A logit difference at every position of a run, taken apart by every head and source position at once:
/// layers x heads x destinations x sources contributions, one float each, and one row per position for everything else.
/// Direction and W_O meet in each head's value space first, direction^T W_O of d_head numbers, so that a contribution is a
/// product of d_head numbers with the recorded value; nothing of size [pos, pos, head, d_model] or [pos, head, d_model] exists.
/// </summary>
public sealed class SourceMap
{
    private readonly float[][] _heads;
    private readonly int _headCount;
    private readonly int _positions;

    internal SourceMap(
        float[][] heads, int headCount, int positions, IReadOnlyDictionary<Component, double[]> others, double[] actual, double[] largest)
    {
        _heads = heads;
        _headCount = headCount;
        _positions = positions;
        Others = others;
        Actual = actual;
        Largest = largest;
    }

    /// <summary>The contribution of one head from one source.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="destination">Position whose logits are read.</param>
    /// <param name="source">Position that the head reads.</param>
    public float this[int layer, int head, int destination, int source] => Row(layer, head, destination)[source];

    /// <summary>Everything but heads, [pos] each: embeddings, FFNs, biases, the biases of the read-out.</summary>
    public IReadOnlyDictionary<Component, double[]> Others { get; }

    /// <summary>The logit difference of the run at each position.</summary>
    public IReadOnlyList<double> Actual { get; }

    /// <summary>The larger of the absolute logits at each position.</summary>
    public IReadOnlyList<double> Largest { get; }

    /// <summary>The contributions of one head to one destination, [source].</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="destination">Position whose logits are read.</param>
    public ReadOnlySpan<float> Row(int layer, int head, int destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)_headCount, nameof(head));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)destination, (uint)_positions, nameof(destination));
        return _heads[layer].AsSpan(((head * _positions) + destination) * _positions, _positions);
    }

    /// <summary>Sum of all contributions at one position; equals <see cref="Actual"/> up to rounding.</summary>
    /// <param name="destination">Position whose logits are read.</param>
    public double Sum(int destination)
    {
        double sum = Others.Values.Sum(values => values[destination]);
        for (int layer = 0; layer < _heads.Length; layer++)
        {
            for (int head = 0; head < _headCount; head++)
            {
                foreach (float value in Row(layer, head, destination))
                {
                    sum += value;
                }
            }
        }

        return sum;
    }

    /// <summary>
    /// The points that a run has to record. Not the FFN's neurons: what an FFN wrote is read from its output.
    /// </summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<HookQuery> Needs(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.Embed, HookKind.PosEmbed, HookKind.TokenTypeEmbed, HookKind.EmbedNormScale, HookKind.Pattern, HookKind.V,
            HookKind.MlpOut, HookKind.FinalScale, HookKind.MlmPre, HookKind.MlmScale, HookKind.Ln1PostScale,
            HookKind.Ln2PostScale, HookKind.ExpertWeights, HookKind.ExpertIndices,
            .. model.Config.LogitSoftCap is null ? [] : new[] { HookKind.UnembedIn },
            .. BlockPlan.Of(model.Config).StreamNorms.Select(norm => norm.Points[0]),
        ];
        return [.. model.Hooks.AllPoints.Where(p => kinds.Contains(p.Kind)).Select(p => (HookQuery)p)];
    }
}
