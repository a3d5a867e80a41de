using System.Globalization;
using System.Text.RegularExpressions;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>An edge between a position before a layer and one after it.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Destination">Position that reads.</param>
/// <param name="Source">Position that is read; the destination itself = what stayed where it was.</param>
/// <param name="Value">What the table says, or null where the edge is the residual path alone.</param>
/// <param name="Flow">What the width shows.</param>
internal readonly record struct GraphEdge(int Layer, int Destination, int Source, double? Value, double Flow);

/// <summary>
/// The way of information from the tokens of a prompt to its prediction. Where the maps of a measure are known for all positions, the flow
/// of an edge is the share of the last position's final stream that came along it: shares at the top are 1 at the last position, and each
/// layer hands them down by its map, rows normalised, with the residual path as half of it where the measure leaves it out (Abnar and
/// Zuidema 2020). Otherwise the flow of an edge is the map's own value.
/// </summary>
internal sealed partial class FlowGraph
{
    private static readonly string[] WithResidual = ["block-norm", "alti"];

    public FlowGraph(IReadOnlyList<FlowMap> layers, string measure)
    {
        Layers = layers.Count;
        Positions = layers.Max(l => l.Positions);
        Target = layers[^1].Destinations[^1];
        // A measured knockout says how much the metric depends on an edge, which is no share of anything.
        Shares = measure != "knockout" && Complete(layers);
        Edges = Shares ? Traced(layers, WithResidual.Contains(measure)) : Plain(layers);
    }

    private FlowGraph(IReadOnlyList<GraphEdge> edges)
    {
        Layers = edges.Max(e => e.Layer) + 1;
        Positions = edges.Max(e => Math.Max(e.Source, e.Destination)) + 1;
        Target = edges.Where(e => e.Layer == Layers - 1).Max(e => e.Destination);
        Edges = edges;
    }

    /// <summary>
    /// Routes (table <c>flow_edges</c>) between positions: what heads moved, all heads of a layer together, and the residual path; as wide as
    /// their importance. Null where there are none.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="prompt">0-based row of the input.</param>
    public static FlowGraph? OfRoutes(ResultTable table, int prompt)
    {
        var reader = new TableReader(table);
        Dictionary<(int Layer, int Destination, int Source), double> edges = [];
        foreach (IReadOnlyList<object?> row in reader.Rows.Where(r => reader.Int(r, "prompt") == prompt))
        {
            int? layer = reader.Int(row, "layer") ?? LayerOf(reader.Text(row, "dst"));
            bool attention = reader.Int(row, "head") is not null;
            if (layer is { } l && reader.Int(row, "pos") is { } destination && reader.Int(row, "src_pos") is { } source
                && (attention || reader.Text(row, "kind") == "residual"))
            {
                edges[(l, destination, source)] = edges.GetValueOrDefault((l, destination, source)) + (reader.Number(row, "importance") ?? 0);
            }
        }

        return edges.Count == 0 ? null : new FlowGraph([.. edges.Select(e => new GraphEdge(e.Key.Layer, e.Key.Destination, e.Key.Source, e.Value, e.Value))]);
    }

    /// <summary>Number of layers.</summary>
    public int Layers { get; }

    /// <summary>Length of the prompt.</summary>
    public int Positions { get; }

    /// <summary>The position whose stream is traced.</summary>
    public int Target { get; }

    /// <summary>Whether flows are shares of the prediction's stream.</summary>
    public bool Shares { get; }

    /// <summary>All edges with a flow above 0.</summary>
    public IReadOnlyList<GraphEdge> Edges { get; }

    /// <summary>Share of each position of the input; empty where flows are no shares.</summary>
    public IReadOnlyList<double> Inputs => !Shares
        ? []
        : [.. Enumerable.Range(0, Positions).Select(p => Edges.Where(e => e.Layer == 0 && e.Source == p).Sum(e => e.Flow))];

    /// <summary>The layer of a point after attention such as <c>resid_mid3@8</c>; of other points null.</summary>
    private static int? LayerOf(string? name) => name is not null && RouteName().Match(name) is { Success: true } match
        ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex(@"^resid_(?:mid|post)(\d{1,4})@")]
    private static partial Regex RouteName();

    // Rows are needed of every position that the last one can have taken from.
    private bool Complete(IReadOnlyList<FlowMap> layers)
    {
        HashSet<int> needed = [Target];
        for (int layer = layers.Count - 1; layer >= 0; layer--)
        {
            FlowMap map = layers[layer];
            if (!needed.All(map.Destinations.Contains))
            {
                return false;
            }

            needed = [.. needed, .. needed.SelectMany(d => Enumerable.Range(0, map.Positions).Where(s => map.Values[d][s] > 0))];
        }

        return true;
    }

    private List<GraphEdge> Traced(IReadOnlyList<FlowMap> layers, bool residual)
    {
        List<GraphEdge> edges = [];
        var share = new double[Positions];
        share[Target] = 1;
        for (int layer = layers.Count - 1; layer >= 0; layer--)
        {
            var below = new double[Positions];
            for (int d = 0; d < Positions; d++)
            {
                if (share[d] == 0)
                {
                    continue;
                }

                double[] row = layers[layer].Shares(d);
                bool nothing = row.All(v => v == 0);
                for (int s = 0; s < Positions; s++)
                {
                    double own = s == d ? 1 : 0;
                    double flow = share[d] * (nothing ? own : residual ? row[s] : (row[s] + own) / 2);
                    if (flow > 0)
                    {
                        below[s] += flow;
                        double value = layers[layer].Values[d][s];
                        edges.Add(new GraphEdge(layer, d, s, double.IsNaN(value) ? null : value, flow));
                    }
                }
            }

            share = below;
        }

        return edges;
    }

    private static List<GraphEdge> Plain(IReadOnlyList<FlowMap> layers) =>
    [
        .. from layer in Enumerable.Range(0, layers.Count)
           from d in layers[layer].Destinations
           from s in Enumerable.Range(0, layers[layer].Positions)
           let value = layers[layer].Values[d][s]
           where value > 0
           select new GraphEdge(layer, d, s, value, value),
    ];
}
