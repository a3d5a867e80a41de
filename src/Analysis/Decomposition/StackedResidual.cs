using System.Globalization;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Whether, and by which scale, the vectors of a stack pass through the norm before the unembedding.</summary>
public enum StackNorm
{
    /// <summary>As they are in the stream.</summary>
    None,

    /// <summary>Centred (LayerNorm) and divided by the scale that the run recorded at the top; without gain and bias.</summary>
    Frozen,

    /// <summary>Each through the whole norm on its own, gain and bias included, as the logit lens reads it.</summary>
    Recomputed,
}

/// <summary>One labelled vector.</summary>
/// <param name="Label">The label: <c>1_pre</c>, <c>1_mid</c>, <c>final_post</c>, <c>L1H3</c>, <c>1_mlp_out</c>, ...</param>
/// <param name="Vector">[d_model].</param>
public sealed record StackEntry(string Label, float[] Vector);

/// <summary>
/// The stream of one position as lists of vectors under the labels of the field (TransformerLens' accumulated_resid,
/// decompose_resid, stack_head_results and get_full_resid_decomposition).
/// </summary>
public static class StackedResidual
{
    /// <summary>The stream so far, at the entry of every layer (and its middle, where it has one), and at the top.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">What the run recorded; at least <see cref="ResidualLedger.Needs"/>.</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="middle">Whether the middles of the blocks are included.</param>
    /// <param name="norm">Whether vectors pass through the last norm.</param>
    /// <exception cref="InvalidInputException">The position is out of range, or there is no last norm.</exception>
    public static IReadOnlyList<StackEntry> Accumulated(
        TransformerModel model, ActivationCache cache, int position, bool middle = true, StackNorm norm = StackNorm.None)
    {
        var ledger = new ResidualLedger(model, cache);
        List<StackEntry> entries = [];
        IReadOnlyList<HookPoint> points = ledger.StreamPoints;
        foreach (HookPoint point in points)
        {
            string? label = point.Kind switch
            {
                HookKind.ResidPre => Of("{0}_pre"),
                HookKind.ResidMid when middle => Of("{0}_mid"),
                _ when point == points[^1] => "final_post",
                _ => null,
            };
            if (label is not null)
            {
                entries.Add(new StackEntry(label, ledger.Stream(position, point).ToArray()));
            }

            string Of(string format) => string.Format(CultureInfo.InvariantCulture, format, point.Layer);
        }

        return Normalised(model, cache, position, entries, norm);
    }

    /// <summary>
    /// The writes up to the top of the stream, which they sum to. Biases are entries of their own, which TransformerLens
    /// adds to the layer that they belong to.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">What the run recorded; at least <see cref="ResidualLedger.Needs"/>.</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    /// <param name="norm">Whether vectors pass through the last norm.</param>
    /// <exception cref="InvalidInputException">The position is out of range, or there is no last norm.</exception>
    public static IReadOnlyList<StackEntry> Decomposed(
        TransformerModel model, ActivationCache cache, int position, LedgerDetail detail = LedgerDetail.Component,
        StackNorm norm = StackNorm.None) => Normalised(
            model, cache, position,
            [.. new ResidualLedger(model, cache).Writes(position, detail).Select(w => new StackEntry(w.Component.ToString(), w.Vector))],
            norm);

    private static List<StackEntry> Normalised(
        TransformerModel model, ActivationCache cache, int position, List<StackEntry> entries, StackNorm norm)
    {
        if (norm == StackNorm.None)
        {
            return entries;
        }

        if (model.Weights.FinalNorm is null || !model.Hooks.Contains(Hook.FinalScale))
        {
            throw new InvalidInputException($"{model.Name}: a stack through the last norm: this model has no norm there");
        }

        double frozen = cache.Row(Hook.FinalScale, position)[0];
        return [.. entries.Select(e => e with { Vector = Through(e.Vector) })];

        float[] Through(float[] vector)
        {
            double mean = model.Config.Norm == NormKind.LayerNorm ? vector.Average(x => (double)x) : 0;
            double scale = norm == StackNorm.Frozen
                ? frozen
                : Math.Sqrt(vector.Average(x => (x - mean) * (x - mean)) + model.Config.NormEpsilon);
            bool whole = norm == StackNorm.Recomputed;
            float[] gain = whole ? model.Weights.FinalNorm.Gain : [], bias = whole ? model.Weights.FinalNorm.Bias : [];
            return [.. vector.Select((x, i) => (float)(((x - mean) / scale * (gain.Length > 0 ? gain[i] : 1))
                + (bias.Length > 0 ? bias[i] : 0)))];
        }
    }
}
