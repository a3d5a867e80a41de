using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;
using Kind = Interp.Onnx.Format.AttributeProto.Types.AttributeType;

namespace Interp.Onnx.Tests;

/// <summary>
/// Ways to write the same graph otherwise, as exporters, optimizers and opsets differ. Each changes a graph in place and leaves what it
/// computes as it is.
/// </summary>
internal static partial class GraphVariants
{
    /// <summary>The ways by name.</summary>
    public static IReadOnlyDictionary<string, Action<GraphProto>> All { get; } = new Dictionary<string, Action<GraphProto>>
    {
        ["identity nodes after every node"] = graph => AfterEveryNode(graph, "Identity"),
        ["casts behind weights and maps"] = Casts,
        ["weights behind a transpose"] = Transposes,
        ["gemm as product and sum"] = SplitGemms,
        ["operands of sums and factors exchanged"] = Exchange,
        ["initializers in another order"] = graph => Shuffle(graph.Initializer),
        ["nodes in another order"] = Reorder,
        ["equal initializers merged"] = Merge,
        ["initializers as constant nodes"] = AsNodes,
        ["constant nodes as initializers"] = AsInitializers,
        ["initializers among the inputs"] = AsInputs,
        ["squares as products"] = Squares,
        ["divisions as products with reciprocals"] = Reciprocals,
        ["axes in the other place"] = Axes,
        ["dropout after every map"] = graph => AfterEveryNode(graph, "Dropout", n => n.OpType is "MatMul" or "Gemm"),
        ["biases with axes of one"] = WideBiases,
        ["values without weights computed for each reader"] = ForEachReader,
    };

    private static void AfterEveryNode(GraphProto graph, string op, Func<NodeProto, bool>? which = null)
    {
        HashSet<string> outputs = [.. graph.Output.Select(o => o.Name)];
        Rebuild(graph, node =>
        {
            if (node.OpType == "Constant" || (which is not null && !which(node)))
            {
                return [node];
            }

            List<NodeProto> nodes = [node];
            for (int i = 0; i < node.Output.Count; i++)
            {
                string name = node.Output[i];
                if (name.Length > 0 && !outputs.Contains(name))
                {
                    node.Output[i] = name + "_before";
                    nodes.Add(Node(op, name, name + "_before"));
                }
            }

            return nodes;
        });
    }

    // To the type that the values have, which is that of the weights.
    private static void Casts(GraphProto graph)
    {
        Dictionary<string, int> types = graph.Initializer.ToDictionary(t => t.Name, t => t.DataType);
        Rebuild(graph, node =>
        {
            if (node.OpType is not ("MatMul" or "Gemm") || !types.TryGetValue(node.Input[1], out int type))
            {
                return [node];
            }

            string weight = node.Input[1], output = node.Output[0];
            bool last = graph.Output.Any(o => o.Name == output);
            node.Input[1] = output + "_weight";
            NodeProto before = Cast(node.Input[1], weight, type);
            if (last)
            {
                return [before, node];
            }

            node.Output[0] = output + "_plain";
            return [before, node, Cast(output, node.Output[0], type)];
        });

        static NodeProto Cast(string to, string from, int type)
        {
            NodeProto node = Node("Cast", to, from);
            node.Attribute.Add(new AttributeProto { Name = "to", I = type, Type = Kind.Int });
            return node;
        }
    }

    private static void Transposes(GraphProto graph)
    {
        Dictionary<string, TensorProto> weights = Matrices(graph);
        Rebuild(graph, node =>
        {
            if (node.OpType is not ("MatMul" or "Gemm") || !weights.TryGetValue(node.Input[1], out TensorProto? weight))
            {
                return [node];
            }

            TensorProto turned = weight.Clone();
            turned.Name = node.Output[0] + "_turned";
            Turn(turned);
            graph.Initializer.Add(turned);
            NodeProto transpose = Node("Transpose", node.Output[0] + "_weight", turned.Name);
            transpose.Attribute.Add(new AttributeProto { Name = "perm", Ints = { 1, 0 }, Type = Kind.Ints });
            node.Input[1] = transpose.Output[0];
            return [transpose, node];
        });
        Forget(graph);
    }

    private static void SplitGemms(GraphProto graph)
    {
        Dictionary<string, TensorProto> weights = Matrices(graph);
        Rebuild(graph, node =>
        {
            if (node.OpType != "Gemm" || !weights.TryGetValue(node.Input[1], out TensorProto? weight))
            {
                return [node];
            }

            if (node.Attribute.FirstOrDefault(a => a.Name == "transB") is { I: 1 })
            {
                weight = weight.Clone();
                weight.Name = node.Output[0] + "_turned";
                Turn(weight);
                graph.Initializer.Add(weight);
            }

            NodeProto product = Node("MatMul", node.Output[0] + "_product", node.Input[0], weight.Name);
            product.Name = node.Name;
            return [product, Node("Add", node.Output[0], product.Output[0], node.Input[2])];
        });
        Forget(graph);
    }

    private static void Exchange(GraphProto graph)
    {
        foreach (NodeProto node in graph.Node.Where(n => n.OpType is "Add" or "Mul"))
        {
            (node.Input[0], node.Input[1]) = (node.Input[1], node.Input[0]);
        }
    }

    // Any order in which what is read comes first: as late in the file as may be.
    private static void Reorder(GraphProto graph)
    {
        NodeProto[] nodes = [.. graph.Node];
        var makers = nodes.SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (o, n))).ToDictionary(p => p.o, p => p.n);
        HashSet<NodeProto> done = [];
        graph.Node.Clear();
        foreach (NodeProto node in nodes.Reverse())
        {
            Visit(node);
        }

        void Visit(NodeProto node)
        {
            if (!done.Add(node))
            {
                return;
            }

            IEnumerable<string> inner = node.Attribute.Select(a => a.G).OfType<GraphProto>().SelectMany(g => g.Node).SelectMany(n => n.Input);
            foreach (string input in node.Input.Concat(inner).Reverse())
            {
                if (makers.TryGetValue(input, out NodeProto? maker))
                {
                    Visit(maker);
                }
            }

            graph.Node.Add(node);
        }
    }

    private static void Squares(GraphProto graph)
    {
        HashSet<string> two = [.. Scalars(graph, 2)];
        Rebuild(graph, node => node.OpType == "Pow" && two.Contains(node.Input[1])
            ? [Node("Mul", node.Output[0], node.Input[0], node.Input[0])]
            : [node]);
    }

    private static void Reciprocals(GraphProto graph)
    {
        HashSet<string> roots = [.. graph.Node.Where(n => n.OpType == "Sqrt").Select(n => n.Output[0])];
        HashSet<string> one = [.. Scalars(graph, 1)];
        Rebuild(graph, node =>
        {
            if (node.OpType != "Div" || !roots.Contains(node.Input[1]))
            {
                return [node];
            }

            if (one.Contains(node.Input[0]))
            {
                return [Node("Reciprocal", node.Output[0], node.Input[1])];
            }

            NodeProto inverse = Node("Reciprocal", node.Output[0] + "_inverse", node.Input[1]);
            return [inverse, Node("Mul", node.Output[0], node.Input[0], inverse.Output[0])];
        });
    }

    // Opset 18 took the axes of means from the attributes to the inputs.
    private static void Axes(GraphProto graph)
    {
        foreach (NodeProto node in graph.Node.Where(n => n.OpType == "ReduceMean").ToArray())
        {
            if (node.Attribute.FirstOrDefault(a => a.Name == "axes") is not { } axes)
            {
                continue;
            }

            node.Attribute.Remove(axes);
            string name = node.Output[0] + "_axes";
            graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)DataType.Int64, Dims = { axes.Ints.Count }, Int64Data = { axes.Ints } });
            node.Input.Add(name);
        }
    }

    private static void WideBiases(GraphProto graph)
    {
        // Between Gemms, which take matrices, a sum may have two axes only.
        if (graph.Node.Any(n => n.OpType == "Gemm"))
        {
            return;
        }

        HashSet<string> added = [.. graph.Node.Where(n => n.OpType == "Add").SelectMany(n => n.Input)];
        HashSet<string> elsewhere = [.. graph.Node.Where(n => n.OpType != "Add").SelectMany(n => n.Input)];
        foreach (TensorProto tensor in graph.Initializer.Where(t => t.Dims.Count == 1 && added.Contains(t.Name) && !elsewhere.Contains(t.Name)))
        {
            tensor.Dims.Insert(0, 1);
            tensor.Dims.Insert(0, 1);
        }
    }

    private static void Rebuild(GraphProto graph, Func<NodeProto, IEnumerable<NodeProto>> change)
    {
        NodeProto[] nodes = [.. graph.Node.SelectMany(change)];
        graph.Node.Clear();
        graph.Node.Add(nodes);
    }

    private static Dictionary<string, TensorProto> Matrices(GraphProto graph) =>
        graph.Initializer.Where(t => t.Dims.Count == 2 && t.HasRawData).ToDictionary(t => t.Name);

    private static void Turn(TensorProto tensor)
    {
        int rows = (int)tensor.Dims[0], columns = (int)tensor.Dims[1], size = tensor.RawData.Length / (rows * columns);
        ReadOnlySpan<byte> from = tensor.RawData.Span;
        var to = new byte[from.Length];
        for (int i = 0; i < rows * columns; i++)
        {
            from.Slice(i * size, size).CopyTo(to.AsSpan((((i % columns) * rows) + (i / columns)) * size));
        }

        (tensor.Dims[0], tensor.Dims[1]) = (columns, rows);
        tensor.RawData = ByteString.CopyFrom(to);
    }

    // What nothing reads any more.
    private static void Forget(GraphProto graph)
    {
        HashSet<string> read = [.. graph.Node.SelectMany(n => n.Input)];
        foreach (TensorProto tensor in graph.Initializer.Where(t => !read.Contains(t.Name)).ToArray())
        {
            graph.Initializer.Remove(tensor);
        }
    }

    private static IEnumerable<string> Scalars(GraphProto graph, float value)
    {
        IEnumerable<(string Name, TensorProto Tensor)> all = graph.Initializer.Select(t => (t.Name, t)).Concat(
            graph.Node.Where(n => n.OpType == "Constant" && n.Attribute[0].T is not null).Select(n => (n.Output[0], n.Attribute[0].T)));
        return all.Where(c => (DataType)c.Tensor.DataType switch
        {
            DataType.Float => c.Tensor.RawData.Length == 4 && MemoryMarshal.Read<float>(c.Tensor.RawData.Span) == value,
            DataType.Float16 => c.Tensor.RawData.Length == 2 && (float)MemoryMarshal.Read<Half>(c.Tensor.RawData.Span) == value,
            _ => false,
        }).Select(c => c.Name);
    }

    private static NodeProto Node(string op, string output, params string[] inputs) => new() { OpType = op, Input = { inputs }, Output = { output } };
}
