using System.Globalization;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>The points that a run has to record for <see cref="Routes"/> and <see cref="RoutesOf"/>.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<HookQuery> RouteNeeds(TransformerModel model) =>
    [
        .. Needs(model, LedgerDetail.Source).Concat(FlowNeeds(model))
            .Concat(Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => InputNeeds(model, layer))).Distinct(),
    ];

    /// <summary>
    /// Information-flow routes (Ferrando and Voita 2024): from the top of the stream at a position, each sum is taken apart into the
    /// residual path, every head's part from every source, the FFN and each bias; parts below the threshold are dropped, and the streams
    /// that the others read are followed in the same way down to the embeddings. A part's importance is max(0, |y| - |y - T|) in
    /// 1-norms over the sum of that over all parts, biases included; in a post-norm block parts are taken through the norm.
    /// </summary>
    /// <param name="position">Where the prediction is made; negative counts from the end.</param>
    /// <param name="threshold">Least importance of an edge, above 0.</param>
    /// <returns>The edges, from the prediction down.</returns>
    /// <exception cref="InvalidInputException">Position or threshold is out of range, or interventions changed the run.</exception>
    public IReadOnlyList<RouteEdge> Routes(int position, double threshold)
    {
        RequireRoutes(threshold);
        ModelConfig config = _model.Config;
        bool parallel = !config.AttnOnly && !_plan.AttentionReachesFeedForward;
        var edges = new List<RouteEdge>();
        var wanted = new SortedSet<int> { Resolve(position) };
        for (int layer = config.NLayers - 1; layer >= 0; layer--)
        {
            HookPoint top = layer == config.NLayers - 1 ? OutputOf(layer) : Hook.ResidPre(layer + 1);
            if (!config.AttnOnly && !parallel)
            {
                var reached = new SortedSet<int>();
                foreach (int p in wanted)
                {
                    List<RouteEdge> kept = Keep(_cache.Row(top, p).ToArray(), FeedForwardParts(layer, p), top, p, Hook.ResidMid(layer), threshold);
                    edges.AddRange(kept);
                    if (kept.Any(e => e.Source is not null))
                    {
                        reached.Add(p);
                    }
                }

                (wanted, top) = (reached, Hook.ResidMid(layer));
            }

            wanted = AttentionRoutes(layer, wanted, top, parallel, threshold, edges);
        }

        return edges;
    }

    private SortedSet<int> AttentionRoutes(
        int layer, SortedSet<int> wanted, HookPoint top, bool parallel, double threshold, List<RouteEdge> edges)
    {
        var block = new AttentionParts(this, layer, FlowMeasure.Alti, byHead: true);
        Dictionary<int, float[]> outputs = wanted.ToDictionary(
            p => p, p => parallel ? _cache.Row(Hook.ResidPost(layer), p).ToArray() : block.Output(p));
        Dictionary<int, List<(Component?, int?, double)>> weights = wanted.ToDictionary(p => p, _ => new List<(Component?, int?, double)>());
        block.Visit(wanted, (edge, part) => weights[edge.Destination].Add((
            edge.Head is { } head ? new Component(ComponentKind.HeadSource, layer, head, Source: edge.Source) : null,
            edge.Source,
            Proximity(outputs[edge.Destination], part))));
        var reached = new SortedSet<int>();
        foreach (int p in wanted)
        {
            IEnumerable<(Component?, int?, float[])> others = block.Biases(p).Select(b => ((Component?)b.Bias, (int?)null, b.Vector));
            if (parallel)
            {
                others = others.Concat(FeedForwardParts(layer, p).Where(part => part.Part is not null));
            }

            weights[p].AddRange(others.Select(o => (o.Item1, o.Item2, Proximity(outputs[p], o.Item3))));
            List<RouteEdge> kept = Keep(weights[p], top, p, Hook.ResidPre(layer), threshold);
            edges.AddRange(kept);
            reached.UnionWith(kept.Select(e => e.Source).OfType<int>());
        }

        return reached;
    }

    /// <summary>What the FFN's sum is made of: the stream it is added to (without a component), the FFN's write, and biases.</summary>
    private IEnumerable<(Component? Part, int? Source, float[] Vector)> FeedForwardParts(int layer, int p)
    {
        Normed? after = StreamNorm(BlockNorm.Second, layer);
        float scale = after is null ? 1 : _cache.Row(after.Scale, p)[0];
        if (_model.Hooks.Contains(Hook.ResidMid(layer)))
        {
            double[] stream = [.. _cache.Row(Hook.ResidMid(layer), p).ToArray().Select(x => (double)x)];
            StreamNorm(BlockNorm.First, layer)?.Carry(stream, _cache.Row(new HookPoint(HookKind.Ln1Scale, layer), p)[0]);
            yield return (null, p, Through([.. stream.Select(x => (float)x)]));
        }

        foreach (Component part in _steps.OfType<Written>().Select(w => w.Component)
            .Where(c => c.Layer == layer && c.Kind is ComponentKind.Mlp or ComponentKind.MlpBias or ComponentKind.Norm2PostBias))
        {
            yield return (part, part.Kind == ComponentKind.Mlp ? p : null, Through(Vector(part, p)));
        }

        if (after is { Weights.Bias.Length: > 0 })
        {
            yield return (new Component(ComponentKind.Norm2Bias, layer), null, after.Weights.Bias);
        }

        float[] Through(float[] vector) => after?.Carry(vector, scale) ?? vector;
    }

    private static List<RouteEdge> Keep(
        float[] whole, IEnumerable<(Component? Part, int? Source, float[] Vector)> parts, HookPoint to, int p, HookPoint from,
        double threshold) => Keep([.. parts.Select(part => (part.Part, part.Source, Proximity(whole, part.Vector)))], to, p, from, threshold);

    private static List<RouteEdge> Keep(
        List<(Component? Part, int? Source, double Value)> parts, HookPoint to, int p, HookPoint from, double threshold)
    {
        double sum = parts.Sum(part => part.Value);
        return
        [
            .. parts.Where(part => sum > 0 && part.Value / sum >= threshold).Select(part => new RouteEdge(
                At(to, p), part.Source is { } source ? At(from, source) : part.Part!.Value.Label, null, part.Part, p, part.Source,
                part.Value / sum, part.Value)),
        ];
    }

    private static double Proximity(float[] whole, float[] part) => Math.Max(0, Dots.SumOfMagnitudes(whole) - Dots.Distance(whole, part));

    private static string At(HookPoint point, int position) =>
        At(HookTable.Row(point.Kind).Site + point.Layer.ToString(CultureInfo.InvariantCulture), position);

    private static string At(string name, int position) => string.Create(CultureInfo.InvariantCulture, $"{name}@{position}");

    private void RequireRoutes(double threshold)
    {
        if (!(threshold > 0 && threshold < 1))
        {
            throw new InvalidInputException(
                string.Create(CultureInfo.InvariantCulture, $"routes: expected a threshold between 0 and 1, found {threshold}"));
        }

        if (_cache.Changed.Count > 0)
        {
            throw new InvalidInputException("routes: expected a run without interventions");
        }
    }
}
