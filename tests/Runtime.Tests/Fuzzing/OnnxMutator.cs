using Google.Protobuf;
using Google.Protobuf.Collections;
using Interp.Onnx.Format;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Changes of ONNX: bytes, and the parts of the graph: tensors, their shapes and data, nodes and what they read.</summary>
internal static class OnnxMutator
{
    private static readonly string[] Operators =
    [
        "Identity", "MatMul", "Gemm", "Add", "Mul", "Softmax", "Gather", "Transpose", "Reshape", "LayerNormalization", "Attention",
        "SkipLayerNormalization", "EmbedLayerNormalization", "GroupQueryAttention", "Split", "Slice", "Constant", "If", "ReduceMean", "Pow", "",
    ];

    private static readonly string[] Places = ["", "..", "/etc/passwd", "a/../../b", "config.json", "model.onnx", "x\0y", "C:\\a"];

    /// <summary>Changes a file.</summary>
    public static byte[] Change(Random random, byte[] bytes)
    {
        if (random.Next(2) == 0)
        {
            return ByteMutator.Change(random, bytes, bytes.Length);
        }

        ModelProto model = ModelProto.Parser.ParseFrom(bytes);
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            switch (random.Next(3))
            {
                case 0:
                    Change(random, Any(random, model.Graph.Initializer) ?? new TensorProto());
                    break;
                case 1:
                    Lists(random, model.Graph);
                    break;
                default:
                    Change(random, Any(random, model.Graph.Node) ?? new NodeProto(), model.Graph);
                    break;
            }
        }

        return model.ToByteArray();
    }

    private static void Change(Random random, TensorProto tensor)
    {
        switch (random.Next(6))
        {
            case 0:
                Number(random, tensor.Dims);
                break;
            case 1:
                tensor.DataType = random.Next(-1, 24);
                break;
            case 2:
                tensor.RawData = ByteString.CopyFrom(ByteMutator.Change(random, tensor.RawData.ToByteArray(), tensor.RawData.Length));
                break;
            case 3:
                tensor.Name = random.Next(3) == 0 ? "" : tensor.Name + "x";
                break;
            case 4:
                tensor.ClearRawData();
                break;
            default:
                tensor.DataLocation = TensorProto.Types.DataLocation.External;
                Add("location", Places[random.Next(Places.Length)]);
                Add("offset", $"{ByteMutator.Edge(random)}");
                Add("length", $"{(random.Next(2) == 0 ? ByteMutator.Edge(random) : tensor.RawData.Length)}");
                break;
        }

        void Add(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    private static void Change(Random random, NodeProto node, GraphProto graph)
    {
        switch (random.Next(7))
        {
            case 0:
                node.OpType = Operators[random.Next(Operators.Length)];
                break;
            case 1 when node.Input.Count > 0:
                // Of a later node too: circles.
                node.Input[random.Next(node.Input.Count)] = Any(random, graph.Node) is { Output.Count: > 0 } other ? other.Output[0] : "";
                break;
            case 2 when node.Input.Count > 0:
                node.Input[random.Next(node.Input.Count)] = Any(random, graph.Initializer)?.Name ?? "none";
                break;
            case 3 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            case 4 when node.Output.Count > 0:
                node.Output.RemoveAt(random.Next(node.Output.Count));
                break;
            case 5 when Any(random, node.Attribute) is { } attribute:
                attribute.I = ByteMutator.Edge(random);
                Number(random, attribute.Ints);
                if (attribute.T is not null)
                {
                    Change(random, attribute.T);
                }

                break;
            default:
                node.Name = random.Next(2) == 0 ? "" : Any(random, graph.Node)?.Name ?? "";
                break;
        }
    }

    private static void Lists(Random random, GraphProto graph)
    {
        switch (random.Next(5))
        {
            case 0 when graph.Node.Count > 0:
                graph.Node.RemoveAt(random.Next(graph.Node.Count));
                break;
            case 1 when graph.Initializer.Count > 0:
                graph.Initializer.RemoveAt(random.Next(graph.Initializer.Count));
                break;
            case 2 when Any(random, graph.Node) is { } node:
                graph.Node.Insert(random.Next(graph.Node.Count), node.Clone());
                break;
            case 3 when graph.Output.Count > 0:
                graph.Output.RemoveAt(random.Next(graph.Output.Count));
                break;
            default:
                (int a, int b) = (random.Next(graph.Node.Count), random.Next(graph.Node.Count));
                (graph.Node[a], graph.Node[b]) = (graph.Node[b], graph.Node[a]);
                break;
        }
    }

    private static void Number(Random random, RepeatedField<long> numbers)
    {
        if (numbers.Count > 0)
        {
            numbers[random.Next(numbers.Count)] = random.Next(2) == 0 ? ByteMutator.Edge(random) : random.Next(0, 200);
        }
        else
        {
            numbers.Add(ByteMutator.Edge(random));
        }
    }

    private static T? Any<T>(Random random, RepeatedField<T> list) where T : class => list.Count == 0 ? null : list[random.Next(list.Count)];
}
