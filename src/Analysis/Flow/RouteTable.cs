using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>The <c>flow_edges</c> table: the graph of information-flow routes, one row per edge.</summary>
public sealed class RouteTable
{
    private readonly TransformerModel _model;

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public RouteTable(TransformerModel model, bool named = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Table = TableSchemas.FlowEdges.Create(named).From(model, finite: true);
    }

    /// <summary>The table so far.</summary>
    public ResultTable<FlowEdgeRow> Table { get; }

    /// <summary>Adds the graph of one prompt.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="edges">The edges.</param>
    public void Add(int prompt, PromptPair pair, IReadOnlyList<RouteEdge> edges)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Table.Origin!.Add(pair);
        ArgumentNullException.ThrowIfNull(edges);
        foreach (RouteEdge edge in edges)
        {
            Component? write = edge.Component;
            Table.AddRow(new FlowEdgeRow(
                pair.Row ?? prompt, pair.Id, pair.Group, edge.From, edge.To,
                edge.Input switch { QkvInput.Query => "q", QkvInput.Key => "k", QkvInput.Value => "v", _ => null },
                write?.KindName ?? "residual", write is { Layer: >= 0 and var layer } ? layer : null,
                write is { Head: >= 0 and var head } ? head : null, edge.Position, _model.TokenText(pair.Clean[edge.Position]),
                edge.Source, edge.Source is { } source ? _model.TokenText(pair.Clean[source]) : null, edge.Importance, edge.Value));
        }
    }
}
