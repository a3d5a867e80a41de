using System.Text.Json;
using Interp.Analysis;
using Interp.Onnx;
using Interp.Runtime;

namespace Interp.Cli.Tests.Commands;

public sealed class ExportCommandTests
{
    [Fact]
    public void Processed_weights_are_what_is_exported_as_safetensors()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        string folder = Directory.CreateDirectory(work.At("out")).FullName;
        Outcome exported = Tool.Run(
            "export", "--model", model, "--process", "all", "--out", Path.Combine(folder, "model.safetensors")).Succeeded();
        Assert.Contains("fold-norm", exported.Error, StringComparison.Ordinal);
        Outcome processed = Tool.Run("run", "--model", model, "--tokens", "1 2 3", "--json", "--process", "all");
        Outcome read = Tool.Run("run", "--model", folder, "--tokens", "1 2 3", "--json");
        Assert.NotEmpty(read.Rows);
        foreach ((JsonElement one, JsonElement two) in processed.Rows.Zip(read.Rows))
        {
            Assert.Equal(one.GetProperty("logit").GetDouble(), two.GetProperty("logit").GetDouble());
        }

        // Centring the unembedding shifts the logits: what was written is not the original.
        Outcome plain = Tool.Run("run", "--model", model, "--tokens", "1 2 3", "--json");
        Assert.True(Math.Abs(plain.Rows[0].GetProperty("logit").GetDouble() - read.Rows[0].GetProperty("logit").GetDouble()) > 1e-4);
    }

    // ONNX Runtime runs the graph; the library runs the processed weights.
    [Fact]
    public void Processed_weights_are_what_is_exported_as_a_graph()
    {
        using var work = new Workspace();
        string model = work.PutModel(), graph = work.At("out.onnx");
        Tool.Run("export", "--model", model, "--process", "all", "--out", graph).Succeeded();
        TransformerModel plain = TransformerModel.Load(model);
        TransformerModel processed = WeightProcessing.Apply(plain, Enum.GetValues<ProcessStep>()).Model;
        Assert.Null(OnnxReference.Verify(processed, graph, [[1, 2, 3]]).FirstDivergence);
        Assert.NotNull(OnnxReference.Verify(plain, graph, [[1, 2, 3]]).FirstDivergence);
    }

    [Fact]
    public void Processed_weights_are_not_written_beside_the_settings_of_another_model()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        Tool.Refuses(
            ["export", "--model", model, "--process", "all", "--out", Path.Combine(model, "other.safetensors")], "config.json", "found others");
        Assert.False(File.Exists(Path.Combine(model, "other.safetensors")));
    }

    [Fact]
    public void An_exported_graph_loads_alone_with_its_settings_and_tokenizer()
    {
        string original = Fixtures.Require("stories260K");
        using var work = new Workspace();
        string graph = Path.Combine(Directory.CreateDirectory(work.At("alone")).FullName, "model.onnx");
        Tool.Run("export", "--model", original, "--out", graph).Succeeded();
        Outcome expected = Tool.Run("run", "--model", original, "--prompt", "Once upon a time", "--json").Succeeded();
        Outcome alone = Tool.Run("run", "--model", graph, "--prompt", "Once upon a time", "--json").Succeeded();
        Assert.NotEmpty(expected.Rows);
        Assert.Equal(expected.Rows.Select(r => r.ToString()), alone.Rows.Select(r => r.ToString()));
        Tool.Run("verify", "--model", graph, "--prompt", "Once upon a time").Succeeded();
    }

    [Fact]
    public void What_is_not_written_beside_a_graph_is_told()
    {
        using var work = new Workspace();
        string graph = work.At("demo.onnx");
        Outcome exported = Tool.Run("export", "--model", "demo", "--out", graph).Succeeded();
        Assert.Contains("no config.json and no tokenizer are written", exported.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(work.At("config.json")));
    }
}
