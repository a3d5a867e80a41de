namespace Interp.Onnx;

/// <summary>Finds norms: as one operator, fused with the sum before them, or written out from means, powers and roots.</summary>
internal static class NormFinder
{
    private const int LongestSpread = 16;

    /// <summary>Adds the norms of a stream.</summary>
    public static void Find(Stream stream)
    {
        foreach (OnnxNode node in stream.Nodes)
        {
            switch (node.Op)
            {
                case "LayerNormalization":
                    AddOperator(stream, node, [node.Input(0)], node.Input(1), node.Input(2), rms: false);
                    break;
                case "SimplifiedLayerNormalization" or "RMSNormalization" when Centred(stream, node.Input(0)) is { } input:
                    AddCentred(stream, node, input);
                    break;
                case "SimplifiedLayerNormalization" or "RMSNormalization":
                    AddOperator(stream, node, [node.Input(0)], node.Input(1), "", rms: true);
                    break;
                case "SkipLayerNormalization":
                    AddOperator(stream, node, [node.Input(0), node.Input(1)], node.Input(2), node.Input(3), rms: false);
                    TakeBias(stream, node, node.Input(4));
                    break;
                case "SkipSimplifiedLayerNormalization":
                    AddOperator(stream, node, [node.Input(0), node.Input(1)], node.Input(2), "", rms: true);
                    TakeBias(stream, node, node.Input(3));
                    break;
                case "ReduceMean":
                    AddWrittenOut(stream, node);
                    break;
                default:
                    break;
            }
        }
    }

    private static void AddOperator(
        Stream stream, OnnxNode node, IReadOnlyList<string> inputs, string gain, string bias, bool rms) =>
        stream.Add(new NormSite(node, inputs, node.Output)
        {
            Gain = ConstantReference.Find(stream.Graph, gain),
            Bias = ConstantReference.Find(stream.Graph, bias),
            Epsilon = node.Float("epsilon", 1e-5f),
            Rms = rms,
        });

    /// <summary>x where a value is x - mean(x), else null.</summary>
    private static string? Centred(Stream stream, string value) =>
        stream.Graph.Producer(stream.Backward(value)) is { Op: "Sub" } sub
        && stream.Graph.Producer(stream.Backward(sub.Input(1))) is { Op: "ReduceMean" } mean && mean.Input(0) == sub.Input(0)
            ? sub.Input(0)
            : null;

    // The norm of x - mean(x) is a LayerNorm, of which an optimizer saw only the second half; its bias follows.
    private static void AddCentred(Stream stream, OnnxNode node, string input)
    {
        string value = stream.Forward(node.Output);
        ConstantReference? bias = stream.Reader(value) is { Op: "Add" } add ? Operand(stream.Graph, add, value) : null;
        OnnxNode[] nodes = bias is null ? [node] : [node, stream.Reader(value)!];
        stream.Add(
            new NormSite(node, [input], nodes[^1].Output)
            {
                Gain = ConstantReference.Find(stream.Graph, node.Input(1)),
                Bias = bias,
                Epsilon = node.Float("epsilon", 1e-5f),
            },
            nodes);
    }

    // The bias of the linear map before a skip norm is added inside it.
    private static void TakeBias(Stream stream, OnnxNode node, string bias)
    {
        if (ConstantReference.Find(stream.Graph, bias) is not { IsVector: true } vector)
        {
            return;
        }

        foreach (string input in node.Inputs.Take(2))
        {
            if (stream.Sources(input) is [{ Site: LinearSite { Bias: null } linear, Count: 0 }])
            {
                linear.Bias = new BiasReference(vector);
                linear.GivesMap = false;
                return;
            }
        }

        throw new InvalidInputException(
            $"{stream.Graph.File.Path}: {node.Label}: its bias belongs to no linear map that was recognised");
    }

    /// <summary>From the mean of squares: + epsilon, root, division, gain, bias. Squares of x - mean(x) make it a
    /// LayerNorm.</summary>
    private static void AddWrittenOut(Stream stream, OnnxNode mean)
    {
        OnnxGraph graph = stream.Graph;
        if (graph.Producer(mean.Input(0)) is not { } square || !IsSquare(graph, square))
        {
            return;
        }

        string centred = stream.Backward(square.Input(0));
        if (stream.Reader(mean.Output) is not { Op: "Add" } add || Scalar(graph, add) is not { } epsilon
            || stream.Reader(add.Output) is not { } root || Normalized(stream, root, centred) is not { } normalized)
        {
            return;
        }

        bool layer = Centred(stream, centred) is not null;
        string input = Centred(stream, centred) ?? centred;
        OnnxNode main = graph.Producer(normalized)!;
        List<OnnxNode> nodes = [mean, square, add, root, main];

        // Two norms of the same values, as in parallel blocks, may share all but their gains.
        OnnxNode[] gains = [.. stream.Readers(stream.Forward(normalized)).Where(n => Factor(n) is not null)];
        foreach (OnnxNode first in gains.Length > 1 ? gains : [main])
        {
            AddGained(stream, first, input, epsilon, !layer, nodes);
        }

        ConstantReference? Factor(OnnxNode node) => node.Op == "Mul" ? Operand(graph, node, stream.Forward(normalized)) : null;
    }

    /// <summary>A norm from its first node: the division that normalises, or, where several norms share that, its own gain.</summary>
    private static void AddGained(Stream stream, OnnxNode first, string input, float epsilon, bool rms, IReadOnlyList<OnnxNode> shared)
    {
        OnnxGraph graph = stream.Graph;
        List<OnnxNode> nodes = [.. shared, first];
        string output = first.Output;
        bool own = !shared.Contains(first);
        ConstantReference? gain = own ? Operand(graph, first, stream.Forward(shared[^1].Output)) : Vector("Mul");

        // Norms with equal gains may share those as well, and differ only in their biases.
        string gained = stream.Forward(output);
        OnnxNode[] sums = [.. stream.Readers(gained).Where(n => n.Op == "Add" && Operand(graph, n, gained) is not null)];
        if (sums.Length > 1)
        {
            foreach (OnnxNode sum in sums)
            {
                stream.Add(
                    new NormSite(sum, [input], sum.Output) { Gain = gain, Bias = Operand(graph, sum, gained), Epsilon = epsilon, Rms = rms },
                    nodes);
            }

            return;
        }

        ConstantReference? bias = Vector("Add");
        stream.Add(new NormSite(first, [input], output) { Gain = gain, Bias = bias, Epsilon = epsilon, Rms = rms }, nodes);

        ConstantReference? Vector(string op)
        {
            string value = stream.Forward(output);
            if (stream.Reader(value) is not { } node || node.Op != op || HeadsOperand(graph, node, value) is not { } found)
            {
                return null;
            }

            nodes.Add(node);
            output = node.Output;
            return found;
        }
    }

    /// <summary>The vector that a node combines with a value, or null.</summary>
    private static ConstantReference? Operand(OnnxGraph graph, OnnxNode node, string value) =>
        ConstantReference.Find(graph, node.Input(node.Input(0) == value ? 1 : 0)) is { IsVector: true } found ? found : null;

    /// <summary>The same, or a matrix of heads: a norm of all queries may be applied after they were split.</summary>
    private static ConstantReference? HeadsOperand(OnnxGraph graph, OnnxNode node, string value) =>
        ConstantReference.Find(graph, node.Input(node.Input(0) == value ? 1 : 0)) is { } found
        && (found.IsVector || found is { IsMatrix: true, Transposed: false })
            ? found
            : null;

    private static bool IsSquare(OnnxGraph graph, OnnxNode node) =>
        (node.Op == "Pow" && graph.Scalar(node.Input(1)) is 2f)
        || (node.Op == "Mul" && node.Input(0) == node.Input(1));

    private static float? Scalar(OnnxGraph graph, OnnxNode node) =>
        graph.Scalar(node.Input(0)) ?? graph.Scalar(node.Input(1));

    /// <summary>x / sqrt(v), x * (1 / sqrt(v)) or x * v ^ -0.5, where x is the value that was squared.</summary>
    private static string? Normalized(Stream stream, OnnxNode root, string squared)
    {
        bool inverse = root.Op == "Pow" && stream.Graph.Scalar(root.Input(1)) is -0.5f;
        if (root.Op != "Sqrt" && !inverse)
        {
            return null;
        }

        string value = Spread(stream, root.Output);
        OnnxNode? node = stream.Reader(value);
        if (!inverse && node is { Op: "Div" or "Reciprocal" } && !Is(node.Input(0)))
        {
            // 1 / sqrt(v) for itself.
            stream.Claim(node);
            value = Spread(stream, node.Output);
            node = stream.Reader(value);
            inverse = true;
        }

        bool fits = node is not null && node.Op == (inverse ? "Mul" : "Div")
            && (Is(node.Input(0)) || (inverse && Is(node.Input(1))));
        return fits ? node!.Output : null;

        bool Is(string operand)
        {
            string plain = stream.Backward(operand);
            return plain == squared || (stream.Graph.Producer(plain) is { Op: "Reshape" } split && stream.Backward(split.Input(0)) == squared);
        }
    }

    /// <summary>Follows a scale that is cast, or repeated for each head.</summary>
    private static string Spread(Stream stream, string value)
    {
        for (int steps = 0; steps < LongestSpread && stream.Reader(value) is { Op: "Identity" or "Cast" or "Dropout" or "Unsqueeze" or "Expand" } node; steps++)
        {
            value = node.Output;
        }

        return value;
    }
}
