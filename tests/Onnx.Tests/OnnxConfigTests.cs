using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>Graphs without a config.json: settled by the graph, bit for bit the same, or refused with what would settle
/// them.</summary>
public sealed class OnnxConfigTests
{
    [Theory]
    [InlineData("gpt2_onnx/model.onnx")]
    [InlineData("gpt2_onnx/model_nofold.onnx")]
    [InlineData("gpt2_onnx/model_with_past.onnx")]
    [InlineData("llama/model.onnx")]
    [InlineData("llama_onnx/model.onnx")]
    [InlineData("llama_onnx/model_kv.onnx")]
    [InlineData("llama_mha_tied/model_tf430.onnx")]
    [InlineData("qwen2/model.onnx")]
    [InlineData("bert/model.onnx")]
    [InlineData("bert/model_opset17.onnx")]
    public void The_graph_settles_the_model(string graph)
    {
        string path = OnnxFixtureTests.Require(graph);
        // Frequencies come from a base that was read off rounded ones, and epsilon as a float32: last bits may differ.
        Same.Logits(TransformerModel.Load(path), Mutation.Load(Mutation.Read(path), configFrom: null), 1e-5, graph);
    }

    [Theory]
    [InlineData("mistral/model_tf436.onnx", "whether attention has a sliding window")]
    [InlineData("gpt_neox/model.onnx", "all settings of gpt_neox")]
    public void What_the_graph_leaves_open_is_told(string graph, string what)
    {
        string path = OnnxFixtureTests.Require(graph);
        Refused.With(
            () => Mutation.Load(Mutation.Read(path), configFrom: null), "there is no config.json", what, "would settle it");
    }

    [Fact]
    public void Without_names_and_settings_the_family_is_left_open()
    {
        string path = OnnxFixtureTests.Require("gpt2_onnx/model.onnx");
        ModelProto model = Mutation.WithoutNames(Mutation.Read(path));
        Refused.With(() => Mutation.Load(model, configFrom: null), "the names of its weights", "2 layers", "would settle it");
    }
}
