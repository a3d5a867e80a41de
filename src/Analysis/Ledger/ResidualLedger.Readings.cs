using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>A logit, or a difference of two, as a reading of the top of the stream.</summary>
    /// <param name="position">Position whose logits are read; negative counts from the end.</param>
    /// <param name="logits">Logits of that position in this run, [d_vocab].</param>
    /// <param name="answer">Token whose logit counts.</param>
    /// <param name="wrong">Token whose logit is subtracted, or null.</param>
    /// <param name="gainRow">
    /// Whether the gain of the last norm is a row of its own, what it changes against a gain of 1, instead of part of the path.
    /// </param>
    /// <exception cref="InvalidInputException">Position or token is out of range, or there is no last norm with a gain.</exception>
    public StreamReading ReadLogits(
        int position, ReadOnlySpan<float> logits, int answer, int? wrong = null, bool gainRow = false)
    {
        int p = Resolve(position);
        RequireToken(answer);
        RequireToken(wrong ?? answer);
        var rows = new List<DecompositionRow>();
        (double[] direction, double? scale) = ReadOut(p, answer, wrong, rows);
        if (gainRow)
        {
            direction = WithoutGain(p, direction, answer, wrong, rows);
        }

        rows.Reverse();
        return new StreamReading
        {
            Position = p,
            At = StreamPoints[^1],
            Direction = direction,
            Constants = rows,
            Actual = (double)logits[answer] - (wrong is { } w ? logits[w] : 0),
            Largest = Math.Max(Math.Abs(logits[answer]), wrong is { } other ? Math.Abs(logits[other]) : 0),
            Answer = answer,
            Wrong = wrong,
            Scale = scale,
            Edited = ReadOutEdited,
        };
    }

    /// <summary>A probe's score: the stream at a point times a vector of one's own.</summary>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="at">One of <see cref="StreamPoints"/>.</param>
    /// <param name="probe">[d_model].</param>
    /// <exception cref="InvalidInputException">The point is not one of the stream, or the vector has another length.</exception>
    public StreamReading ReadProbe(int position, HookPoint at, ReadOnlySpan<float> probe)
    {
        int p = Resolve(position);
        RequireStreamPoint(at);
        if (probe.Length != _model.Config.DModel)
        {
            throw new InvalidInputException(
                $"probe: expected {_model.Config.DModel} numbers, the width of the stream, found {probe.Length}");
        }

        double[] direction = [.. probe.ToArray().Select(x => (double)x)];
        double actual = Dots.Of(_cache.Row(at, p), direction);
        return new StreamReading
        {
            Position = p,
            At = at,
            Direction = direction,
            Constants = [],
            Actual = actual,
            Largest = Math.Abs(actual),
        };
    }

    private void RequireStreamPoint(HookPoint at)
    {
        if (!StreamPoints.Contains(at))
        {
            throw new InvalidInputException(
                $"hook {_model.Hooks.Name(at)}: not a recorded point of the stream; expected one of "
                + string.Join(", ", StreamPoints.Select(_model.Hooks.Name)));
        }
    }

    /// <summary>
    /// The direction at the top of the stream that the metric reads, the scale of the norm on the way, and rows for the biases
    /// on the way; rows are added last first.
    /// </summary>
    private (double[] Direction, double? Scale) ReadOut(int p, int answer, int? wrong, List<DecompositionRow> rows)
    {
        ModelWeights weights = _model.Weights;
        double factor = CapFactor(p, answer), wrongFactor = wrong is { } token ? CapFactor(p, token) : 0;
        double[] direction = Unembedding(factor, answer, wrongFactor, wrong);
        ReadOnlySpan<float> bias = weights.Unembed.Bias;
        if (!bias.IsEmpty)
        {
            AddBias(ComponentKind.UnembedBias, (factor * bias[answer]) - (wrong is { } other ? wrongFactor * bias[other] : 0));
        }

        if (weights.MlmHead is { } head)
        {
            direction = Through(head.Norm, new HookPoint(HookKind.MlmScale, -1));
            direction = Gate(direction, _cache.Row(new HookPoint(HookKind.MlmPre, -1), p));
            AddBias(ComponentKind.MlmBias, Dots.Of(head.Dense.Bias, direction));
            var row = new float[head.Dense.Outputs];
            var before = new double[head.Dense.Inputs];
            for (int i = 0; i < before.Length; i++)
            {
                head.Dense.CopyInput(i, row);
                before[i] = Dots.Of(row, direction);
            }

            return (before, null);
        }

        return HasFinalNorm
            ? (Through(weights.FinalNorm!, Hook.FinalScale), _cache.Row(Hook.FinalScale, p)[0])
            : (direction, null);

        double[] Through(NormWeights norm, HookPoint scale)
        {
            if (norm.Bias.Length > 0)
            {
                AddBias(ComponentKind.FinalNormBias, Dots.Of(norm.Bias, direction));
            }

            return new Normed(scale, norm, _model.Config.Norm, default).PullBack(direction, _cache.Row(scale, p)[0]);
        }

        void AddBias(ComponentKind kind, double dla) => rows.Add(new DecompositionRow(new Component(kind), 0, null, dla));
    }

    private bool HasFinalNorm => _model.Weights.FinalNorm is not null && _model.Hooks.Contains(Hook.FinalScale);

    private double[] WithoutGain(int p, double[] direction, int answer, int? wrong, List<DecompositionRow> rows)
    {
        if (!HasFinalNorm || _model.Weights.FinalNorm!.Gain.Length == 0)
        {
            throw new InvalidInputException(
                $"{_model.Name}: a row for the gain needs a norm with a gain right before the unembedding; this model has none");
        }

        double[] plain = Unembedding(CapFactor(p, answer), answer, wrong is { } w ? CapFactor(p, w) : 0, wrong);
        plain = new Normed(Hook.FinalScale, NormWeights.Plain, _model.Config.Norm, default)
            .PullBack(plain, _cache.Row(Hook.FinalScale, p)[0]);
        ReadOnlySpan<float> stream = _cache.Row(StreamPoints[^1], p);
        rows.Add(new DecompositionRow(
            new Component(ComponentKind.FinalNormGain), 0, null, Dots.Of(stream, direction) - Dots.Of(stream, plain)));
        return plain;
    }

    private double[] Unembedding(double factor, int answer, double wrongFactor, int? wrong)
    {
        var column = new float[_model.Config.DModel];
        _model.Weights.Unembed.CopyOutput(answer, column);
        double[] direction = [.. column.Select(x => factor * x)];
        if (wrong is { } w)
        {
            _model.Weights.Unembed.CopyOutput(w, column);
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] -= wrongFactor * column[i];
            }
        }

        return direction;
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
        if ((uint)token >= (uint)_model.Config.DVocabOut)
        {
            throw new InvalidInputException($"token id {token} is out of range, expected 0..{_model.Config.DVocabOut - 1}");
        }
    }
}
