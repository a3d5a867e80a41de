using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>A number, attribute or operator of a graph that makes it another function than the configuration's is refused by name.</summary>
public sealed class FunctionCheckTests
{
    private const string Gpt2 = "gpt2_onnx/model.onnx", Bert = "bert/model.onnx", Llama = "llama_onnx/model.onnx";

    [Theory]
    [InlineData(-10, false)]
    [InlineData(-100, false)]
    [InlineData(0.5f, false)]
    [InlineData(-10000, true)]
    [InlineData(-65504, true)]
    [InlineData(float.NegativeInfinity, true)]
    public void A_mask_hides_what_it_masks_or_is_refused(float fill, bool loads)
    {
        string path = OnnxFixtureTests.Require(Gpt2);
        ModelProto model = Mutation.Read(path);
        Assert.True(Changes.Numbers(model.Graph, x => x < -1000, fill) > 0);
        if (loads)
        {
            Same.Bits(TransformerModel.Load(path), Mutation.Load(model, path), $"mask {fill}");
        }
        else
        {
            Refused.With(() => Mutation.Load(model, path), "the mask puts", "expected -1000 or less");
        }
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { Gpt2, "gelu", "the nonlinearity of the FFN" },
        { Gpt2, "relu", "the nonlinearity of the FFN" },
        { Gpt2, "residual", "applies the number 0.5 to the stream" },
        { Gpt2, "embedding", "the factor on embeddings is 3; expected 1" },
        { Gpt2, "logits", "the logit of a product of 1 is 2" },
        { Gpt2, "operator", "the operator 'Sin' is not known" },
        { Gpt2, "attribute", "the attribute 'alpha' is not known" },
        { Gpt2, "axis", "axis: expected the last one" },
        { Gpt2, "quantized", "quantised operators are not read" },
        { Gpt2, "unmasked", "no mask that hides later positions" },
        { Bert, "scale", "the scale of attention" },
        { Bert, "head", "the nonlinearity of the head" },
        { Bert, "causal", "a mask that compares positions" },
        { Llama, "rotary", "rotary frequencies" },
        { Llama, "gate", "the nonlinearity of the FFN" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Another_function_is_refused(string graph, string change, string words)
    {
        string path = OnnxFixtureTests.Require(graph);
        ModelProto model = Mutation.Read(path);
        Apply(model.Graph, change);
        Refused.With(() => Mutation.Load(model, path), words);
    }

    private static void Apply(GraphProto graph, string change)
    {
        string Output(Func<NodeProto, bool> which) => graph.Node.First(which).Output[0];
        switch (change)
        {
            case "gelu":
                Assert.True(Changes.Numbers(graph, x => Math.Abs(x - 0.044715f) < 1e-6, 0.05f) > 0);
                break;
            case "relu":
                Changes.Behind(graph, Output(n => n.OpType == "Tanh"), "Relu");
                break;
            case "residual":
                Changes.Behind(graph, Output(n => n.Name == "/transformer/h.0/Add"), "Mul", 0.5f);
                break;
            case "embedding":
                Changes.Behind(graph, Output(n => n.OpType == "Gather" && n.Input[0] == "transformer.wte.weight"), "Mul", 3);
                break;
            case "logits":
                Changes.Behind(graph, "logits", "Mul", 2);
                break;
            case "operator":
                Changes.Behind(graph, Output(n => n.Name == "/transformer/h.0/Add"), "Sin");
                break;
            case "attribute":
                Changes.Attribute(graph, "Tanh", "alpha", 1);
                break;
            case "axis":
                Changes.Attribute(graph, "Softmax", "axis", 2);
                break;
            case "quantized":
                Changes.Behind(graph, Output(n => n.Name == "/transformer/h.0/Add"), "DequantizeLinear", 1);
                break;
            case "unmasked":
                foreach (NodeProto node in graph.Node.Where(n => n.OpType == "Where" && n.Name.EndsWith("/attn/Where")))
                {
                    string scores = node.Input[1];
                    (node.OpType, node.Name) = ("Identity", "");
                    node.Input.Clear();
                    node.Input.Add(scores);
                }

                break;
            case "scale":
                Assert.True(Changes.Numbers(graph, x => Math.Abs(x - MathF.Sqrt(8)) < 1e-5, 3) > 0);
                break;
            case "head":
                Changes.Behind(graph, Output(n => n.OpType == "Erf" && n.Name.Contains("transform")), "Relu");
                break;
            case "causal":
                NodeProto softmax = graph.Node.First(n => n.OpType == "Softmax");
                graph.Initializer.Add(new TensorProto { Name = "table", DataType = (int)DataType.Bool, Dims = { 16, 16 }, RawData = ByteString.CopyFrom(new byte[256]) });
                graph.Initializer.Add(new TensorProto { Name = "fill", DataType = (int)DataType.Float, FloatData = { -1e9f } });
                graph.Node.Insert(graph.Node.IndexOf(softmax), new NodeProto { OpType = "Where", Input = { "table", "fill", softmax.Input[0] }, Output = { "hidden" } });
                softmax.Input[0] = "hidden";
                break;
            case "rotary":
                TensorProto frequencies = graph.Initializer.Concat(graph.Node.SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>())
                    .First(t => t.DataType == (int)DataType.Float && Changes.Values(t) is [1, .., < 1 and > 0]);
                float[] values = Changes.Values(frequencies);
                values[^1] *= 0.9f;
                frequencies.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            default:
                Changes.Behind(graph, Output(n => n.OpType == "Sigmoid"), "Tanh");
                break;
        }
    }
}
