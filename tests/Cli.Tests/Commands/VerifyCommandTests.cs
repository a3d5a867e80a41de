using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Commands;

/// <summary><c>export</c> writes what <c>verify</c> agrees with, and <c>verify</c> says where a model differs.</summary>
public sealed class VerifyCommandTests
{
    [Fact]
    public void An_exported_model_is_verified()
    {
        using var work = new Workspace();
        string model = work.PutModel(), graph = work.At("m.onnx");
        Tool.Run("export", "--model", model, "--out", graph).Succeeded();
        Outcome outcome = Tool.Run("verify", "--model", model, "--onnx", graph).Succeeded();
        Assert.Contains("blocks.1.attn.hook_pattern", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("logits", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("DIFFERS", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_differs_ends_with_exit_code_3_and_the_place()
    {
        using var work = new Workspace();
        string model = work.PutModel(), graph = work.At("m.onnx"), plan = work.At("plan.json");
        File.WriteAllText(plan, """
            { "interp.interventions": 1, "interventions": [ { "type": "ablate", "hook": "z1", "heads": [0], "kind": "zero" } ] }
            """);
        Tool.Run("export", "--model", model, "--interventions", plan, "--out", graph).Succeeded();
        Outcome outcome = Tool.Run("verify", "--model", model, "--onnx", graph, "--json");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("blocks.1.attn.hook_z (layer 1) is the first to differ", outcome.Error, StringComparison.Ordinal);
        string[] columns = ["hook", "layer", "shape", "max_abs", "max_rel", "ok"];
        Assert.Equal(columns, (outcome with { Code = 0 }).Columns);
    }

    // One weight of the checkpoint, in any number format of the graph.
    [Theory]
    [InlineData("gpt2_onnx", "model.onnx", "transformer.h.1.attn.c_proj.weight", "blocks.1.hook_attn_out (layer 1)")]
    [InlineData("gpt2_onnx", "model_fp16.onnx", "transformer.h.1.attn.c_proj.weight", "blocks.1.hook_attn_out (layer 1)")]
    [InlineData("llama_onnx", "model_fp16.onnx", "model.layers.0.mlp.up_proj.weight", "blocks.0.mlp.hook_pre_linear (layer 0)")]
    [InlineData("llama_onnx", "model_fp16.onnx", "model.norm.weight", "unembed.hook_in")]
    public void A_weight_changed_by_a_hundredth_ends_with_exit_code_3_and_its_place(string folder, string file, string weight, string place)
    {
        string original = Fixtures.Require("hf/" + folder), graph = Fixtures.Require($"hf/{folder}/{file}");
        Outcome same = Tool.Run("verify", "--model", original, "--onnx", graph).Succeeded();
        Assert.Equal(file.Contains("fp16", StringComparison.Ordinal), same.Output.Contains("rounded to float16", StringComparison.Ordinal));

        using var work = new Workspace();
        File.Copy(Path.Combine(original, "config.json"), work.At("config.json"));
        using Checkpoint checkpoint = Checkpoint.Open(original);
        SafetensorsWriter.Write(work.At("model.safetensors"), [.. checkpoint.Names.Select(name =>
        {
            float[] values = checkpoint.Read(name, checkpoint.ShapeOf(name));
            values[7] += name == weight ? 0.01f : 0;
            return NamedTensor.Float(name, checkpoint.ShapeOf(name), values);
        })]);
        Outcome changed = Tool.Run("verify", "--model", Path.GetDirectoryName(work.At("config.json"))!, "--onnx", graph);
        Assert.Equal(3, changed.Code);
        Assert.Contains($"{place} is the first to differ", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_command_can_verify_its_model_first()
    {
        using var work = new Workspace();
        string model = work.PutModel(), graph = work.At("m.onnx"), changed = work.At("changed.onnx"), plan = work.At("plan.json");
        File.WriteAllText(plan, """
            { "interp.interventions": 1, "interventions": [ { "type": "ablate", "hook": "z1", "heads": [0], "kind": "zero" } ] }
            """);
        Tool.Run("export", "--model", model, "--out", graph).Succeeded();
        Tool.Run("export", "--model", model, "--interventions", plan, "--out", changed).Succeeded();
        string[] run = ["run", "--model", model, "--tokens", "1 2 3"];
        Outcome plain = Tool.Run(run).Succeeded(), verified = Tool.Run([.. run, "--verify", graph]).Succeeded();
        Assert.Equal(plain.Output, verified.Output);
        Assert.Contains("values agree", verified.Error, StringComparison.Ordinal);
        Outcome failed = Tool.Run([.. run, "--verify", changed]);
        Assert.Equal(3, failed.Code);
        Assert.Contains("blocks.1.attn.hook_z (layer 1) is the first to differ", failed.Error, StringComparison.Ordinal);
        Assert.Empty(failed.Output);

        // An ONNX file is its own reference.
        string folder = Path.GetDirectoryName(graph)!;
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(folder, "config.json"), overwrite: true);
        Assert.Contains("values agree", Tool.Run("info", "--model", graph, "--verify").Succeeded().Error, StringComparison.Ordinal);
        Tool.Refuses([.. run, "--verify"], "--verify: expected an .onnx file to compare with, found none, and the model is none");
        Tool.Refuses([.. run, "--verify", work.At("none.onnx")], "none.onnx", "no such file");
    }

    [Fact]
    public void A_cache_is_a_reference_for_the_same_model()
    {
        using var work = new Workspace();
        string model = work.PutModel(), cache = work.At("c.safetensors");
        Tool.Run("cache", "--model", model, "--tokens", "1 2 3", "--out", cache).Succeeded();
        Tool.Run("verify", "--model", model, "--reference", cache).Succeeded();
        Tool.Refuses(
            ["verify", "--model", model, "--reference", cache, "--tokens", "1 2"], "expected 2 positions, as the prompt has, found 3");
    }

    [Fact]
    public void Weights_are_exported_as_a_checkpoint_that_loads_again()
    {
        using var work = new Workspace();
        string model = work.PutModel(), copy = Directory.CreateDirectory(work.At("copy")).FullName;
        string file = Path.Combine(copy, "model.safetensors");
        Tool.Run("export", "--model", model, "--out", file).Succeeded();
        string[] run = ["run", "--tokens", "1 2 3", "--json", "--model"];
        Assert.Equal(Tool.Run([.. run, model]).Succeeded().Output, Tool.Run([.. run, copy]).Succeeded().Output);
        using SafetensorsFile exported = SafetensorsFile.Open(file);
        using SafetensorsFile original = SafetensorsFile.Open(Path.Combine(model, "model.safetensors"));
        Assert.Equal(original.Tensors.Keys.Order(), exported.Tensors.Keys.Order());
    }

    [Fact]
    public void What_cannot_be_exported_or_verified_is_refused()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        Tool.Refuses(["export", "--model", model], "--out: expected a file ending in .onnx or .safetensors, found none");
        Tool.Refuses(["export", "--model", model, "--out", work.At("m.txt")], "expected a file ending in .onnx or .safetensors");
        Tool.Refuses(["export", "--model", model, "--out", work.At("m.safetensors"), "--hooks", "z"], "holds weights only");
        Tool.Refuses(["export", "--model", model, "--out", work.At("m.onnx"), "--hooks", "q_input0"], "heads read the stream itself");
        Tool.Refuses(["verify", "--model", model], "expected one of --onnx and --reference, found none");
        Tool.Refuses(["verify", "--model", model, "--onnx", work.At("none.onnx")], "none.onnx", "no such file");
        Tool.Refuses(["verify", "--model", model, "--onnx", "a", "--tolerance", "0"], "--tolerance: expected a number above 0");
        Assert.False(File.Exists(work.At("m.onnx")));
        Assert.False(File.Exists(work.At("m.safetensors")));
    }
}
