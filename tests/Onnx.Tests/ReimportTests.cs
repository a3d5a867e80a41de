using Interp.Hooks;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// What Interp exports, it reads again: the weights are those of the model. Same bits; gains of 1 + w, which are exported as
/// that sum, to its rounding.
/// </summary>
public sealed class ReimportTests
{
    public static TheoryData<string> Checkpoints => [.. HuggingFaceModels.All];

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void An_exported_graph_is_the_model_again(string name)
    {
        string folder = Fixtures.Require("hf/" + name);
        TransformerModel model = TransformerModel.Load(folder);
        using var work = new TemporaryDirectory();
        OnnxExport.Write(model, work.At("model.onnx"));
        work.Put("config.json", File.ReadAllBytes(Path.Combine(folder, "config.json")));
        double tolerance = name.StartsWith("gemma", StringComparison.Ordinal) ? 2e-5 : 0;
        Same.Logits(model, TransformerModel.Load(work.At("model.onnx")), tolerance, name);
    }

    [Fact]
    public void A_graph_with_interventions_is_not_taken_for_the_model()
    {
        string folder = Fixtures.Require("hf/gpt2");
        TransformerModel model = TransformerModel.Load(folder);
        using var work = new TemporaryDirectory();
        work.Put("config.json", File.ReadAllBytes(Path.Combine(folder, "config.json")));
        OnnxExport.Write(model, work.At("model.onnx"), new OnnxExportOptions { Interventions = [new KnockOut(1, 2, 0)] });
        Refused.With(() => TransformerModel.Load(work.At("model.onnx")), "interventions are part of this graph");
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Weights_written_as_safetensors_are_the_same_bits(string name)
    {
        string folder = Fixtures.Require("hf/" + name);
        using var work = new TemporaryDirectory();
        SafetensorsExport.Write(folder, work.At("model.safetensors"));
        Same.Bits(TransformerModel.Load(folder), TransformerModel.Load(work.FullPath), name);
        using Checkpoint original = Checkpoint.Open(folder), written = Checkpoint.Open(work.FullPath);
        foreach (string tensor in written.Names)
        {
            Assert.Equal(original.Read(tensor, original.ShapeOf(tensor)), written.Read(tensor, written.ShapeOf(tensor)));
        }
    }
}
