using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Which map of table <c>flow</c>.</summary>
/// <param name="Prompt">0-based row of the input.</param>
/// <param name="Measure">How flow is measured.</param>
/// <param name="Layer">0-based layer.</param>
/// <param name="Head">0-based head; -1 = all heads together.</param>
internal readonly record struct FlowKey(int Prompt, string Measure, int Layer, int Head);

/// <summary>A map from sources to destinations, [destination][source]; NaN where the table has no row.</summary>
/// <param name="Values">The map.</param>
internal sealed record FlowMap(double[][] Values)
{
    private readonly bool[] _own = new bool[Values.Length];
    private IReadOnlyList<int>? _destinations;

    /// <summary>Length of the prompt.</summary>
    public int Positions => Values.Length;

    /// <summary>Destinations that have rows.</summary>
    public IReadOnlyList<int> Destinations => _destinations ??= [.. Enumerable.Range(0, Positions).Where(d => Array.Exists(Values[d], v => !double.IsNaN(v)))];

    /// <summary>A map without any value. Its rows are one and the same until they get one: most of a large table's are empty.</summary>
    /// <param name="positions">Length of the prompt.</param>
    public static FlowMap Empty(int positions)
    {
        double[] none = [.. Enumerable.Repeat(double.NaN, positions)];
        return new FlowMap([.. Enumerable.Repeat(none, positions)]);
    }

    /// <summary>Sets a value of a map that began empty.</summary>
    public void Set(int destination, int source, double value)
    {
        if (!_own[destination])
        {
            Values[destination] = [.. Values[destination]];
            _own[destination] = true;
        }

        Values[destination][source] = value;
    }

    /// <summary>Whether no position has a row of another.</summary>
    public bool OnlyOwn => !Values.Where((row, d) => row.Where((v, s) => s != d && !double.IsNaN(v)).Any()).Any();

    /// <summary>The shares of the sources in what a destination takes; all 0 where it takes nothing.</summary>
    public double[] Shares(int destination)
    {
        double[] row = [.. Values[destination].Select(v => double.IsNaN(v) ? 0 : v)];
        double sum = row.Sum();
        return sum == 0 ? row : [.. row.Select(v => v / sum)];
    }

    /// <summary>Some rows of the map, as a heatmap takes them.</summary>
    public double?[][] Cells(IReadOnlyList<int> destinations) =>
        [.. destinations.Select(d => Values[d].Select(v => double.IsNaN(v) ? (double?)null : v).ToArray())];
}

/// <summary>Table <c>flow</c> as maps.</summary>
internal sealed class FlowData
{
    private static readonly string[] ToInput = ["--rollout", "--attention-flow"];

    private readonly Dictionary<FlowKey, FlowMap> _maps = [];
    private readonly bool _toInput;

    public FlowData(ResultTable table)
    {
        _toInput = table.Metadata.GetValueOrDefault(ResultMetadata.Command) is { } command && ToInput.Any(command.Split(' ').Contains);
        var reader = new TableReader(table);
        Dictionary<int, int> lengths = [];
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int prompt = reader.Int(row, "prompt") ?? 0;
            int last = Math.Max(reader.Int(row, "pos") ?? 0, reader.Int(row, "src_pos") ?? 0);
            lengths[prompt] = Math.Max(lengths.GetValueOrDefault(prompt), last + 1);
        }

        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            if (reader.Int(row, "pos") is not { } destination || reader.Int(row, "src_pos") is not { } source
                || reader.Int(row, "layer") is not { } layer)
            {
                LeftOut++;
                continue;
            }

            int prompt = reader.Int(row, "prompt") ?? 0, n = lengths[prompt];
            var key = new FlowKey(prompt, reader.Text(row, "measure") ?? "", layer, reader.Int(row, "head") ?? -1);
            if (!_maps.TryGetValue(key, out FlowMap? map))
            {
                _maps[key] = map = FlowMap.Empty(n);
            }

            map.Set(destination, source, reader.Number(row, "value") ?? double.NaN);
        }

        Complete();
    }

    /// <summary>
    /// Maps by head have rows without a head for the residual path alone, which are no map of all heads. Attention of all heads is the mean over
    /// them.
    /// </summary>
    private void Complete()
    {
        foreach (var layer in _maps.Where(m => m.Key.Head >= 0).GroupBy(m => m.Key with { Head = -1 }).ToArray())
        {
            if (_maps.TryGetValue(layer.Key, out FlowMap? whole) && whole.OnlyOwn)
            {
                _maps.Remove(layer.Key);
            }

            if (layer.Key.Measure == "attention" && !_maps.ContainsKey(layer.Key))
            {
                FlowMap[] heads = [.. layer.Select(m => m.Value)];
                _maps[layer.Key] = new FlowMap([.. heads[0].Values.Select((row, d) => row.Select((_, s) => heads.Average(h => h.Values[d][s])).ToArray())]);
            }
        }
    }

    /// <summary>Rows that name no edge of a layer.</summary>
    public int LeftOut { get; }

    /// <summary>Whether maps of a measure lead from each layer to the tokens of the input, not to the layer below.</summary>
    public bool LeadsToInput(string measure) => _toInput || measure == "decompx";

    /// <summary>The maps.</summary>
    public IReadOnlyDictionary<FlowKey, FlowMap> Maps => _maps;

    /// <summary>Prompts and measures, for all heads together or for single heads, in order of appearance.</summary>
    public IReadOnlyList<(int Prompt, string Measure)> Series(bool heads) =>
        [.. _maps.Keys.Where(k => k.Head >= 0 == heads).Select(k => (k.Prompt, k.Measure)).Distinct()];

    /// <summary>The maps of all layers, the lowest first.</summary>
    public IReadOnlyList<FlowMap> Layers(int prompt, string measure) =>
        [.. _maps.Where(m => m.Key.Prompt == prompt && m.Key.Measure == measure && m.Key.Head < 0).OrderBy(m => m.Key.Layer).Select(m => m.Value)];
}
