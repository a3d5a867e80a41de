using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Attention patterns of single heads: rows of table <c>flow</c> that name a head.</summary>
public static class AttentionFigures
{
    /// <summary>The pattern of one head, destinations that have rows by sources.</summary>
    /// <param name="flow">Table <c>flow</c>.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="measure">The measure, such as <c>attention</c> or <c>value-norm</c>.</param>
    /// <exception cref="InvalidInputException">The table has no such rows.</exception>
    public static GenericChart Pattern(ResultTable flow, int layer, int head, int prompt = 0, string measure = "attention")
    {
        ArgumentNullException.ThrowIfNull(flow);
        return new FlowData(flow).Maps.TryGetValue(new FlowKey(prompt, measure, layer, head), out FlowMap? map)
            ? Pattern(map, new TokenLabels([flow]), prompt, measure)
            : throw new InvalidInputException(
                $"head L{layer}H{head}: expected rows of prompt {prompt} and measure '{measure}' in table {flow.Name}, found none");
    }

    /// <summary>The pattern of one head as a run recorded it, destinations by sources.</summary>
    /// <param name="cache">A run that recorded <c>hook_pattern</c> of the layer.</param>
    /// <param name="layer">0-based layer; negative from the last.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="tokens">Texts of the tokens, such as <c>run.Batch.Tokens(0)</c> through <c>model.TokenText</c>; null = positions alone.</param>
    /// <exception cref="InvalidInputException">The pattern was not recorded, there is no such head, or tokens are not as many as positions.</exception>
    public static GenericChart Pattern(ActivationCache cache, int layer, int head, IReadOnlyList<string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(cache);
        if (tokens is not null && tokens.Count != cache.Positions)
        {
            throw new InvalidInputException($"tokens: expected one for each of the {cache.Positions} positions, found {tokens.Count}");
        }

        string[] names = [.. Enumerable.Range(0, cache.Positions).Select(p => TokenLabels.Position(p, tokens?[p]))];
        double?[][] rows = [.. names.Select((_, p) => cache.Row(Hook.Pattern(layer), p, head).ToArray().Select(share => (double?)share).ToArray())];
        return new Heatmap
        {
            X = names,
            Y = names,
            Values = rows,
            XTitle = "source",
            YTitle = "destination",
            ValueTitle = "attention",
            Scale = Palette.Sequential,
            Most = 1,
        }.Chart();
    }

    /// <summary>
    /// All heads at a glance, layers by heads: how sharply each looks, or where, mean over destinations of the share of what it takes.
    /// </summary>
    /// <param name="flow">Table <c>flow</c>.</param>
    /// <param name="look">What is asked.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="measure">The measure.</param>
    /// <exception cref="InvalidInputException">The table has no such rows.</exception>
    public static GenericChart Heads(ResultTable flow, AttentionLook look, int prompt = 0, string measure = "attention")
    {
        ArgumentNullException.ThrowIfNull(flow);
        var data = new FlowData(flow);
        return data.Series(heads: true).Contains((prompt, measure))
            ? Heads(data, look, prompt, measure)
            : throw new InvalidInputException($"prompt {prompt}, measure '{measure}': table {flow.Name} has no rows of single heads for it");
    }

    internal static GenericChart Pattern(FlowMap map, TokenLabels labels, int prompt, string measure)
    {
        string[] names = [.. Enumerable.Range(0, map.Positions).Select(p => TokenLabels.Position(p, labels.Token(prompt, p)))];
        return new Heatmap
        {
            X = names,
            Y = [.. map.Destinations.Select(d => names[d])],
            Values = map.Cells(map.Destinations),
            XTitle = "source",
            YTitle = "destination",
            ValueTitle = VisibleText.ForPlotly(measure),
            Scale = Palette.Sequential,
            Most = measure == "attention" ? 1 : null,
        }.Chart();
    }

    internal static GenericChart Heads(FlowData data, AttentionLook look, int prompt, string measure)
    {
        (FlowKey Key, FlowMap Map)[] heads =
            [.. data.Maps.Where(m => m.Key.Head >= 0 && m.Key.Prompt == prompt && m.Key.Measure == measure).Select(m => (m.Key, m.Value))];
        int layers = heads.Max(h => h.Key.Layer) + 1, width = heads.Max(h => h.Key.Head) + 1;
        double?[][] values = [.. Enumerable.Range(0, layers).Select(_ => new double?[width])];
        foreach ((FlowKey key, FlowMap map) in heads)
        {
            values[key.Layer][key.Head] = Score(map, look);
        }

        return new Heatmap
        {
            X = [.. Enumerable.Range(0, width).Select(h => string.Create(CultureInfo.InvariantCulture, $"H{h}"))],
            Y = [.. Enumerable.Range(0, layers).Select(l => string.Create(CultureInfo.InvariantCulture, $"L{l}"))],
            Values = values,
            XTitle = "head",
            YTitle = "layer",
            ValueTitle = "share",
            Scale = Palette.Sequential,
            Most = 1,
        }.Chart();
    }

    /// <summary>The mean over destinations after the first of the share that goes where a look asks.</summary>
    internal static double? Score(FlowMap map, AttentionLook look)
    {
        int[] destinations = [.. map.Destinations.Where(d => d > 0)];
        return destinations.Length == 0 ? null : destinations.Average(d => Score(map.Shares(d), d, look));
    }

    private static double Score(double[] shares, int destination, AttentionLook look) => look switch
    {
        AttentionLook.Previous => shares[destination - 1],
        AttentionLook.Own => shares[destination],
        AttentionLook.First => shares[0],
        AttentionLook.Elsewhere => shares.Where((_, s) => s != 0 && s != destination).DefaultIfEmpty().Max(),
        _ => shares.Max(),
    };
}

/// <summary>What is asked of a head's pattern.</summary>
public enum AttentionLook
{
    /// <summary>The largest share, wherever it goes: 1 for a head that looks at one position at a time.</summary>
    Sharpest,

    /// <summary>The largest share that goes neither to the first position nor to the own.</summary>
    Elsewhere,

    /// <summary>The share of the previous position.</summary>
    Previous,

    /// <summary>The share of the own position.</summary>
    Own,

    /// <summary>The share of the first position, where heads rest that have nothing to do.</summary>
    First,
}
