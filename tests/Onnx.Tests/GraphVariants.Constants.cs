using Google.Protobuf;
using Google.Protobuf.Collections;
using Interp.Onnx.Format;
using Kind = Interp.Onnx.Format.AttributeProto.Types.AttributeType;

namespace Interp.Onnx.Tests;

/// <summary>Where a graph keeps its constants: initializers in any order, shared, as nodes, among the inputs.</summary>
internal static partial class GraphVariants
{
    private static void Merge(GraphProto graph)
    {
        Dictionary<string, string> kept = [], names = [];
        foreach (TensorProto tensor in graph.Initializer.ToArray())
        {
            TensorProto content = tensor.Clone();
            content.Name = "";
            string key = content.ToByteString().ToBase64();
            if (!kept.TryAdd(key, tensor.Name))
            {
                names[tensor.Name] = kept[key];
                graph.Initializer.Remove(tensor);
            }
        }

        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            }
        }
    }

    private static void AsNodes(GraphProto graph)
    {
        TensorProto[] inside = [.. graph.Initializer.Where(t => t.DataLocation == TensorProto.Types.DataLocation.Default)];
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (TensorProto tensor in inside)
        {
            graph.Initializer.Remove(tensor);
            NodeProto node = Node("Constant", tensor.Name);
            node.Attribute.Add(new AttributeProto { Name = "value", T = tensor, Type = Kind.Tensor });
            graph.Node.Add(node);
        }

        graph.Node.Add(nodes);
    }

    private static void AsInitializers(GraphProto graph)
    {
        foreach (NodeProto node in graph.Node.Where(n => n.OpType == "Constant" && n.Attribute.Any(a => a.Name == "value")).ToArray())
        {
            TensorProto tensor = node.Attribute.First(a => a.Name == "value").T.Clone();
            tensor.Name = node.Output[0];
            graph.Initializer.Add(tensor);
            graph.Node.Remove(node);
        }
    }

    private static void AsInputs(GraphProto graph) => graph.Input.Add(graph.Initializer.Select(t => new ValueInfoProto
    {
        Name = t.Name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = t.DataType,
                Shape = new TensorShapeProto { Dim = { t.Dims.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }) } },
            },
        },
    }));

    private static void Shuffle(RepeatedField<TensorProto> tensors)
    {
        TensorProto[] others = [.. tensors];
        new Random(1).Shuffle(others);
        for (int i = 0; i < others.Length; i++)
        {
            tensors[i] = others[i];
        }
    }
}
