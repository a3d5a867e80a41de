using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Interp.Onnx;

/// <summary>
/// Expressions that a graph computes twice, such as the <c>x - mean</c> of a norm in older exporters, become one, so that no rule has to
/// know in how many places an exporter wrote them. Nodes that read weights stay apart: each is a part of the model of its own.
/// </summary>
internal static class CommonExpressions
{
    // Small enough that comparing values costs nothing; larger constants are told apart by name.
    private const int MostValues = 8;

    /// <summary>Leaves out nodes that compute what an earlier one computes, and lets their readers read that.</summary>
    /// <param name="graph">The graph; who reads what must be found anew.</param>
    /// <param name="nodes">Its nodes in order.</param>
    public static void Merge(OnnxGraph graph, List<OnnxNode> nodes)
    {
        HashSet<string> outputs = new(graph.Outputs, StringComparer.Ordinal);
        Dictionary<string, string> first = new(StringComparer.Ordinal);
        Dictionary<string, OnnxNode> known = new(StringComparer.Ordinal);
        HashSet<OnnxNode> gone = [];
        foreach (OnnxNode node in nodes)
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                node.Inputs[i] = first.GetValueOrDefault(node.Inputs[i], node.Inputs[i]);
            }

            if (!CanMerge(graph, node) || known.TryAdd(Key(graph, node), node))
            {
                continue;
            }

            OnnxNode same = known[Key(graph, node)];
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                if (node.Outputs[i].Length > 0)
                {
                    first[node.Outputs[i]] = same.Outputs[i];
                }
            }

            if (!node.Outputs.Any(outputs.Contains))
            {
                gone.Add(node);
            }
        }

        nodes.RemoveAll(gone.Contains);
    }

    private static bool CanMerge(OnnxGraph graph, OnnxNode node) =>
        !node.HasSubgraphs
        && !node.Op.StartsWith("Random", StringComparison.Ordinal) && node.Op is not ("Bernoulli" or "Multinomial" or "Dropout")
        && node.Inputs.Any(i => i.Length > 0)
        && !node.Inputs.Any(i => i.Length > 0 && Value(graph, i) is null && graph.IsConstant(i));

    private static string Key(OnnxGraph graph, OnnxNode node)
    {
        var key = new StringBuilder($"{node.Domain}:{node.Op}|{string.Concat(node.Outputs.Select(o => o.Length > 0 ? '1' : '0'))}");
        foreach (string input in node.Inputs)
        {
            key.Append('|').Append(Value(graph, input) ?? input);
        }

        foreach (Format.AttributeProto attribute in node.Attributes.OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            key.Append('|').Append(attribute.ToByteString().ToBase64());
        }

        return key.ToString();
    }

    /// <summary>What a small constant is, whatever its name; null for anything else.</summary>
    private static string? Value(OnnxGraph graph, string input)
    {
        if (graph.Constant(input) is not { Count: <= MostValues } constant)
        {
            return null;
        }

        string? values = constant.IsFloat
            ? string.Join(' ', constant.Floats().Select(x => BitConverter.SingleToUInt32Bits(x).ToString(CultureInfo.InvariantCulture)))
            : constant.Integers() is { } integers ? string.Join(' ', integers) : null;
        return values is null ? null : $"#{constant.TypeName} [{string.Join(',', constant.Shape)}] {values}";
    }
}
