using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The <c>flow</c> table, one row per layer, destination and source; or <c>flow_agreement</c>, how well each map agrees with the
/// measured knockout: per prompt, and the mean over prompts with a 95 % bootstrap interval in rows without a prompt.
/// </summary>
public sealed class FlowTable
{
    private readonly TransformerModel _model;
    private readonly bool _agreement;
    private readonly int _window;
    private readonly Dictionary<(string Measure, string Score), List<double>> _scores = [];

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="agreement">Whether agreement is told instead of the flow itself.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    /// <param name="window">Width of the windows of layers in which edges were cut, or <see cref="FlowKnockout.AllLayers"/>.</param>
    public FlowTable(TransformerModel model, bool agreement = false, bool named = false, int window = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _agreement, _window) = (model, agreement, window);
        Table = agreement ? TableSchemas.FlowAgreement.Create(named).From(model) : TableSchemas.Flow.Create(named).From(model, finite: true);
    }

    /// <summary>The table so far.</summary>
    public ResultTable Table { get; }

    /// <summary>Adds the maps of one prompt, or their agreement with its measurement.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="measure">Name of the measure.</param>
    /// <param name="maps">The maps.</param>
    /// <param name="positions">Destinations.</param>
    /// <param name="effects">What <see cref="FlowKnockout.Measure"/> gave; needed for agreement only.</param>
    /// <param name="top">Edges of the top overlap.</param>
    /// <exception cref="InvalidInputException">
    /// Agreement of maps from the input with edges that were not cut in all layers at once.
    /// </exception>
    public void Add(
        int prompt, PromptPair pair, string measure, FlowMaps maps, IReadOnlyList<int> positions,
        IReadOnlyDictionary<FlowEdge, double>? effects, int top)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Table.Origin!.Add(pair);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(positions);
        if (!_agreement)
        {
            foreach (int position in positions.Select(p => Positions.Resolve(p, maps.Positions, "the prompt")).Distinct())
            {
                for (int layer = 0; layer < maps.Layers; layer++)
                {
                    foreach (FlowEdge edge in Edges(maps, layer, position))
                    {
                        Row(prompt, pair, edge, measure, maps[edge]);
                    }
                }
            }

            return;
        }

        ArgumentNullException.ThrowIfNull(effects);
        double[] measured = [.. effects.Values];
        double[] approximated = [.. effects.Keys.Select(e => Approximated(maps, e))];
        Score(prompt, pair, measure, "rank_correlation", FlowKnockout.RankCorrelation(approximated, measured));
        Score(prompt, pair, measure, "top_overlap", FlowKnockout.TopOverlap(approximated, measured, top));
    }

    /// <summary>Adds the measured flow of one prompt; agreement has no row for it.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="effects">What <see cref="FlowKnockout.Measure"/> gave.</param>
    public void Add(int prompt, PromptPair pair, IReadOnlyDictionary<FlowEdge, double> effects)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Table.Origin!.Add(pair);
        ArgumentNullException.ThrowIfNull(effects);
        if (_agreement)
        {
            return;
        }

        foreach ((FlowEdge edge, double effect) in effects)
        {
            Row(prompt, pair, edge, "knockout", effect, Window);
        }
    }

    /// <summary>Adds the means over prompts of an agreement table; does nothing to a flow table.</summary>
    public void Summarise()
    {
        foreach (((string measure, string score), List<double> values) in _scores)
        {
            double[] finite = [.. values.Where(double.IsFinite)];
            (double Low, double High)? interval = SampleStatistics.Bootstrap(finite);
            Table.AddRow(new FlowAgreementRow(
                null, null, null, measure, score, Window, finite.Length > 0 ? SampleStatistics.Mean(finite) : null, interval?.Low,
                interval?.High, finite.Length));
        }
    }

    private void Score(int prompt, PromptPair pair, string measure, string score, double value)
    {
        _scores.TryAdd((measure, score), []);
        _scores[(measure, score)].Add(value);
        Table.AddRow(new FlowAgreementRow(
            pair.Row ?? prompt, pair.Id, pair.Group, measure, score, Window, value, null, null, null));
    }

    /// <summary>Layers that were cut at once, as the column has it.</summary>
    private int Window => Math.Min(_window, _model.Config.NLayers);

    /// <summary>What maps say of an edge that was cut in a window of layers: their sum over it, or from the input what reached its last layer.</summary>
    private double Approximated(FlowMaps maps, FlowEdge edge)
    {
        if (!maps.FromInput)
        {
            return FlowKnockout.Layers(edge.Layer, _window, maps.Layers).Sum(layer => maps[edge with { Layer = layer }]);
        }

        return _window == FlowKnockout.AllLayers
            ? maps[edge]
            : throw new InvalidInputException(
                "agreement: maps from tokens of the input are comparable to edges cut in all layers at once; expected a window of all layers");
    }

    /// <summary>All sources that are not in the future; those behind a window have flow only after a rollout.</summary>
    private IEnumerable<FlowEdge> Edges(FlowMaps maps, int layer, int position) =>
        from head in maps.Heads == 0 ? [null] : Enumerable.Range(0, maps.Heads).Select(h => (int?)h).Concat(maps.HasResidual ? [null] : [])
        from source in maps.Heads > 0 && head is null ? [position]
            : Enumerable.Range(0, _model.Config.Causal ? position + 1 : maps.Positions)
        select new FlowEdge(layer, head, position, source);

    private void Row(int prompt, PromptPair pair, FlowEdge edge, string measure, double value, int? window = null) => Table.AddRow(new FlowRow(
        pair.Row ?? prompt, pair.Id, pair.Group, edge.Layer, edge.Head, edge.Destination, _model.TokenText(pair.Clean[edge.Destination]),
        edge.Source, _model.TokenText(pair.Clean[edge.Source]), measure, window, value));
}
