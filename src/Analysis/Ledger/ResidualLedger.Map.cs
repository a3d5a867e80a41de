using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// A logit, or a difference of two, at every position, by every head and source. Needs <see cref="SourceMap.Needs"/> only.
    /// </summary>
    /// <param name="run">The run that was recorded, with the logits of all positions.</param>
    /// <param name="answer">Token whose logit counts.</param>
    /// <param name="wrong">Token whose logit is subtracted, or null.</param>
    /// <param name="sequence">The sequence of the run that this ledger reads.</param>
    /// <exception cref="InvalidInputException">A token is out of range, or interventions changed the run.</exception>
    public SourceMap MapSources(RunResult run, int answer, int? wrong = null, int sequence = 0)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (_cache.Changed.Count > 0)
        {
            throw new InvalidInputException("a map of all sources: expected a run without interventions");
        }

        int n = _cache.Positions, heads = _model.Config.NHeads;
        var others = new Dictionary<Component, double[]>();
        double[] actual = new double[n], largest = new double[n];
        var directions = new double[n][];
        for (int p = 0; p < n; p++)
        {
            StreamReading reading = ReadLogits(p, run.LogitsAt(sequence, p), answer, wrong);
            directions[p] = [.. reading.Direction];
            (actual[p], largest[p]) = (reading.Actual, reading.Largest);
            foreach (DecompositionRow row in reading.Constants)
            {
                Other(row.Component)[p] += row.Dla;
            }
        }

        float[][] scratch = HeadRows();
        double[]? multiples = Multiples();
        var maps = new float[_model.Config.NLayers][];
        foreach (Step step in _steps.AsEnumerable().Reverse())
        {
            switch (step)
            {
                case Written { Component: { Kind: ComponentKind.Attn } attention }:
                    maps[attention.Layer] = new float[heads * n * n];
                    for (int h = 0; h < heads; h++)
                    {
                        MapHead(attention.Layer, h, directions, multiples, maps[attention.Layer].AsSpan(h * n * n, n * n), scratch);
                    }

                    break;
                case Written { Component: var component }:
                    AddOther(component, directions, Other(component));

                    break;
                case Normed norm:
                    for (int p = 0; p < n; p++)
                    {
                        if (norm.Weights.Bias.Length > 0)
                        {
                            Other(norm.Bias)[p] = Dots.Of(norm.Weights.Bias, directions[p]);
                        }

                        directions[p] = norm.PullBack(directions[p], _cache.Row(norm.Scale, p)[0]);
                    }

                    break;
            }
        }

        return new SourceMap(maps, heads, n, others, actual, largest);

        double[] Other(Component component)
        {
            if (!others.TryGetValue(component, out double[]? values))
            {
                others[component] = values = new double[n];
            }

            return values;
        }
    }

    private void MapHead(int layer, int head, double[][] directions, double[]? multiples, Span<float> map, float[][] scratch)
    {
        int n = _cache.Positions, dHead = _model.Config.DHead, heads = _model.Config.NHeads;
        int group = head / (heads / _model.Config.NKeyValueHeads), keys = _model.Config.NKeyValueHeads;
        float[] pattern = _cache.Values(Hook.Pattern(layer)), v = _cache.Values(Hook.V(layer));
        Normed? norm = BranchNorm(new Component(ComponentKind.Head, layer, head));
        HeadSpace? space = norm is null ? Space(layer, head, 0, scratch) : null;
        double[]? factors = space is null ? null : multiples;
        double[] towards = factors is null ? [] : space!.Project(directions[0]);
        double[] along = factors is null ? [] : [.. Enumerable.Range(0, n).Select(source => Dots.Of(Value(source), towards))];
        for (int p = 0; p < n; p++)
        {
            towards = factors is null ? (space ?? Space(layer, head, p, scratch)).Project(directions[p]) : towards;
            (int first, int end) = Sources(layer, p);
            for (int source = first; source < end; source++)
            {
                double value = factors is null ? Dots.Of(Value(source), towards) : factors[p] * along[source];
                map[(p * n) + source] = (float)(pattern[(((head * n) + p) * n) + source] * value);
            }
        }

        ReadOnlySpan<float> Value(int source) => v.AsSpan(((source * keys) + group) * dHead, dHead);
    }

    /// <summary>
    /// In a model whose only norm on the way is the last one, directions of all positions are one vector over their scales;
    /// the factors to the first, or null where they are not.
    /// </summary>
    private double[]? Multiples() =>
        !_plan.StreamNorms.Any() && _model.Weights.MlmHead is null && _model.Config.LogitSoftCap is null
            ? HasFinalNorm
                ? [.. Enumerable.Range(0, _cache.Positions).Select(p => (double)_cache.Row(Hook.FinalScale, 0)[0] / _cache.Row(Hook.FinalScale, p)[0])]
                : [.. Enumerable.Repeat(1.0, _cache.Positions)]
            : null;

    /// <summary>
    /// What anything but heads writes along each position's direction. An FFN's output was recorded with its biases, which are
    /// rows of their own.
    /// </summary>
    private void AddOther(Component component, double[][] directions, double[] values)
    {
        Component[] vectors = component.Kind != ComponentKind.Mlp
            ? [component]
            : [.. _steps.OfType<Written>().Select(w => w.Component)
                .Where(c => c.Layer == component.Layer && c.Kind is ComponentKind.MlpBias or ComponentKind.Norm2PostBias)];
        foreach (Component part in vectors)
        {
            bool same = part.Layer >= 0 && BranchNorm(part) is null && _model.Weights.Blocks[part.Layer].Mixture is null;
            float[] vector = same ? Vector(part, 0) : [];
            double sign = component.Kind == ComponentKind.Mlp ? -1 : 1;
            for (int p = 0; p < values.Length; p++)
            {
                values[p] += sign * Dots.Of(same ? vector : Vector(part, p), directions[p]);
            }
        }

        for (int p = 0; p < values.Length && component.Kind == ComponentKind.Mlp; p++)
        {
            values[p] += Dots.Of(_cache.Row(Hook.MlpOut(component.Layer), p), directions[p]);
        }
    }
}
