using Interp.Onnx.Format;
using Interp.Runtime.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx;

/// <summary>
/// The graph of a file: nodes in an order in which they can run, who makes and who reads each value, and the constants. Names
/// are unique, every value that is read is made somewhere, and there is no cycle.
/// </summary>
internal sealed class OnnxGraph
{
    private const int LongestChain = 16;

    private readonly Dictionary<string, OnnxTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OnnxNode>> _consumers = new(StringComparer.Ordinal);
    private readonly List<OnnxNode> _nodes = [];

    private OnnxGraph(OnnxFile file)
    {
        File = file;
        GraphProto graph = file.Model.Graph;
        foreach (TensorProto tensor in graph.Initializer)
        {
            Add(tensor.Name, OnnxTensor.Create(file, tensor, tensor.Name));
        }

        Inputs = [.. graph.Input.Select(i => i.Name).Where(name => !_constants.ContainsKey(name))];
        Outputs = [.. graph.Output.Select(o => o.Name)];
    }

    /// <summary>The file.</summary>
    public OnnxFile File { get; }

    /// <summary>Names of the inputs that are not constants.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>Names of the outputs.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The nodes, each after those whose values it reads; Constant nodes are left out.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    /// <summary>The names of all constants.</summary>
    public IReadOnlyCollection<string> ConstantNames => _constants.Keys;

    /// <summary>Reads the graph of a file.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidInputException">A name is given twice or never, or the graph runs in a circle.</exception>
    public static OnnxGraph Read(OnnxFile file)
    {
        var graph = new OnnxGraph(file);
        List<OnnxNode> nodes = graph.ReadNodes();
        graph.Sort(nodes);
        graph.PassOver();
        CommonExpressions.Merge(graph, graph._nodes);
        graph.Connect();
        return graph;
    }

    /// <summary>The node that makes a value; null for constants and inputs.</summary>
    /// <param name="value">The value's name.</param>
    public OnnxNode? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The nodes that read a value.</summary>
    /// <param name="value">The value's name.</param>
    public IReadOnlyList<OnnxNode> Consumers(string value) => _consumers.GetValueOrDefault(value) ?? [];

    /// <summary>A constant, or null when the value is computed.</summary>
    /// <param name="value">The value's name.</param>
    public OnnxTensor? Constant(string value) => _constants.GetValueOrDefault(value);

    /// <summary>The one element of a float constant, seen through Identity and Cast; null when it is none.</summary>
    /// <param name="value">The value's name.</param>
    public float? Scalar(string value)
    {
        for (int steps = 0; steps < LongestChain && Producer(value) is { Op: "Identity" or "Cast" } node; steps++)
        {
            value = node.Input(0);
        }

        return Constant(value)?.Scalar();
    }

    /// <summary>Whether a value is a constant, perhaps renamed, cast or transposed.</summary>
    /// <param name="value">The value's name.</param>
    public bool IsConstant(string value)
    {
        for (int steps = 0; steps < LongestChain && Producer(value) is { Op: "Identity" or "Cast" or "Transpose" or "Dropout" } node; steps++)
        {
            value = node.Input(0);
        }

        return _constants.ContainsKey(value);
    }

    /// <summary>Refuses graphs that keep maps in the branches of an If or the body of a Loop, as merged decoders do.</summary>
    /// <param name="graph">The graph.</param>
    public static void RefuseHiddenMaps(OnnxGraph graph)
    {
        if (graph.Nodes.FirstOrDefault(n => n.HasSubgraphs
            && n.SubgraphOperators.Any(op => op is "MatMul" or "Gemm")) is { } node)
        {
            throw graph.Error($"{node.Label} holds a graph with products in it; expected them in the main graph (export the "
                + $"decoder "
                + "without merging it with the one for the past)");
        }
    }

    private List<OnnxNode> ReadNodes()
    {
        var inputs = new HashSet<string>(Inputs, StringComparer.Ordinal);
        if (inputs.Count != Inputs.Count)
        {
            throw Error("an input's name is given twice");
        }

        List<OnnxNode> nodes = [];
        foreach (NodeProto proto in File.Model.Graph.Node)
        {
            var node = new OnnxNode(proto);
            if (node is { Op: "Constant", Outputs.Count: 1 } && ConstantValue(node) is { } value)
            {
                Add(node.Output, OnnxTensor.Create(File, value, node.Output));
                continue;
            }

            nodes.Add(node);
            foreach (string output in node.Outputs.Where(o => o.Length > 0))
            {
                if (inputs.Contains(output) || !_producers.TryAdd(output, node))
                {
                    throw Error($"{node.Label}: the value {OneLine.Quote(output)} is made twice");
                }
            }
        }

        foreach (string output in _producers.Keys.Where(_constants.ContainsKey))
        {
            throw Error($"{_producers[output].Label}: the value {OneLine.Quote(output)} is made twice");
        }

        foreach (OnnxNode node in nodes)
        {
            foreach (string input in node.Inputs.Where(i => i.Length > 0).Distinct())
            {
                if (!inputs.Contains(input) && !_producers.ContainsKey(input) && !_constants.ContainsKey(input))
                {
                    throw Error($"{node.Label} reads {OneLine.Quote(input)}, which is no input, no initializer and no "
                        + $"node's output");
                }

                if (!_consumers.TryGetValue(input, out List<OnnxNode>? readers))
                {
                    _consumers.Add(input, readers = []);
                }

                readers.Add(node);
            }
        }

        return nodes;
    }

    private void Sort(List<OnnxNode> nodes)
    {
        var waiting = nodes.ToDictionary(n => n, n => n.Inputs.Distinct().Count(_producers.ContainsKey));
        // In file order among those that are ready, so that the order of a sorted file is kept.
        var ready = new Queue<OnnxNode>(nodes.Where(n => waiting[n] == 0));
        while (ready.TryDequeue(out OnnxNode? node))
        {
            node.Order = _nodes.Count;
            _nodes.Add(node);
            foreach (OnnxNode reader in node.Outputs.Where(o => o.Length > 0).SelectMany(Consumers))
            {
                if (--waiting[reader] == 0)
                {
                    ready.Enqueue(reader);
                }
            }
        }

        if (_nodes.Count < nodes.Count)
        {
            throw Error($"{nodes.First(n => waiting[n] > 0).Label} needs its own output: the graph runs in a circle");
        }
    }

    /// <summary>
    /// Lets readers of a value that was only renamed, cast between float types or dropped out of read what is behind it, so that no rule has to think
    /// of such nodes. Constants keep them: their names on the way say what they are.
    /// </summary>
    private void PassOver()
    {
        HashSet<string> outputs = new(Outputs, StringComparer.Ordinal);
        Dictionary<string, string> behind = new(StringComparer.Ordinal);
        HashSet<OnnxNode> gone = [];
        foreach (OnnxNode node in _nodes)
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                node.Inputs[i] = behind.GetValueOrDefault(node.Inputs[i], node.Inputs[i]);
            }

            if (OnlyRenames(node) && !IsConstant(node.Input(0)))
            {
                behind[node.Output] = node.Input(0);
                if (!outputs.Contains(node.Output))
                {
                    gone.Add(node);
                }
            }
        }

        _nodes.RemoveAll(gone.Contains);
    }

    /// <summary>Who reads what, after nodes were left out.</summary>
    private void Connect()
    {
        _consumers.Clear();
        foreach (OnnxNode node in _nodes)
        {
            foreach (string input in node.Inputs.Where(i => i.Length > 0).Distinct())
            {
                if (!_consumers.TryGetValue(input, out List<OnnxNode>? readers))
                {
                    _consumers.Add(input, readers = []);
                }

                readers.Add(node);
            }
        }
    }

    private static bool OnlyRenames(OnnxNode node) => node.Op switch
    {
        "Identity" => true,
        "Cast" => IsFloat(node.Int("to", 0)),
        "Dropout" => node.Input(2).Length == 0,
        _ => false,
    };

    private static bool IsFloat(long type) =>
        (DataType)type is DataType.Float or DataType.Float16 or DataType.Bfloat16 or DataType.Double;

    private void Add(string name, OnnxTensor tensor)
    {
        if (!_constants.TryAdd(name, tensor) && !_constants[name].SameAs(tensor))
        {
            throw Error($"the constant {OneLine.Quote(name)} is there twice, expected the same values, found others");
        }
    }

    private static TensorProto? ConstantValue(OnnxNode node)
    {
        if (node.Attribute("value") is { T: { } tensor })
        {
            return tensor;
        }

        const int Float = (int)DataType.Float, Int64 = (int)DataType.Int64;
        return (node.Attribute("value_float"), node.Attribute("value_floats"), node.Attribute("value_int"),
            node.Attribute("value_ints")) switch
        {
            ({ } a, _, _, _) => new TensorProto { DataType = Float, FloatData = { a.F } },
            (_, { } a, _, _) => new TensorProto { DataType = Float, FloatData = { a.Floats }, Dims = { a.Floats.Count } },
            (_, _, { } a, _) => new TensorProto { DataType = Int64, Int64Data = { a.I } },
            (_, _, _, { } a) => new TensorProto { DataType = Int64, Int64Data = { a.Ints }, Dims = { a.Ints.Count } },
            _ => null,
        };
    }

    private InvalidInputException Error(string text) => new($"{File.Path}: {text}");
}
