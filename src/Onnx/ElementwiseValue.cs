namespace Interp.Onnx;

/// <summary>
/// What a value of a graph is at a place where the values before it are given numbers: the nodes between must be elementwise. So the
/// constants of a nonlinearity, a scale or a soft-cap are compared by what they compute, however a graph writes them.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="known">What is given for a value, or null where it must be computed.</param>
/// <param name="dHead">What a graph finds where it asks for the last axis of queries.</param>
internal sealed class ElementwiseValue(Stream stream, Func<string, double?> known, int dHead)
{
    private const int DeepestWalk = 64;

    private readonly Dictionary<string, double?> _values = new(StringComparer.Ordinal);

    /// <summary>The first node that is not elementwise, after a value came out as null.</summary>
    public OnnxNode? Strange { get; private set; }

    /// <summary>Whether a constant on the way is stored in 2 bytes, and so rounded.</summary>
    public bool Rounded { get; private set; }

    /// <summary>The nodes of the stream on the way.</summary>
    public HashSet<OnnxNode> Nodes { get; } = [];

    /// <summary>The value; null when it cannot be followed.</summary>
    /// <param name="value">Its name.</param>
    public double? Of(string value) => Of(value, DeepestWalk);

    private double? Of(string value, int steps)
    {
        if (known(value) is { } given)
        {
            return given;
        }

        if (_values.TryGetValue(value, out double? seen))
        {
            return seen;
        }

        double? found = null;
        if (stream.Graph.Constant(value) is { } constant)
        {
            found = constant.Scalar() ?? (constant.Integers() is [long only] ? only : null);
            Rounded |= constant.Format != Interp.Runtime.Kernels.WeightFormat.Float32;
        }
        else if (steps > 0 && stream.Graph.Producer(value) is { } node)
        {
            if (stream.Has(value))
            {
                Nodes.Add(node);
            }

            found = Apply(node, steps - 1);
            Strange ??= found is null ? node : null;
        }

        return _values[value] = found;
    }

    private double? Apply(OnnxNode node, int steps)
    {
        switch (node.Op)
        {
            case "Identity" or "Cast" or "CastLike" or "Reshape" or "Dropout" or "Unsqueeze" or "Squeeze" or "Flatten" or "Transpose" or "Expand":
                return Of(node.Input(0), steps);
            case "Gather" or "Slice" when EndsInLastAxis(stream.Backward(node.Input(0))):
                return stream.Graph.Constant(stream.Backward(node.Input(1)))?.Integers() is [-1 or 3] ? dHead : null;
            case "ConstantOfShape":
                return node.Attribute("value")?.T is not { } fill ? 0
                    : OnnxTensor.Create(stream.Graph.File, fill, node.Name) is var tensor ? tensor.Scalar() ?? tensor.Integers()?[0] : null;
            case "Add" or "Sub" or "Mul" when Outside(node) is { } inside:
                return Of(inside, steps);
            case "Where" when node.Inputs.Skip(1).Where(stream.Has).ToArray() is [string scores]:
                return Of(scores, steps);
            default:
                break;
        }

        double?[] inputs = [.. node.Inputs.Select(i => i.Length == 0 ? null : Of(i, steps))];
        if (inputs.Length == 0 || inputs[0] is not { } x)
        {
            return null;
        }

        return node.Op switch
        {
            "Add" => x + inputs[1],
            "Sub" => x - inputs[1],
            "Mul" => x * inputs[1],
            "Div" => x / inputs[1],
            "Pow" => inputs[1] is { } p ? Math.Pow(x, p) : null,
            "Min" when inputs.Length == 2 => inputs[1] is { } other ? Math.Min(x, other) : null,
            "Max" when inputs.Length == 2 => inputs[1] is { } other ? Math.Max(x, other) : null,
            "Clip" => Math.Min(Math.Max(x, inputs.ElementAtOrDefault(1) ?? node.Float("min", float.MinValue)),
                inputs.ElementAtOrDefault(2) ?? node.Float("max", float.MaxValue)),
            _ => Curves.Apply(node, x),
        };
    }

    // A shape, or one that an optimizer put into another order and left its end.
    private bool EndsInLastAxis(string value) => stream.Graph.Producer(value) is { } node
        && (node.Op == "Shape"
            || (node.Op == "Gather" && stream.Graph.Producer(stream.Backward(node.Input(0))) is { Op: "Shape" }
                && stream.Graph.Constant(node.Input(1))?.Integers() is [_, _, .., -1 or 3]));

    /// <summary>The operand from the stream, where the other is a mask or a bias of positions: computed beside the stream, and no number.</summary>
    private string? Outside(OnnxNode node)
    {
        string[] inside = [.. node.Inputs.Where(stream.Has)];
        if (inside is not [string only] || node.Inputs is not [string left, string right])
        {
            return null;
        }

        var beside = new ElementwiseValue(stream, _ => null, dHead);
        bool number = beside.Of(left == only ? right : left) is not null;
        Rounded |= beside.Rounded;

        // A factor is a mask only where a sum puts something in place of what it takes away: w b - 1e4 (1 - b).
        bool masks = node.Op != "Mul" || stream.Reader(node.Output) is { Op: "Sub" or "Add" };
        return number || !masks ? null : only;
    }
}
