using Interp.Onnx.Format;
using Interp.Runtime.Forward;

namespace Interp.Onnx.Export;

/// <summary>
/// What a graph knows of positions: the position of each token among those that are not padding, who may attend to whom,
/// and the rotary tables. Shapes begin with the batch axis; S is the sequence axis.
/// </summary>
internal sealed class GraphPositions
{
    private readonly GraphBuilder _graph;
    private readonly ModelConfig _config;
    private readonly string _mask;
    private readonly string _index;
    private readonly Dictionary<int, string> _visible = [];

    /// <summary>Appends the nodes that all blocks share.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="config">The model.</param>
    /// <param name="tokens">Token ids, [batch, S].</param>
    /// <param name="mask">1 for tokens, 0 for padding, [batch, S].</param>
    public GraphPositions(GraphBuilder graph, ModelConfig config, string tokens, string mask)
    {
        _graph = graph;
        _config = config;
        _mask = mask;
        string counted = graph.Node("CumSum", [mask, graph.Integer(1)]);
        Ids = graph.Node("Max", [graph.Subtract(counted, graph.Integer(1)), graph.Integer(0)]);
        Length = graph.Node("ReduceSum", [mask, graph.Integers(1)], ("keepdims", 1L));
        string size = graph.Gather(graph.Node("Shape", [tokens]), graph.Integer(1));
        _index = graph.Node("Range", [graph.Integer(0), size, graph.Integer(1)]);
        if (config.Rotary is not null)
        {
            (Cos, Sin) = RotaryTables(config.Rotary);
        }
    }

    /// <summary>Positions, [batch, S]; 0 at padding.</summary>
    public string Ids { get; }

    /// <summary>Tokens that are not padding, [batch, 1].</summary>
    public string Length { get; }

    /// <summary>Cosines, [batch, S, 1, Dim / 2]; empty without rotary positions.</summary>
    public string Cos { get; } = "";

    /// <summary>Sines, [batch, S, 1, Dim / 2]; empty without rotary positions.</summary>
    public string Sin { get; } = "";

    /// <summary>
    /// Whether a destination sees a source, [batch, 1, S, S]. Nothing sees padding but padding itself, so that its rows stay
    /// finite and out of the way.
    /// </summary>
    public string Visible(int layer)
    {
        int window = _config.Window(layer) ?? 0;
        if (_visible.TryGetValue(window, out string? known))
        {
            return known;
        }

        string destination = _graph.Unsqueeze(_index, 1), source = _graph.Unsqueeze(_index, 0);
        string token = _graph.Unsqueeze(_graph.Cast(_mask, TensorProto.Types.DataType.Bool), 1, 2);
        string visible = _graph.Node("Or", [token, _graph.Node("Equal", [destination, source])]);
        if (_config.Causal)
        {
            visible = _graph.Node("And", [visible, _graph.Node("GreaterOrEqual", [destination, source])]);
        }

        if (window > 0)
        {
            string distance = _graph.Subtract(destination, source);
            distance = _config.Causal ? distance : _graph.Node("Abs", [distance]);
            visible = _graph.Node("And", [visible, _graph.Node("Less", [distance, _graph.Integer(window)])]);
        }

        return _visible[window] = visible;
    }

    /// <summary>What ALiBi adds to the scores, broadcastable to [batch, head, S, S].</summary>
    /// <param name="scale">Factor on q·k, which Falcon puts on its biases too.</param>
    public string AlibiBias(float scale)
    {
        string position = _graph.Cast(Ids, TensorProto.Types.DataType.Float);
        if (_config.RoundedAlibi)
        {
            float[] rounded = [.. PositionTables.AlibiSlopes(_config.NHeads).Select(PositionTables.Bfloat16)];
            string products = _graph.Multiply(
                Rounded(_graph.Unsqueeze(position, 1, 2)), _graph.Floats(rounded, rounded.Length, 1, 1));
            return _graph.Multiply(Rounded(products), _graph.Scalar(scale));
        }

        string distance = _graph.Subtract(_graph.Unsqueeze(position, 1, 2), _graph.Unsqueeze(position, 1, 3));
        float[] slopes = PositionTables.AlibiSlopes(_config.NHeads);
        return _graph.Multiply(distance, _graph.Floats(slopes, slopes.Length, 1, 1));
    }

    private string Rounded(string x) =>
        _graph.Cast(_graph.Cast(x, TensorProto.Types.DataType.Bfloat16), TensorProto.Types.DataType.Float);

    /// <summary>Whether a token stands at one of the listed positions, [batch, S]; negative ones count from the end.</summary>
    public string At(ReadOnlySpan<int> positions)
    {
        string? any = null;
        foreach (int position in positions)
        {
            string wanted = position >= 0 ? _graph.Integer(position) : _graph.Add(Length, _graph.Integer(position));
            string here = _graph.Node("Equal", [Ids, wanted]);
            any = any is null ? here : _graph.Node("Or", [any, here]);
        }

        return any!;
    }

    private (string Cos, string Sin) RotaryTables(RotaryConfig rotary)
    {
        string frequencies = rotary.DependsOnLength ? DynamicFrequencies(rotary) : Frequencies(rotary);
        string position = _graph.Unsqueeze(_graph.Cast(Ids, TensorProto.Types.DataType.Float), 2, 3);
        string angle = _graph.Multiply(position, frequencies);
        string factor = _graph.Scalar(rotary.AttentionFactor);
        return (
            _graph.Multiply(_graph.Node("Cos", [angle]), factor), _graph.Multiply(_graph.Node("Sin", [angle]), factor));
    }

    private string Frequencies(RotaryConfig rotary)
    {
        float[] frequencies = rotary.InverseFrequencies(0);
        return _graph.Floats(frequencies, frequencies.Length);
    }

    /// <summary>The frequencies of <see cref="RotaryConfig.InverseFrequencies"/> for each sequence's length, [batch, 1, 1, n].</summary>
    private string DynamicFrequencies(RotaryConfig rotary)
    {
        RotaryScaling scaling = rotary.Scaling!;
        if (scaling.Kind == RotaryScalingKind.LongRope)
        {
            float[] usual = rotary.InverseFrequencies(scaling.OriginalContext), longer = rotary.InverseFrequencies(int.MaxValue);
            string beyond = _graph.Node("Greater", [_graph.Cast(Length, TensorProto.Types.DataType.Float), _graph.Scalar(scaling.OriginalContext)]);
            return _graph.Node(
                "Where", [_graph.Unsqueeze(beyond, 2, 3), _graph.Floats(longer, longer.Length), _graph.Floats(usual, usual.Length)]);
        }

        double factor = scaling.Factor, original = scaling.OriginalContext;
        string longest = _graph.Node("Max", [_graph.Cast(Length, TensorProto.Types.DataType.Double), Number(original)]);
        string stretch = _graph.Subtract(_graph.Multiply(longest, Number(factor / original)), Number(factor - 1));
        string power = _graph.Node("Pow", [stretch, Number(rotary.Dim / (rotary.Dim - 2.0))]);
        string changed = _graph.Unsqueeze(_graph.Multiply(power, Number(rotary.Base)), 2, 3);
        double[] exponents = [.. Enumerable.Range(0, rotary.Dim / 2).Select(i => 2.0 * i / rotary.Dim)];
        string powers = _graph.Node("Pow", [changed, _graph.Doubles(exponents, exponents.Length)]);
        string single = _graph.Cast(powers, TensorProto.Types.DataType.Float);
        return _graph.Divide(_graph.Scalar(1), single);

        string Number(double value) => _graph.Doubles([value]);
    }
}
