namespace Interp.Onnx;

/// <summary>What a graph tells of a model beside its weights; null where it does not tell.</summary>
/// <param name="stream">The stream.</param>
/// <param name="structure">The roles of its sites.</param>
internal sealed class GraphFacts(Stream stream, BlockStructure structure)
{
    private const int LongestWalk = 64;

    /// <summary>Heads of queries and of keys, from the shapes that they are brought into.</summary>
    public (int Heads, int KeyHeads)? Heads()
    {
        AttentionSite core = stream.Of<AttentionSite>()[0];
        if (core.Scores.Length == 0)
        {
            int heads = (int)core.Node.Int("num_heads", 0), keys = (int)core.Node.Int("kv_num_heads", heads);
            return heads > 0 && keys > 0 ? (heads, keys) : null;
        }

        return HeadsOf(core.Query) is { } q && HeadsOf(core.Key) is { } k ? (q, k) : null;
    }

    /// <summary>The nonlinearity of the FFN under its Hugging Face name, from the operators between its maps.</summary>
    public string? Activation()
    {
        if (structure.Find(Role.FeedForwardOut) is not { Site: LinearSite output }
            || structure.Find(Role.FeedForwardIn) is not { })
        {
            return null;
        }

        HashSet<string> found = [];
        List<float> numbers = [];
        var seen = new HashSet<string>();
        var waiting = new Stack<string>(output.Inputs);
        while (seen.Count < LongestWalk && waiting.TryPop(out string? value))
        {
            if (!stream.Has(value) || stream.EndsAt(value) || !seen.Add(value) || stream.Graph.Producer(value) is not { } node)
            {
                continue;
            }

            found.Add(node.Op == "Gelu" && node.Attribute("approximate")?.S.ToStringUtf8() == "tanh" ? "Tanh" : node.Op);
            foreach (string input in node.Inputs)
            {
                waiting.Push(input);
                if (stream.Graph.Scalar(input) is { } number)
                {
                    numbers.Add(number);
                }
            }
        }

        string[] kinds = [.. found.Intersect(["Erf", "Tanh", "Gelu", "BiasGelu", "FastGelu", "Relu", "Sigmoid"])];
        return kinds switch
        {
            ["Erf" or "Gelu" or "BiasGelu"] => "gelu",
            ["Tanh" or "FastGelu"] => "gelu_new",
            ["Relu"] when !found.Contains("Pow") && (structure.Gated || !found.Contains("Mul")) => "relu",
            ["Sigmoid"] when numbers.Count == 0 => "silu",
            _ => null,
        };
    }

    /// <summary>The base of full rotary positions, from the constant that holds the frequencies or their sines.</summary>
    /// <param name="head">Dimension of a head.</param>
    public double? RotaryBase(int head)
    {
        foreach (string name in stream.Graph.ConstantNames)
        {
            if (head < 4 || Frequencies(stream.Graph.Constant(name)!, head)
                is not [> 0.9999f and < 1.0001f, .., > 0 and < 1] frequencies)
            {
                continue;
            }

            int last = frequencies.Length - 1;
            double found = Math.Pow(frequencies[last], -(double)head / (2 * last));
            double whole = Math.Round(found);
            double theta = Math.Abs(found - whole) < 1e-5 * whole ? whole : found;
            if (frequencies.Index().All(f => Math.Abs(f.Item - Math.Pow(theta, -2.0 * f.Index / head)) <= 2e-6 * f.Item))
            {
                return theta;
            }
        }

        return null;
    }

    /// <summary>Frequencies as they are, or from the second row of a table of sines, which is theirs at position 1.</summary>
    private static float[]? Frequencies(OnnxTensor constant, int head)
    {
        if (!constant.IsFloat || constant.Shape.Length == 0)
        {
            return null;
        }

        if (constant.Count == head / 2)
        {
            return constant.Floats();
        }

        if (constant.Shape[^1] != head || constant.Count < 2 * head)
        {
            return null;
        }

        float[] table = constant.Floats();
        return table.AsSpan(0, head).ContainsAnyExcept(0f) ? null : [.. table.Skip(head).Take(head / 2).Select(MathF.Asin)];
    }

    /// <summary>Whether scores get one factor between the product and the softmax.</summary>
    public bool HasOneScale()
    {
        return stream.Of<AttentionSite>().All(core => core.Scores.Length == 0
            || ScorePath.Of(stream, core).Count(n => n.Op is "Mul" or "Div") == 1);
    }

    /// <summary>Whether the mask is made with a number that could be the width of a window.</summary>
    public bool MayHaveWindow()
    {
        var waiting = new Stack<string>(stream.Of<AttentionSite>().SelectMany(core => ScorePath.Of(stream, core)).SelectMany(n => n.Inputs)
            .Where(i => !stream.Has(i) && stream.Graph.Constant(i) is null));
        var seen = new HashSet<string>();
        while (waiting.TryPop(out string? value))
        {
            if (!seen.Add(value) || stream.Has(value))
            {
                continue;
            }

            if (stream.Graph.Constant(value) is { } constant)
            {
                double? number = constant.Scalar() ?? (constant.Integers() is [long only] ? only : null);
                if (number is { } n && Math.Abs(n) is > 4 and < 1e9)
                {
                    return true;
                }
            }
            else if (stream.Graph.Producer(value) is { } node)
            {
                foreach (string input in node.Inputs)
                {
                    waiting.Push(input);
                }
            }
        }

        return false;
    }

    private int? HeadsOf(string operand)
    {
        if (stream.Sources(operand) is not [{ Site: LinearSite linear } part])
        {
            return null;
        }

        int width = part.Count > 0 ? part.Count : linear.Outputs;
        var seen = new HashSet<string>();
        var waiting = new Stack<string>([operand]);
        int? heads = null;
        while (seen.Count < LongestWalk && waiting.TryPop(out string? value))
        {
            if (!stream.Has(value) || stream.EndsAt(value) || !seen.Add(value) || stream.Graph.Producer(value) is not { } node)
            {
                continue;
            }

            // The last shape met is the first one after the map: [batch, position, heads, head dimension].
            if (node.Op == "Reshape" && Shape(node.Input(1)) is [.., > 0 and var h, var d] && (d < 0 || h * d == width)
                && width % h == 0)
            {
                heads = (int)h;
            }

            foreach (string input in node.Inputs)
            {
                waiting.Push(input);
            }
        }

        return heads;
    }

    /// <summary>A shape, with -2 for axes that are computed.</summary>
    private long[]? Shape(string value)
    {
        if (stream.Graph.Constant(value) is { } constant)
        {
            return constant.Integers() is { Length: 4 } shape ? shape : null;
        }

        return stream.Graph.Producer(value) is { Op: "Concat", Inputs.Count: 4 } node
            ? [.. node.Inputs.Select(Axis)]
            : null;
    }

    private long Axis(string value)
    {
        for (int steps = 0; steps < 4 && stream.Graph.Producer(value)
            is { Op: "Unsqueeze" or "Cast" or "Identity" or "Reshape" } node; steps++)
        {
            value = node.Input(0);
        }

        return stream.Graph.Constant(value)?.Integers() is [long axis] ? axis : -2;
    }
}
