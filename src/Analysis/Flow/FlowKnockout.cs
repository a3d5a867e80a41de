using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The measured flow: the metric is read with the edge from a source to a destination cut, in all heads or one and in a window of layers,
/// pattern entries set to 0 and the rest left as it was. And how well maps agree with it.
/// </summary>
public static class FlowKnockout
{
    /// <summary>The window that is all layers at once: their edges have the last layer.</summary>
    public const int AllLayers = int.MaxValue;

    /// <summary>|metric of the run - metric with the edge cut|, for every layer and edge into some destinations.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pair">The prompt and the tokens that count.</param>
    /// <param name="metric">What is read.</param>
    /// <param name="destinations">Positions whose incoming edges are cut.</param>
    /// <param name="byHead">Whether an edge is cut in one head at a time.</param>
    /// <param name="window">
    /// Layers in which an edge is cut at once: l - (W - 1) / 2 to l + W / 2, as far as there are, or <see cref="AllLayers"/>.
    /// </param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="memory">Bytes that runs may take at a time beside the weights; null = the engine's own choice.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>One entry per edge that the mask allows.</returns>
    /// <exception cref="InvalidInputException">Metric, prompt or positions do not fit.</exception>
    public static IReadOnlyDictionary<FlowEdge, double> Measure(
        TransformerModel model, PromptPair pair, Metric metric, IReadOnlyList<int> destinations, bool byHead = false, int window = 1,
        int threads = 0, long? memory = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(destinations);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        pair = pair with { MetricPositions = null };
        metric.Require(pair, 0);
        int n = pair.Clean.Count;
        int layers = model.Config.NLayers;
        var cuts = new Dictionary<FlowEdge, List<Intervention>>();
        for (int layer = window == AllLayers ? layers - 1 : 0; layer < layers; layer++)
        {
            foreach (FlowEdge edge in Layers(layer, window, layers).SelectMany(l => FlowEdge.Into(model, n, l, destinations, byHead)))
            {
                FlowEdge whole = edge with { Layer = layer };
                cuts.TryAdd(whole, []);
                cuts[whole].Add(Cut(edge));
            }
        }

        FlowEdge[] edges = [.. cuts.Keys];
        Variant[] variants = [new(0, []), .. cuts.Values.Select(cut => new Variant(0, cut))];
        var values = new double[variants.Length];
        TokenBatch batch = PromptPair.Batch([pair]);
        LogitRows read = metric.Rows([pair]);
        float[] reference = [];
        VariantEngines.Default.Run(
            model, batch, [variants[0]], new VariantOptions { Logits = read, MemoryBudget = memory, Threads = threads },
            (in VariantResult result) => reference = result.Logits.ToArray());
        VariantEngines.Default.Run(
            model, batch, variants,
            new VariantOptions { Logits = read, MemoryBudget = memory, Threads = threads, Cancellation = cancellation },
            (in VariantResult result) => values[result.Index] = metric.Evaluate(result.Logits, pair, reference));
        var effects = new Dictionary<FlowEdge, double>();
        for (int i = 0; i < edges.Length; i++)
        {
            effects[edges[i]] = Math.Abs(values[0] - values[i + 1]);
        }

        return effects;

        static KnockOut Cut(FlowEdge edge) => new(
            edge.Layer, edge.Destination, edge.Source, edge.Head is { } head ? head : default(IndexSet), renormalize: false);
    }

    /// <summary>The layers that a window around a layer covers.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="window">Its width, or <see cref="AllLayers"/>.</param>
    /// <param name="layers">Number of layers.</param>
    public static IEnumerable<int> Layers(int layer, int window, int layers)
    {
        int first = window == AllLayers ? 0 : Math.Max(0, layer - ((window - 1) / 2));
        int last = window == AllLayers ? layers - 1 : Math.Min(layers - 1, layer + (window / 2));
        return Enumerable.Range(first, last - first + 1);
    }

    /// <summary>Spearman's rank correlation, ties with their mean rank; NaN where one side is constant.</summary>
    /// <param name="x">Values.</param>
    /// <param name="y">As many values.</param>
    public static double RankCorrelation(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double[] a = Ranks(x), b = Ranks(y);
        double mean = (a.Length - 1) / 2.0, cross = 0, own = 0, other = 0;
        for (int i = 0; i < a.Length; i++)
        {
            cross += (a[i] - mean) * (b[i] - mean);
            own += (a[i] - mean) * (a[i] - mean);
            other += (b[i] - mean) * (b[i] - mean);
        }

        return cross / Math.Sqrt(own * other);
    }

    /// <summary>Share of the k largest of one that are among the k largest of the other; ties by index.</summary>
    /// <param name="x">Values.</param>
    /// <param name="y">As many values.</param>
    /// <param name="k">How many.</param>
    public static double TopOverlap(IReadOnlyList<double> x, IReadOnlyList<double> y, int k)
    {
        k = Math.Min(k, x.Count);
        return k == 0 ? 0 : Top(x).Intersect(Top(y)).Count() / (double)k;

        IEnumerable<int> Top(IReadOnlyList<double> values) =>
            Enumerable.Range(0, values.Count).OrderByDescending(i => values[i]).ThenBy(i => i).Take(k);
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        var ranks = new double[values.Count];
        double below = 0;
        foreach (IGrouping<double, int> tied in Enumerable.Range(0, values.Count).GroupBy(i => values[i]).OrderBy(g => g.Key))
        {
            int count = tied.Count();
            foreach (int i in tied)
            {
                ranks[i] = below + ((count - 1) / 2.0);
            }

            below += count;
        }

        return ranks;
    }
}
