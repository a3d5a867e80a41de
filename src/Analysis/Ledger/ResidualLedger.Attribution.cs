using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// Direct logit attribution (Elhage et al. 2021; Wang et al. 2022): what each write adds to a logit, or to a logit
    /// difference, on the direct path through the norms, at the scales that this run recorded. Gains are part of the path;
    /// norm biases, a masked-language-model head's bias and the unembedding's bias are rows of their own, so rows sum to the
    /// logit. The nonlinearity of a masked-language-model head is held at its recorded gate act(x) / x, a soft-cap
    /// of the logits at its recorded factor c tanh(x / c) / x.
    /// </summary>
    /// <param name="position">Position whose logits are taken apart; negative counts from the end.</param>
    /// <param name="logits">Logits of that position in this run, [d_vocab].</param>
    /// <param name="answer">Token whose logit counts.</param>
    /// <param name="wrong">Token whose logit is subtracted, or null.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    /// <exception cref="InvalidInputException">Position or token is out of range.</exception>
    public Decomposition Attribute(
        int position, ReadOnlySpan<float> logits, int answer, int? wrong = null, LedgerDetail detail = LedgerDetail.Head) =>
        Attribute(ReadLogits(position, logits, answer, wrong), new DecompositionOptions { Detail = detail });

    /// <summary>What each write adds to a reading of the stream, on the direct path from the write to where it is read.</summary>
    /// <param name="reading">A reading of this run, made by this ledger.</param>
    /// <param name="options">How finely, and through which scale.</param>
    /// <exception cref="InvalidInputException">The scale cannot be recomputed for this reading.</exception>
    public Decomposition Attribute(StreamReading reading, DecompositionOptions options)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(options);
        RequireScale(reading, options);
        int p = reading.Position;
        LedgerDetail detail = options.Detail;
        var rows = new List<DecompositionRow>(reading.Constants.Reverse());
        double[] direction = [.. reading.Direction];
        Dictionary<HookPoint, float[]> changes = Changes(p, detail);
        for (int i = _steps.FindIndex(step => step is Recorded r && r.Point == reading.At); i >= 0; i--)
        {
            switch (_steps[i])
            {
                case Recorded recorded when changes.TryGetValue(recorded.Point, out float[]? change):
                    rows.Add(Row(ChangeAt(recorded.Point), change, null));
                    break;
                case Written written:
                    HookPoint? before = _steps.Take(i).OfType<Recorded>().LastOrDefault()?.Point;
                    rows.AddRange(Parts(written.Component, before, direction).Reverse());
                    break;
                case Normed norm:
                    if (norm.Weights.Bias.Length > 0)
                    {
                        rows.Add(Row(norm.Bias, norm.Weights.Bias, null));
                    }

                    direction = norm.PullBack(direction, _cache.Row(norm.Scale, p)[0]);
                    break;
            }
        }

        rows.Reverse();
        if (reading.Edited)
        {
            rows.Add(new DecompositionRow(
                new Component(ComponentKind.Intervention), 0, null, reading.Actual - rows.Sum(r => r.Dla)));
        }

        (double[] sum, List<LedgerCheck> checks) = Close(p, detail, reading.At);
        ReadOnlySpan<float> stream = _cache.Row(reading.At, p);
        double[] error = [.. stream.ToArray().Select((x, i) => x - sum[i])];
        return new Decomposition
        {
            Position = p,
            Answer = reading.Answer,
            Wrong = reading.Wrong,
            Rows = rows,
            Actual = reading.Actual,
            LargestLogit = reading.Largest,
            SumNorm = Dots.Norm(sum),
            StreamNorm = Dots.Norm(stream),
            ErrorNorm = Dots.Norm(error),
            Checks = checks,
        };

        IEnumerable<DecompositionRow> Parts(Component component, HookPoint? before, double[] towards) =>
            (component.Kind, detail, options.TopNeurons) switch
            {
                (ComponentKind.Attn, LedgerDetail.Source, _) =>
                    SourceRows(component.Layer, p, before, towards, reading, options),
                (ComponentKind.Mlp, LedgerDetail.Neuron, { } top) =>
                    NeuronRows(component, p, towards, top, (c, vector) => Row(c, vector, before)),
                _ => Split(component, detail, p).Select(c => Row(c, Vector(c, p), before)),
            };

        DecompositionRow Row(Component component, float[] vector, HookPoint? before)
        {
            double norm = Dots.Norm(vector);
            double? cosine = before is { } point && norm > 0
                ? Dots.Cosine(vector, _cache.Row(point, p))
                : null;
            double factor = options.Scale == NormScale.Frozen
                ? 1
                : OwnScale(Dots.Of(vector, vector), Sum(vector), reading);
            return new DecompositionRow(component, norm, cosine, factor * Dots.Of(vector, direction));
        }
    }

    /// <summary>The sum of all writes at the top of the stream, and how well they add up on the way.</summary>
    private (double[] Sum, List<LedgerCheck> Checks) Close(int p, LedgerDetail detail, HookPoint? upTo = null)
    {
        var checks = new List<LedgerCheck>();
        double[] sum = [];
        foreach (Total total in Sums(p, detail))
        {
            checks.Add(new LedgerCheck(total.Point, RelativeError(total.Sum, _cache.Row(total.Point, p))));
            sum = total.Sum;
            if (total.Point == upTo)
            {
                break;
            }
        }

        return (sum, checks);
    }
}
