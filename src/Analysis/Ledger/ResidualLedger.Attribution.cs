using System.Numerics.Tensors;
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
        int position, ReadOnlySpan<float> logits, int answer, int? wrong = null, LedgerDetail detail = LedgerDetail.Head)
    {
        int p = Resolve(position);
        RequireToken(answer);
        RequireToken(wrong ?? answer);
        var rows = new List<DecompositionRow>();
        double[] direction = ReadOut(p, answer, wrong, rows);
        Dictionary<HookPoint, float[]> changes = Changes(p, detail);
        for (int i = _steps.Count - 1; i >= 0; i--)
        {
            switch (_steps[i])
            {
                case Recorded recorded when changes.TryGetValue(recorded.Point, out float[]? change):
                    rows.Add(Row(ChangeAt(recorded.Point), change, null));
                    break;
                case Written written:
                    HookPoint? before = _steps.Take(i).OfType<Recorded>().LastOrDefault()?.Point;
                    rows.AddRange(Split(written.Component, detail, p).Reverse().Select(c => Row(c, Vector(c, p), before)));
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
        double actual = (double)logits[answer] - (wrong is { } w ? logits[w] : 0);
        if (ReadOutEdited)
        {
            rows.Add(new DecompositionRow(new Component(ComponentKind.Intervention), 0, null, actual - rows.Sum(r => r.Dla)));
        }

        (double[] sum, List<LedgerCheck> checks) = Close(p, detail);
        double[] stream = [.. _cache.Row(StreamPoints[^1], p).ToArray().Select(x => (double)x)];
        return new Decomposition
        {
            Position = p,
            Answer = answer,
            Wrong = wrong,
            Rows = rows,
            Actual = actual,
            LargestLogit = Math.Max(Math.Abs(logits[answer]), wrong is { } other ? Math.Abs(logits[other]) : 0),
            SumNorm = TensorPrimitives.Norm<double>(sum),
            StreamNorm = TensorPrimitives.Norm<double>(stream),
            ErrorNorm = TensorPrimitives.Distance<double>(stream, sum),
            Checks = checks,
        };

        DecompositionRow Row(Component component, float[] vector, HookPoint? before)
        {
            double norm = TensorPrimitives.Norm<float>(vector);
            double? cosine = before is { } point && norm > 0
                ? TensorPrimitives.CosineSimilarity(vector, _cache.Row(point, p))
                : null;
            return new DecompositionRow(component, norm, cosine, Dot(vector, direction));
        }
    }

    /// <summary>The sum of all writes at the top of the stream, and how well they add up on the way.</summary>
    private (double[] Sum, List<LedgerCheck> Checks) Close(int p, LedgerDetail detail)
    {
        var checks = new List<LedgerCheck>();
        double[] sum = [];
        foreach (Total total in Sums(p, detail))
        {
            checks.Add(new LedgerCheck(total.Point, RelativeError(total.Sum, _cache.Row(total.Point, p))));
            sum = total.Sum;
        }

        return (sum, checks);
    }

    /// <summary>
    /// The direction at the top of the stream that the metric reads, and rows for the biases on the way; rows are added last
    /// first.
    /// </summary>
    private double[] ReadOut(int p, int answer, int? wrong, List<DecompositionRow> rows)
    {
        ModelWeights weights = _model.Weights;
        var column = new float[_model.Config.DModel];
        weights.Unembed.CopyOutput(answer, column);
        double factor = CapFactor(p, answer), wrongFactor = wrong is { } token ? CapFactor(p, token) : 0;
        double[] direction = [.. column.Select(x => factor * x)];
        if (wrong is { } w)
        {
            weights.Unembed.CopyOutput(w, column);
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] -= wrongFactor * column[i];
            }
        }

        ReadOnlySpan<float> bias = weights.Unembed.Bias;
        if (!bias.IsEmpty)
        {
            AddBias(ComponentKind.UnembedBias, (factor * bias[answer]) - (wrong is { } other ? wrongFactor * bias[other] : 0));
        }

        if (weights.MlmHead is { } head)
        {
            direction = Through(head.Norm, new HookPoint(HookKind.MlmScale, -1));
            direction = Gate(direction, _cache.Row(new HookPoint(HookKind.MlmPre, -1), p));
            AddBias(ComponentKind.MlmBias, Dot(head.Dense.Bias, direction));
            var row = new float[head.Dense.Outputs];
            var before = new double[head.Dense.Inputs];
            for (int i = 0; i < before.Length; i++)
            {
                head.Dense.CopyInput(i, row);
                before[i] = Dot(row, direction);
            }

            return before;
        }

        return weights.FinalNorm is { } norm && _model.Hooks.Contains(Hook.FinalScale)
            ? Through(norm, Hook.FinalScale)
            : direction;

        double[] Through(NormWeights norm, HookPoint scale)
        {
            if (norm.Bias.Length > 0)
            {
                AddBias(ComponentKind.FinalNormBias, Dot(norm.Bias, direction));
            }

            return new Normed(scale, norm, _model.Config.Norm, default).PullBack(direction, _cache.Row(scale, p)[0]);
        }

        void AddBias(ComponentKind kind, double dla) => rows.Add(new DecompositionRow(new Component(kind), 0, null, dla));
    }

    /// <summary>direction times act(x) / x, the gate that the run recorded; 0 where x is 0, since act(0) = 0.</summary>
    private double[] Gate(double[] direction, ReadOnlySpan<float> pre)
    {
        var activated = new float[pre.Length];
        _model.Config.Activation.Apply(pre, activated);
        var gated = new double[direction.Length];
        for (int i = 0; i < gated.Length; i++)
        {
            gated[i] = pre[i] == 0 ? 0 : direction[i] * activated[i] / pre[i];
        }

        return gated;
    }

    private void RequireToken(int token)
    {
        if ((uint)token >= (uint)_model.Config.DVocab)
        {
            throw new InvalidInputException($"token id {token} is out of range, expected 0..{_model.Config.DVocab - 1}");
        }
    }

    private static double Dot(ReadOnlySpan<float> x, double[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }
}
