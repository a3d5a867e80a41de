using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>The sum of all writes at a recorded point, and what interventions changed there besides.</summary>
    /// <param name="Point">The recorded point.</param>
    /// <param name="Sum">Sum of the writes, changes included, [d_model]. The array is reused: read it before going on.</param>
    /// <param name="Change">What interventions changed since the point before, [d_model]; null = nothing.</param>
    private readonly record struct Total(HookPoint Point, double[] Sum, float[]? Change);

    /// <summary>
    /// Adds the writes up in float64, stopping at each recorded point; only the sum is kept. Where an intervention changed a
    /// write after the ledger reads it, or the stream itself, the difference to the recorded stream is a change of its own.
    /// </summary>
    private IEnumerable<Total> Sums(int p, LedgerDetail detail)
    {
        var sum = new double[_model.Config.DModel];
        HashSet<HookPoint> edited = Edited(detail);
        foreach (Step step in _steps)
        {
            switch (step)
            {
                case Recorded recorded:
                    float[]? change = null;
                    if (edited.Contains(recorded.Point))
                    {
                        change = Difference(_cache.Row(recorded.Point, p), sum);
                        Add(sum, change);
                    }

                    yield return new Total(recorded.Point, sum, change);
                    break;
                case Written written:
                    foreach (float[] vector in Vectors(written.Component, detail, p))
                    {
                        Add(sum, vector);
                    }

                    break;
                case Normed norm:
                    norm.Carry(sum, _cache.Row(norm.Scale, p)[0]);
                    break;
            }
        }
    }

    /// <summary>
    /// Vectors whose sum is that of all components of a step at a detail. Sources are added up in each head's value space,
    /// and neurons before the output map, which is linear: no vector per source or neuron is made.
    /// </summary>
    private IEnumerable<float[]> Vectors(Component written, LedgerDetail detail, int p)
    {
        switch (written.Kind, detail)
        {
            case (ComponentKind.Attn, LedgerDetail.Source):
                foreach (Component head in Heads(written.Layer))
                {
                    yield return Vector(head, p, Mixed(head.Layer, head.Head, p));
                }

                break;
            case (ComponentKind.Mlp, LedgerDetail.Neuron):
                yield return Vector(written, p);
                break;
            default:
                foreach (Component component in Split(written, detail, p))
                {
                    yield return Vector(component, p);
                }

                break;
        }
    }

    /// <summary>
    /// Walks the timeline with one carried vector per write, stopping at each recorded point. The list is reused: read it
    /// before going on.
    /// </summary>
    private IEnumerable<(HookPoint Point, List<ResidualWrite> Writes)> Walk(int p, LedgerDetail detail)
    {
        var writes = new List<ResidualWrite>();
        Dictionary<HookPoint, float[]> changes = Changes(p, detail);
        HookPoint? last = null;
        foreach (Step step in _steps)
        {
            switch (step)
            {
                case Recorded recorded:
                    if (changes.TryGetValue(recorded.Point, out float[]? change))
                    {
                        writes.Add(new ResidualWrite(ChangeAt(recorded.Point), last, change));
                    }

                    last = recorded.Point;
                    yield return (recorded.Point, writes);
                    break;
                case Written written:
                    writes.AddRange(Split(written.Component, detail, p).Select(c => new ResidualWrite(c, last, Vector(c, p))));
                    break;
                case Normed norm:
                    float scale = _cache.Row(norm.Scale, p)[0];
                    writes = [.. writes.Select(w => w with { Vector = norm.Carry(w.Vector, scale) })];
                    if (norm.Weights.Bias.Length > 0)
                    {
                        writes.Add(new ResidualWrite(norm.Bias, last, norm.Weights.Bias));
                    }

                    break;
            }
        }
    }

    private static Component ChangeAt(HookPoint point) => new(ComponentKind.Intervention, point.Layer, Point: point.Kind);

    private Dictionary<HookPoint, float[]> Changes(int p, LedgerDetail detail) => _cache.Changed.Count == 0
        ? []
        : Sums(p, detail).Where(total => total.Change is not null).ToDictionary(total => total.Point, total => total.Change!);

    /// <summary>The recorded points that an intervention reaches without the ledger seeing it on the way.</summary>
    private HashSet<HookPoint> Edited(LedgerDetail detail)
    {
        HashSet<HookPoint> edited = [];
        bool since = false;
        foreach (Step step in _cache.Changed.Count == 0 ? [] : _steps)
        {
            HookPoint[] unseen = step switch
            {
                Recorded recorded => [recorded.Point],
                Written { Component: { Kind: ComponentKind.Attn, Layer: var l } } =>
                [
                    Hook.Result(l), Hook.AttnOut(l), new(HookKind.Ln1PostNormalized, l),
                    .. detail == LedgerDetail.Source ? new[] { Hook.Z(l) } : [],
                ],
                Written { Component: { Kind: ComponentKind.Mlp, Layer: var l } } =>
                    [Hook.MlpOut(l), new(HookKind.Ln2PostNormalized, l)],
                Normed { Scale: { Kind: HookKind.EmbedNormScale } } =>
                    [new(HookKind.EmbedNormNormalized, -1), new(HookKind.FullEmbed, -1)],
                Normed { Scale: { Kind: HookKind.Ln1Scale, Layer: var l } } => [new(HookKind.Ln1Normalized, l)],
                Normed { Scale: { Kind: HookKind.Ln2Scale, Layer: var l } } => [new(HookKind.Ln2Normalized, l)],
                _ => [],
            };
            since |= unseen.Any(_cache.Changed.Contains);
            if (step is Recorded { Point: var point } && since)
            {
                edited.Add(point);
                since = false;
            }
        }

        return edited;
    }

    /// <summary>Whether an intervention changed something between the top of the stream and the logits.</summary>
    private bool ReadOutEdited => _cache.Changed.Any(point => point.Kind is HookKind.FinalNormalized or HookKind.MlmNormalized
        or HookKind.UnembedIn or HookKind.UnembedOut);

    private static double RelativeError(double[] sum, ReadOnlySpan<float> stream)
    {
        double worst = 0, largest = 0;
        for (int i = 0; i < stream.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(sum[i] - stream[i]));
            largest = Math.Max(largest, Math.Abs(stream[i]));
        }

        return largest == 0 ? worst : worst / largest;
    }

    private static void Add(double[] sum, ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += vector[i];
        }
    }

    private static float[] Difference(ReadOnlySpan<float> stream, double[] sum)
    {
        var difference = new float[sum.Length];
        for (int i = 0; i < sum.Length; i++)
        {
            difference[i] = (float)(stream[i] - sum[i]);
        }

        return difference;
    }
}
