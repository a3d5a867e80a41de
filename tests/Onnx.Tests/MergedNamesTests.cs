using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>Settings from graphs whose equal weights were merged under one name, or beside a genai_config.json.</summary>
public sealed class MergedNamesTests
{
    [Theory]
    [InlineData("gpt2_onnx/model.onnx", "gpt2")]
    [InlineData("gpt2_onnx/model_nofold.onnx", "gpt2")]
    [InlineData("bert/model_nofold.onnx", "bert")]
    [InlineData("llama_onnx/model_nofold.onnx", "llama")]
    public void The_family_is_read_from_the_names_that_are_left(string graph, string family)
    {
        string path = OnnxFixtureTests.Require(graph);
        ModelProto model = Mutation.Read(path);
        foreach (NodeProto node in model.Graph.Node)
        {
            node.Name = "";
        }

        foreach (TensorProto tensor in model.Graph.Initializer.Where(t => t.Dims.Count == 1 && t.Name.Contains('.', StringComparison.Ordinal)))
        {
            float value = tensor.Name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1;
            float[] values = [.. Enumerable.Repeat(value, (int)tensor.Dims[0])];
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        TransformerModel expected = Mutation.Load(model, path);
        GraphVariants.All["equal initializers merged"](model.Graph);
        TransformerModel merged = Mutation.Load(model, configFrom: null);
        Assert.Equal(family, merged.Config.Family);
        // Frequencies come from a base that was read off rounded ones, and epsilon as a float32: last bits may differ.
        Same.Logits(expected, merged, 1e-5, graph);
    }

    [Fact]
    public void A_constant_that_is_given_twice_the_same_is_one()
    {
        string path = OnnxFixtureTests.Require("gpt2_onnx/model.onnx");
        ModelProto model = Mutation.Read(path);
        TensorProto tensor = model.Graph.Initializer[0].Clone();
        model.Graph.Initializer.Add(tensor);
        var node = new NodeProto { OpType = "Constant", Output = { tensor.Name } };
        node.Attribute.Add(new AttributeProto { Name = "value", T = tensor, Type = AttributeProto.Types.AttributeType.Tensor });
        model.Graph.Node.Insert(0, node);
        Same.Bits(TransformerModel.Load(path), Mutation.Load(model, path), "twice");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("\"hidden_size\": 31, ", "hidden_size: expected 32, as in the graph, found 31")]
    [InlineData("\"num_attention_heads\": 3, ", "num_attention_heads: expected 4, as in the graph, found 3")]
    [InlineData("\"rope\": 1, ", "the key 'rope' is not known")]
    [InlineData("\"filename\": \"decoder.onnx\", ", "filename: expected 'model.onnx'")]
    [InlineData("\"inputs\": {\"input_ids\": \"ids\"}, ", "input_ids: expected one of the graph's inputs")]
    public void A_genai_config_is_compared_with_the_graph(string extra, string? words)
    {
        string path = OnnxFixtureTests.Require("llama_onnx/model.onnx");
        using var work = new TemporaryDirectory();
        work.Put("model.onnx", File.ReadAllBytes(path));
        work.Put("genai_config.json", System.Text.Encoding.UTF8.GetBytes(
            "{\"model\": {\"type\": \"llama\", \"context_length\": 77, \"eos_token_id\": [1, 2], \"decoder\": {" + extra + "\"num_hidden_layers\": 2}}, \"search\": {\"top_k\": 1}}"));
        if (words is not null)
        {
            Refused.With(() => TransformerModel.Load(work.At("model.onnx")), "genai_config.json", words);
            return;
        }

        TransformerModel model = TransformerModel.Load(work.At("model.onnx"));
        Assert.Equal(77, model.Config.NCtx);
        Assert.Equal([1, 2], model.Config.EosIds);
        Same.Logits(TransformerModel.Load(path), model, 1e-5, "genai");
    }

    [Fact]
    public void The_types_that_weights_are_stored_in_are_told()
    {
        Assert.Equal(["F16"], TransformerModel.Load(OnnxFixtureTests.Require("gpt2_onnx/model_fp16.onnx")).Stored.Select(s => s.Type));
        Assert.Equal(["F32"], TransformerModel.Load(OnnxFixtureTests.Require("gpt2_onnx/model.onnx")).Stored.Select(s => s.Type));
    }
}
