namespace Interp.Onnx;

/// <summary>Finds the cores of attention layers: product, softmax, product; or one operator for all of it.</summary>
internal static class AttentionFinder
{
    private static readonly string[] PartNames = ["q", "k", "v"];

    /// <summary>Adds the attention cores of a stream; linear maps must have been found.</summary>
    public static void Find(Stream stream)
    {
        foreach (OnnxNode node in stream.Nodes)
        {
            switch (node.Op)
            {
                case "Softmax":
                    AddWrittenOut(stream, node, node.Input(0));
                    break;
                case "Div" when Exponent(stream, node) is { } scores:
                    AddWrittenOut(stream, node, scores);
                    break;
                case "Attention" when !stream.Has(node.Input(1)) && node.Input(1).Length > 0:
                    AddWithWeights(stream, node);
                    break;
                case "Attention" or "MultiHeadAttention" or "GroupQueryAttention":
                    AddOperator(stream, node);
                    break;
                default:
                    break;
            }
        }
    }

    // A softmax that is written out: exp(x - max x) over its sum; gives x.
    private static string? Exponent(Stream stream, OnnxNode node) =>
        stream.Graph.Producer(node.Input(0)) is { Op: "Exp" } exp
        && stream.Graph.Producer(node.Input(1)) is { Op: "ReduceSum" } sum && sum.Input(0) == exp.Output
        && stream.Graph.Producer(exp.Input(0)) is { Op: "Sub" } sub
        && stream.Graph.Producer(sub.Input(1)) is { Op: "ReduceMax" } max && max.Input(0) == sub.Input(0)
            ? sub.Input(0)
            : null;

    private static void AddWrittenOut(Stream stream, OnnxNode softmax, string before)
    {
        if (Product(stream, before) is not { } scores || WeightedSum(stream, softmax) is not var (sum, value))
        {
            return;
        }

        stream.Add(
            new AttentionSite(softmax, sum.Output) { Scores = before, Product = scores, Query = scores.Input(0), Key = scores.Input(1), Value = value },
            scores,
            sum);
    }

    /// <summary>The nearest product of two values of the stream behind a value.</summary>
    private static OnnxNode? Product(Stream stream, string value)
    {
        for (int steps = 0; steps < 64 && stream.Graph.Producer(value) is { } node; steps++)
        {
            string[] inputs = [.. node.Inputs.Where(stream.Has)];
            if (inputs.Length == 2)
            {
                return node.Op is "MatMul" or "FusedMatMul" ? node : null;
            }

            if (inputs.Length != 1)
            {
                return null;
            }

            value = inputs[0];
        }

        return null;
    }

    private static (OnnxNode Sum, string Value)? WeightedSum(Stream stream, OnnxNode softmax)
    {
        string value = softmax.Output;
        for (int steps = 0; steps < 64 && stream.Reader(value) is { } node; steps++)
        {
            if (node.Op is "MatMul" or "FusedMatMul")
            {
                return node.Input(0) == value && stream.Has(node.Input(1)) ? (node, node.Input(1)) : null;
            }

            value = node.Output;
        }

        return null;
    }

    // ONNX Runtime's Attention: the input, one matrix for q, k and v side by side, its bias.
    private static void AddWithWeights(Stream stream, OnnxNode node)
    {
        if (ConstantReference.Find(stream.Graph, node.Input(1)) is not { IsMatrix: true } weight)
        {
            return;
        }

        var linear = new LinearSite(node, node.Input(0), $"{node.Output}#qkv", weight)
        {
            Bias = ConstantReference.Find(stream.Graph, node.Input(2)) is { IsVector: true } bias ? new BiasReference(bias)
                : null,
        };
        stream.Add(linear);
        int third = linear.Outputs / 3;
        int[] sizes = node.Attribute("qkv_hidden_sizes") is { Ints.Count: 3 } written
            && written.Ints.All(i => i > 0 && i <= linear.Outputs)
            ? [.. written.Ints.Select(i => (int)i)]
            : [third, third, third];
        string[] names = [.. PartNames.Select(part => $"{node.Output}#{part}")];
        for (int i = 0, start = 0; i < 3; start += sizes[i++])
        {
            stream.Mark(names[i], new Part(linear, start, sizes[i]));
        }

        stream.Add(new AttentionSite(node, node.Output) { Query = names[0], Key = names[1], Value = names[2] });
    }

    private static void AddOperator(Stream stream, OnnxNode node)
    {
        if (stream.Has(node.Input(1)) && stream.Has(node.Input(2)))
        {
            if (node.Op == "MultiHeadAttention")
            {
                TakeBias(stream, node);
            }

            stream.Add(new AttentionSite(node, node.Output)
            {
                Query = node.Input(0),
                Key = node.Input(1),
                Value = node.Input(2),
            });
        }
        else if (node.Op == "GroupQueryAttention" && stream.Sources(node.Input(0)) is [{ Site: LinearSite linear, Count: 0 }])
        {
            // Packed: query heads, then key heads, then value heads.
            long heads = node.Int("num_heads", 0), keys = node.Int("kv_num_heads", 0);
            if (heads < 1 || keys < 1 || linear.Outputs % (heads + (2 * keys)) != 0)
            {
                return;
            }

            int size = (int)(linear.Outputs / (heads + (2 * keys)));
            int queries = (int)heads * size, width = (int)keys * size;
            stream.Mark($"{node.Output}#q", new Part(linear, 0, queries));
            stream.Mark($"{node.Output}#k", new Part(linear, queries, width));
            stream.Mark($"{node.Output}#v", new Part(linear, queries + width, width));
            stream.Add(new AttentionSite(node, node.Output)
            {
                Query = $"{node.Output}#q",
                Key = $"{node.Output}#k",
                Value = $"{node.Output}#v",
            });
        }
    }

    // One bias for q, k and v, added inside the operator.
    private static void TakeBias(Stream stream, OnnxNode node)
    {
        if (ConstantReference.Find(stream.Graph, node.Input(3)) is not { IsVector: true } bias)
        {
            return;
        }

        int start = 0;
        foreach (string input in node.Inputs.Take(3))
        {
            if (stream.Sources(input) is not [{ Site: LinearSite { Bias: null } linear, Count: 0 }]
                || start + linear.Outputs > bias.Tensor.Count)
            {
                throw new InvalidInputException(
                    $"{stream.Graph.File.Path}: {node.Label}: its bias belongs to no linear map that was recognised");
            }

            linear.Bias = new BiasReference(bias, start);
            linear.GivesMap = false;
            start += linear.Outputs;
        }
    }
}
