using Interp.Onnx.Format;

namespace Interp.Onnx.Tests;

/// <summary>Expressions computed once for each reader.</summary>
internal static partial class GraphVariants
{
    // As older exporters write x - mean; products of weights stay as they are.
    private static void ForEachReader(GraphProto graph)
    {
        HashSet<string> constants = [.. graph.Initializer.Select(t => t.Name)], outputs = [.. graph.Output.Select(o => o.Name)];
        HashSet<string> cloned = ["ReduceMean", "Sub", "Pow", "Sqrt", "Div", "Tanh", "Erf", "Sigmoid", "Unsqueeze", "Cast", "Cos", "Sin"];
        Dictionary<string, NodeProto> makers = graph.Node.Where(n => cloned.Contains(n.OpType) && n.Output.Count == 1 && !outputs.Contains(n.Output[0])
            && !n.Input.Any(constants.Contains)).ToDictionary(n => n.Output[0]);
        HashSet<string> read = [];
        int count = 0;
        Rebuild(graph, node =>
        {
            List<NodeProto> nodes = [];
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (makers.TryGetValue(node.Input[i], out NodeProto? maker) && !read.Add(node.Input[i]))
                {
                    NodeProto again = maker.Clone();
                    again.Name = "";
                    again.Output[0] = $"{maker.Output[0]}_again{count++}";
                    node.Input[i] = again.Output[0];
                    nodes.Add(again);
                }
            }

            return [.. nodes, node];
        });
    }
}
