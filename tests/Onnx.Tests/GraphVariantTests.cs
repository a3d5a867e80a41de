using System.Collections.Concurrent;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// Every graph, written in every other way, with its names and without, is read as the same weights, bit for bit. That the other way
/// is the same graph, ONNX Runtime says of one graph of each kind: logits within 5e-5 of their largest, as it may fuse other operators.
/// </summary>
public sealed class GraphVariantTests
{
    private static readonly int[] Tokens = [.. RandomModel.Tokens(7, 2).Select(t => t == 1 ? 2 : t)];

    private static readonly string[] RunByOnnxRuntime =
        ["gpt2/model.onnx", "llama/model.onnx", "bert/model_opset17.onnx", "gpt_neox/model.onnx", "opt/model.onnx", "gemma2/model.onnx"];

    private static readonly ConcurrentDictionary<string, (TransformerModel Model, float[] Logits)> Originals = new();

    public static TheoryData<string, string> Variants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string graph in OnnxFixtureTests.Graphs.Select(row => row.Data))
            {
                foreach (string variant in GraphVariants.All.Keys)
                {
                    data.Add(graph, variant);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_graph_written_otherwise_is_the_same_model(string graph, string variant)
    {
        string path = OnnxFixtureTests.Require(graph);
        ModelProto model = Mutation.Read(path);
        model.MetadataProps.Clear();
        model.Graph.ValueInfo.Clear();
        GraphVariants.All[variant](model.Graph);
        if (variant == "axes in the other place")
        {
            model.OpsetImport.First(o => o.Domain.Length == 0).Version = 18;
        }

        using var work = new TemporaryDirectory();
        if (File.Exists(path + "_data"))
        {
            work.Put("model.onnx_data", File.ReadAllBytes(path + "_data"));
        }

        string folder = Path.GetDirectoryName(path)!.Replace("/external", "", StringComparison.Ordinal);
        work.Put("config.json", File.ReadAllBytes(Path.Combine(folder, "config.json")));
        (TransformerModel expected, float[] theirs) = Originals.GetOrAdd(graph, _ => (TransformerModel.Load(path), Logits(path)));
        string other = work.Put("model.onnx", model.ToByteArray());
        if (RunByOnnxRuntime.Contains(graph))
        {
            Close.Assert(theirs, Logits(other), 5e-5 * theirs.Max(Math.Abs), 0, $"{graph}, {variant}, by ONNX Runtime");
        }

        Same.Bits(expected, TransformerModel.Load(other), $"{graph}, {variant}");
        string stripped = work.Put("stripped.onnx", Mutation.WithoutNames(model).ToByteArray());
        Same.Bits(expected, TransformerModel.Load(stripped), $"{graph}, {variant}, without names");
    }

    private static float[] Logits(string path)
    {
        using var engine = OnnxEngine.Open(path, threads: 1);
        return engine.Run([Tokens])[engine.Outputs.Contains("logits") ? "logits" : engine.Outputs[0]].Values;
    }
}
