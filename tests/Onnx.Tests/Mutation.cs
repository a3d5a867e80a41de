using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>Changes graphs as other exporters and optimizers would have written them, and loads them.</summary>
internal static class Mutation
{
    /// <summary>Parses a graph; external data stays external.</summary>
    public static ModelProto Read(string path) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));

    /// <summary>Writes a graph beside a copy of the original's config.json (unless told otherwise) and loads it.</summary>
    public static TransformerModel Load(ModelProto model, string? configFrom)
    {
        using var directory = new TemporaryDirectory();
        if (configFrom is not null)
        {
            directory.Put("config.json", File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(configFrom)!, "config.json")));
        }

        return TransformerModel.Load(directory.Put("model.onnx", model.ToByteArray()));
    }

    /// <summary>Takes all names away: nodes have none, values and constants are numbered. Only the structure is left.</summary>
    public static ModelProto WithoutNames(ModelProto model)
    {
        ModelProto result = model.Clone();
        GraphProto graph = result.Graph;
        var kept = graph.Input.Select(i => i.Name).Concat(graph.Output.Select(o => o.Name)).Append("").ToHashSet();
        var names = new Dictionary<string, string>();
        string New(string name) => kept.Contains(name) ? name
            : names.TryGetValue(name, out string? known) ? known
            : names[name] = $"v{names.Count * 7919 % 1000003}";
        foreach (NodeProto node in graph.Node)
        {
            node.Name = "";
            node.MetadataProps.Clear();
            Rename(node.Input);
            Rename(node.Output);
            foreach (GraphProto inner in node.Attribute.Select(a => a.G).OfType<GraphProto>())
            {
                foreach (NodeProto innerNode in inner.Node)
                {
                    Rename(innerNode.Input);
                    Rename(innerNode.Output);
                }

                foreach (ValueInfoProto output in inner.Output)
                {
                    output.Name = New(output.Name);
                }
            }
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            tensor.Name = New(tensor.Name);
        }

        graph.ValueInfo.Clear();
        return result;

        void Rename(IList<string> values)
        {
            for (int i = 0; i < values.Count; i++)
            {
                values[i] = New(values[i]);
            }
        }
    }
}

/// <summary>Comparison of models by what they compute.</summary>
internal static class Same
{
    /// <summary>Both give the same bits for the same prompts, so they have the same weights.</summary>
    public static void Bits(TransformerModel expected, TransformerModel actual, string what) => Logits(expected, actual, 0, what);

    /// <summary>Both give logits within a tolerance of each other.</summary>
    public static void Logits(TransformerModel expected, TransformerModel actual, double tolerance, string what)
    {
        for (int seed = 0; seed < 3; seed++)
        {
            int[] tokens = [.. RandomModel.Tokens(5 + (4 * seed), seed, expected.Config.DVocab).Where(t => t != expected.Config.PaddingId)];
            RunResult left = expected.Run(tokens), right = actual.Run(tokens);
            for (int i = 0; i < tokens.Length; i++)
            {
                Close.Assert(left.LogitsAt(0, i), right.LogitsAt(0, i), tolerance, 0, $"{what}, prompt {seed}, position {i}");
            }
        }
    }
}
