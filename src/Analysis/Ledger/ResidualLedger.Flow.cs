using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>The points that a run has to record for <see cref="Flow"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="measures">What is measured; null = everything that can be.</param>
    public static IReadOnlyList<HookQuery> FlowNeeds(TransformerModel model, IReadOnlyCollection<FlowMeasure>? measures = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.Pattern,
            .. measures is null || measures.Any(m => m is not FlowMeasure.DecompX)
                ? new[] { HookKind.V, HookKind.ResidPre, HookKind.AttnOut, HookKind.Ln1PostScale }
                : [],
            .. BlockPlan.Of(model.Config).StreamNorms.Select(norm => norm.Points[0]),
            .. measures is null || measures.Contains(FlowMeasure.DecompX)
                ? new[]
                {
                    HookKind.Embed, HookKind.PosEmbed, HookKind.TokenTypeEmbed, HookKind.EmbedNormScale, HookKind.Ln1Scale, HookKind.Ln2Scale,
                    HookKind.Ln1PostScale, HookKind.Ln2PostScale, HookKind.Pre, HookKind.ExpertPre, HookKind.ExpertWeights,
                    HookKind.ExpertIndices, HookKind.ResidPost, HookKind.NormalizedResidPost,
                }
                : [],
        ];
        return [.. model.Hooks.AllPoints.Where(p => kinds.Contains(p.Kind)).Select(p => (HookQuery)p)];
    }

    /// <summary>
    /// How much each position's attention block took from each source, in all layers. Layers are shared out to threads; each holds one
    /// vector of d_model numbers per head and per position at a time, and what it computes does not depend on their number.
    /// </summary>
    /// <param name="measure">How it is measured.</param>
    /// <param name="worst">
    /// Largest relative error of the parts from all sources, the residual path and the biases against what the run recorded; 0
    /// for attention weights, which are recorded themselves.
    /// </param>
    /// <param name="byHead">Whether heads are told apart.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <exception cref="InvalidInputException">
    /// DecompX by head: what comes from a token has passed through many heads; or of a run with interventions.
    /// </exception>
    public FlowMaps Flow(FlowMeasure measure, out double worst, bool byHead = false, int threads = 0)
    {
        if (measure == FlowMeasure.DecompX)
        {
            return byHead
                ? throw new InvalidInputException("decompx: what comes from a token has passed through many heads; expected heads together")
                : TokenMaps(threads, out worst);
        }

        ModelConfig config = _model.Config;
        int n = _cache.Positions, heads = byHead ? config.NHeads : 0;
        var layers = new double[config.NLayers][];
        var residual = new double[config.NLayers][];
        var errors = new double[config.NLayers];
        Parallel.For(
            0, config.NLayers, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount }, layer =>
            {
                layers[layer] = new double[Math.Max(1, heads) * n * n];
                residual[layer] = new double[n];
                if (measure == FlowMeasure.Attention)
                {
                    AttentionMap(layer, byHead, layers[layer]);
                }
                else
                {
                    var block = new AttentionParts(this, layer, measure, byHead);
                    errors[layer] = block.Fill(layers[layer], residual[layer]);
                }
            });
        worst = errors.Max();
        return new FlowMaps(
            measure, n, layers, heads, byHead && measure is FlowMeasure.BlockNorm or FlowMeasure.Alti ? residual : null);
    }

    private void AttentionMap(int layer, bool byHead, double[] map)
    {
        float[] pattern = _cache.Values(Hook.Pattern(layer));
        int heads = _model.Config.NHeads, size = pattern.Length / heads;
        for (int i = 0; i < pattern.Length; i++)
        {
            map[byHead ? i : i % size] += byHead ? pattern[i] : (double)pattern[i] / heads;
        }
    }

    /// <summary>A norm that stands in the stream; null where it does not.</summary>
    private Normed? StreamNorm(BlockNorm place, int layer) =>
        _plan.StreamNorms.FirstOrDefault(step => step.Norm == place) is { } norm
            ? new Normed(new HookPoint(norm.Points[0], layer), _model.Weights.Blocks[layer].Norm(place)!, _model.Config.Norm, default)
            : null;
}
