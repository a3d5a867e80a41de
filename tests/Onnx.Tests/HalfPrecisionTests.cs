using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Export;
using Interp.Onnx.Format;
using Interp.Runtime.Kernels;
using Interp.Runtime.Tests.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>
/// Graphs in numbers of 2 bytes, run in float32 on their own weights, are the model with its weights rounded: within 1e-5 of the
/// largest logit, as for graphs in float32.
/// </summary>
public sealed class HalfPrecisionTests
{
    private static readonly int[] Tokens = RandomModel.Tokens(9, 4);

    public static TheoryData<string> Graphs => ["gpt2_onnx/model_fp16.onnx", "llama_onnx/model_fp16.onnx"];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_float16_graph_is_the_model_with_rounded_weights(string graph) => Compare(Mutation.Read(Path(graph)), graph, "float16");

    // Made of the float32 graph: all of its constants, as torch rounds them.
    [Theory]
    [InlineData("gpt2_onnx/model.onnx")]
    [InlineData("llama_onnx/model_nofold.onnx")]
    public void A_bfloat16_graph_is_the_model_with_rounded_weights(string graph)
    {
        ModelProto model = Mutation.Read(Path(graph));
        foreach (TensorProto tensor in model.Graph.Initializer.Concat(model.Graph.Node.SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>())
            .Where(t => t.DataType == (int)DataType.Float))
        {
            ushort[] values = [.. MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray()
                .Select(x => (ushort)(BitConverter.SingleToUInt32Bits(Rounded(x)) >> 16))];
            tensor.DataType = (int)DataType.Bfloat16;
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        Compare(model, graph, "bfloat16");
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Half_weights_may_lie_beside_the_graph(string graph)
    {
        ModelProto model = Mutation.Read(Path(graph));
        using var work = new TemporaryDirectory();
        using (FileStream data = File.Create(work.At("half.data")))
        {
            var writer = new ExternalWriter(data, "half.data");
            foreach (TensorProto tensor in model.Graph.Initializer.Where(t => t.RawData.Length > 1000))
            {
                writer.Store(tensor.RawData.ToByteArray(), tensor);
            }
        }

        TransformerModel loaded = TransformerModel.Load(Folder(graph));
        string path = work.Put("model.onnx", model.ToByteArray());
        float[] beside = Logits(path, loaded.Config);
        Assert.Equal(Logits(Path(graph), loaded.Config), beside);
        Assert.Equal(["half.data", "model.onnx"], work.FileNames.Order());
    }

    [Fact]
    public void Constants_too_large_for_a_message_go_into_a_file_that_does_not_stay()
    {
        ModelProto model = Mutation.Read(Path("gpt2_onnx/model_fp16.onnx"));
        ModelConfig config = TransformerModel.Load(Folder("gpt2_onnx/model_fp16.onnx")).Config;
        HalfPrecisionGraph widened = HalfPrecisionGraph.Widen(model, Path("gpt2_onnx/model_fp16.onnx"), config, largestInline: 100)!;
        string folder = widened.Folder!;
        Assert.True(model.Graph.Initializer.Count(t => t.DataLocation == TensorProto.Types.DataLocation.External) > 8);
        Assert.Single(Directory.GetFiles(folder));
        widened.Dispose();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void A_graph_in_float32_is_left_alone()
    {
        string path = Path("gpt2_onnx/model.onnx");
        ModelProto model = Mutation.Read(path), same = model.Clone();
        Assert.Null(HalfPrecisionGraph.Widen(model, path, TransformerModel.Load(path).Config));
        Assert.Equal(same, model);
    }

    private static void Compare(ModelProto graph, string original, string format)
    {
        using var work = new TemporaryDirectory();
        string path = work.Put("model.onnx", graph.ToByteArray());
        TransformerModel model = TransformerModel.Load(Folder(original));
        using var rounding = GraphRounding.Open(path);
        Assert.Null(rounding.OtherConstant(model.Config));
        RunResult run = rounding.Apply(model).Run(Tokens);
        using var engine = OnnxEngine.Open(path, widenFor: model.Config);
        Assert.Equal(format, engine.WidenedFrom);
        float[] theirs = Logits(path, model.Config);
        double largest = theirs.Max(Math.Abs);
        for (int p = 0; p < Tokens.Length; p++)
        {
            Close.Assert(theirs.AsSpan(p * model.Config.DVocab, model.Config.DVocab), run.LogitsAt(0, p), 1e-5 * largest, 0, $"{original} {format} {p}");
        }
    }

    private static float[] Logits(string path, ModelConfig config)
    {
        using var engine = OnnxEngine.Open(path, widenFor: config);
        return engine.Run([Tokens])[engine.Outputs[0]].Values;
    }

    // The least number of float32, which masks are made of, stays finite.
    private static float Rounded(float x) => HalfFormats.Round(Math.Clamp(x, -3e38f, 3e38f), WeightFormat.BFloat16);

    private static string Path(string graph) => OnnxFixtureTests.Require(graph);

    private static string Folder(string graph) => System.IO.Path.GetDirectoryName(Path(graph))!;
}
