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
    private readonly bool _named;
    private readonly Dictionary<(string Measure, string Score), List<double>> _scores = [];

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="agreement">Whether agreement is told instead of the flow itself.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public FlowTable(TransformerModel model, bool agreement = false, bool named = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _agreement, _named) = (model, agreement, named);
        Table = (agreement ? TableSchemas.FlowAgreement : TableSchemas.Flow).Create(named);
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
    public void Add(
        int prompt, PromptPair pair, string measure, FlowMaps maps, IReadOnlyList<int> positions,
        IReadOnlyDictionary<(int Layer, int Destination, int Source), double>? effects, int top)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(positions);
        if (!_agreement)
        {
            foreach (int destination in positions.Select(p => Positions.Resolve(p, maps.Positions, "the prompt")).Distinct())
            {
                for (int layer = 0; layer < maps.Layers; layer++)
                {
                    for (int source = 0; source < (_model.Config.Causal ? destination + 1 : maps.Positions); source++)
                    {
                        Row(prompt, pair, layer, destination, source, measure, maps[layer, destination, source]);
                    }
                }
            }

            return;
        }

        ArgumentNullException.ThrowIfNull(effects);
        double[] measured = [.. effects.Values];
        double[] approximated = [.. effects.Keys.Select(e => maps[e.Layer, e.Destination, e.Source])];
        Score(prompt, pair, measure, "rank_correlation", FlowKnockout.RankCorrelation(approximated, measured));
        Score(prompt, pair, measure, "top_overlap", FlowKnockout.TopOverlap(approximated, measured, top));
    }

    /// <summary>Adds the measured flow of one prompt; agreement has no row for it.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="effects">What <see cref="FlowKnockout.Measure"/> gave.</param>
    public void Add(int prompt, PromptPair pair, IReadOnlyDictionary<(int Layer, int Destination, int Source), double> effects)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(effects);
        if (_agreement)
        {
            return;
        }

        foreach (((int layer, int destination, int source), double effect) in effects)
        {
            Row(prompt, pair, layer, destination, source, "knockout", effect);
        }
    }

    /// <summary>Adds the means over prompts of an agreement table; does nothing to a flow table.</summary>
    public void Summarise()
    {
        foreach (((string measure, string score), List<double> values) in _scores)
        {
            double[] finite = [.. values.Where(double.IsFinite)];
            (double Low, double High)? interval = SampleStatistics.Bootstrap(finite);
            Table.Add(
            [
                null, .. _named ? new object?[] { null, null } : [], measure, score,
                finite.Length > 0 ? SampleStatistics.Mean(finite) : null, interval?.Low, interval?.High, finite.Length,
            ]);
        }
    }

    private void Score(int prompt, PromptPair pair, string measure, string score, double value)
    {
        _scores.TryAdd((measure, score), []);
        _scores[(measure, score)].Add(value);
        Table.Add(
            [prompt, .. _named ? new object?[] { pair.Id, pair.Group } : [], measure, score, value, null, null, null]);
    }

    private void Row(int prompt, PromptPair pair, int layer, int destination, int source, string measure, double value) => Table.Add(
    [
        prompt, .. _named ? new object?[] { pair.Id, pair.Group } : [], layer, null, destination, _model.TokenText(pair.Clean[destination]),
        source, _model.TokenText(pair.Clean[source]), measure, value,
    ]);
}
