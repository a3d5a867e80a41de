using Google.Protobuf;
using Interp.Hooks;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// Graphs that end with the last hidden state: every hook point that the graph has agrees with ONNX Runtime within 1e-5 of its largest
/// value, as for graphs with a head, and logits are refused.
/// </summary>
public sealed class HeadlessGraphTests
{
    private static readonly int[] Tokens = RandomModel.Tokens(8, 3);

    [Theory]
    [InlineData("bert/model.onnx", false)]
    [InlineData("bert/model_opset17.onnx", true)]
    [InlineData("roberta/model.onnx", false)]
    [InlineData("distilbert/model.onnx", false)]
    [InlineData("gpt2_onnx/model.onnx", false)]
    [InlineData("llama_onnx/model.onnx", false)]
    public void The_stream_of_a_graph_without_a_head_is_the_graphs(string graph, bool pooled)
    {
        string path = OnnxFixtureTests.Require(graph);
        int[] tokens = [.. Tokens.Select(t => t == 1 ? 2 : t)];
        using var work = new TemporaryDirectory();
        work.Put("config.json", File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(path)!, "config.json")));
        string headless = work.Put("model.onnx", WithoutHead(path, pooled).ToByteArray());
        TransformerModel model = TransformerModel.Load(headless), whole = TransformerModel.Load(path);
        Assert.False(model.Config.HasUnembed);
        IReadOnlyList<OnnxHookValue> points = OnnxHookValues.Find(headless, model);
        Assert.Contains(points, p => p.Point == Hook.UnembedIn);
        HookQuery[] queries = [.. points.Select(p => (HookQuery)p.Point)];
        RunResult run = model.Run(tokens, new RunOptions { Observe = queries });
        using var engine = OnnxEngine.Open(headless, points.Select(p => p.Value));
        IReadOnlyDictionary<string, TensorValue> theirs = engine.Run([tokens]);
        foreach (OnnxHookValue point in points.Where(p => !pooled || p.Point != Hook.UnembedIn))
        {
            float[] expected = point.Take(theirs[point.Value]);
            Close.Assert(expected, run.Cache().Values(point.Point), 1e-5 * expected.Max(Math.Abs), 0, $"{graph} {model.Hooks.Name(point.Point)}");
        }

        // The same bits as with the head, below it.
        RunResult full = whole.Run(tokens, new RunOptions { Observe = [Hook.ResidPost(1)] });
        Assert.Equal(full.Cache().Values(Hook.ResidPost(1)), model.Run(tokens, new RunOptions { Observe = [Hook.ResidPost(1)] }).Cache().Values(Hook.ResidPost(1)));
        Refused.With(() => run.Logits(), "no unembedding head");
        Refused.With(() => model.Hooks.Resolve("unembed.hook_out"), "it has no unembedding");
    }

    [Fact]
    public void Settings_of_a_graph_without_a_head_are_read_from_it()
    {
        string path = OnnxFixtureTests.Require("bert/model.onnx");
        TransformerModel model = Mutation.Load(WithoutHead(path, pooled: false), configFrom: null);
        Assert.Equal("bert", model.Config.Family);
        Assert.False(model.Config.HasUnembed);
    }

    // Behind the last norm of the blocks everything goes; pooled, the mean over positions is a second output or the only one.
    private static ModelProto WithoutHead(string path, bool pooled)
    {
        ModelProto model = Mutation.Read(path);
        string end;
        using (OnnxModel graph = OnnxModel.Open(path))
        {
            end = (graph.Structure.Find(Role.FinalNorm) ?? graph.Structure.Find(Role.Norm2, graph.Structure.Layers - 1))!.Value.Site.Output;
        }

        model.Graph.Output.Clear();
        string output = end;
        if (pooled)
        {
            output = "sentence_embedding";
            model.Graph.Initializer.Add(new TensorProto { Name = "axis", DataType = (int)TensorProto.Types.DataType.Int64, Dims = { 1 }, Int64Data = { 1 } });
            var sum = new NodeProto { OpType = "ReduceSum", Input = { end, "axis" }, Output = { output } };
            sum.Attribute.Add(new AttributeProto { Name = "keepdims", I = 0, Type = AttributeProto.Types.AttributeType.Int });
            model.Graph.Node.Add(sum);
        }

        model.Graph.Output.Add(new ValueInfoProto { Name = output });
        HashSet<string> needed = [output];
        NodeProto[] nodes = [.. model.Graph.Node];
        HashSet<NodeProto> kept = [];
        foreach (NodeProto node in nodes.Reverse().Where(n => n.Output.Any(needed.Contains)))
        {
            kept.Add(node);
            needed.UnionWith(node.Input);
            needed.UnionWith(node.Attribute.Select(a => a.G).OfType<GraphProto>().SelectMany(g => g.Node).SelectMany(n => n.Input));
        }

        model.Graph.Node.Clear();
        model.Graph.Node.Add(nodes.Where(kept.Contains));
        return model;
    }
}
