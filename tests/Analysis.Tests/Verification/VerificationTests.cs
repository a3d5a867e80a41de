using Interp.Hooks;
using Interp.Onnx;
using Interp.Runtime;
using Interp.Runtime.Weights;
using Microsoft.ML.OnnxRuntime;
using RunOptions = Interp.Runtime.RunOptions;

namespace Interp.Analysis.Tests.Verifying;

/// <summary>
/// A model agrees with its own graph in another engine and with activations that others recorded, and a changed weight is
/// found in the layer where it is.
/// </summary>
public sealed class VerificationTests
{
    // Token 1 is RoBERTa's padding.
    internal static readonly int[] Tokens = [.. RandomModel.Tokens(9, 1).Select(t => t == 1 ? 2 : t)];

    public static TheoryData<string> Graphs =>
    [
        "bert/model.onnx", "bert/model_nofold.onnx", "bert/model_opset17.onnx", "distilbert/model.onnx", "gemma2/model.onnx",
        "gpt2/model.onnx", "gpt2_onnx/model.onnx", "gpt2_onnx/model_fp16.onnx", "gpt2_onnx/model_kv.onnx",
        "gpt2_onnx/model_nofold.onnx", "gpt2_onnx/model_with_past.onnx", "gpt_neox/model.onnx", "gpt_neox/model_tf430.onnx",
        "llama/model.onnx", "llama/external/model.onnx", "llama_mha_tied/model_tf430.onnx", "llama_onnx/model.onnx",
        "llama_onnx/model_fp16.onnx", "llama_onnx/model_kv.onnx", "llama_onnx/model_nofold.onnx",
        "llama_onnx/model_with_past.onnx", "mistral/model_tf436.onnx", "opt/model.onnx", "phi/model.onnx", "qwen2/model.onnx",
        "roberta/model.onnx",
    ];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_checkpoint_agrees_with_the_graph_that_others_exported(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        TransformerModel model = TransformerModel.Load(FolderOf(path));
        VerifyReport report = OnnxReference.Verify(model, path, [Tokens, Tokens[..4]]);
        Assert.True(report.FirstDivergence is null, $"{report.FirstDivergence}");
        Assert.Contains(report.Rows, row => row.Hook == "logits");

        // Not only the logits: at least pattern, z, attn_out, pre, post, mlp_out and the stream of every layer.
        Assert.True(report.Rows.Count >= 7 * model.Config.NLayers, $"{report.Rows.Count} rows");
    }

    // What an optimizer fused cannot be seen; what is left must be the hook points that it is taken for.
    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_checkpoint_agrees_with_an_optimized_graph(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        DirectoryInfo work = Directory.CreateTempSubdirectory("interp-verify-");
        string optimized = Path.Combine(work.FullName, "model.onnx");
        using (var options = new SessionOptions { OptimizedModelFilePath = optimized })
        {
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED;
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            using var session = new InferenceSession(path, options);
        }

        if (File.Exists(path + "_data"))
        {
            File.Copy(path + "_data", Path.Combine(work.FullName, "model.onnx_data"));
        }

        TransformerModel model = TransformerModel.Load(FolderOf(path));
        VerifyReport report = OnnxReference.Verify(model, optimized, [Tokens]);
        Assert.True(report.FirstDivergence is null, $"{report.FirstDivergence}");
        Assert.True(report.Rows.Count >= 3 * model.Config.NLayers, $"{report.Rows.Count} rows");
        work.Delete(recursive: true);
    }

    internal static string FolderOf(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return File.Exists(Path.Combine(folder, "config.json")) ? folder : Path.GetDirectoryName(folder)!;
    }

    [Fact]
    public void An_exported_graph_agrees_at_every_hook_point()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(positions: PositionKind.Rotary, keyHeads: 2, gated: true));
        string path = Path.Combine(Directory.CreateTempSubdirectory("interp-verify-").FullName, "model.onnx");
        OnnxExport.Write(model, path);
        VerifyReport report = OnnxReference.Verify(model, path, [Tokens]);
        Assert.Null(report.FirstDivergence);
        HookKind[] absent = [HookKind.AttnIn, HookKind.QInput, HookKind.KInput, HookKind.VInput, HookKind.Result];
        Assert.Equal(model.Hooks.AllPoints.Count(p => !absent.Contains(p.Kind)) + 1, report.Rows.Count);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Recorded_activations_are_compared_by_name_with_or_without_a_batch_axis()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        RunResult run = model.Run(Tokens, new RunOptions { Observe = ["*"] });
        string path = Path.Combine(Directory.CreateTempSubdirectory("interp-verify-").FullName, "cache.safetensors");
        NamedTensor[] tensors =
        [
            NamedTensor.Integers("tokens", [Tokens.Length], Tokens.Select(t => (long)t).ToArray()),
            .. run.Cache().Points.Select(p => NamedTensor.Float(
                model.Hooks.Name(p), p.Layer == 1 ? [1, .. run.Cache().Shape(p)] : run.Cache().Shape(p), run.Cache().Values(p))),
        ];
        SafetensorsWriter.Write(path, tensors);
        VerifyReport same = Verification.AgainstFile(model, path);
        Assert.All(same.Rows, row => Assert.Equal(0, row.MaxAbs));
        Assert.Equal(run.Cache().Points.Count, same.Rows.Count);

        VerifyReport other = Verification.AgainstFile(RandomModel.Create(RandomModel.Config(), 1), path);
        Assert.Equal("hook_embed", other.FirstDivergence?.Hook);
        Assert.Contains("expected 3 positions", Error(() => Verification.AgainstFile(model, path, [1, 2, 3])), StringComparison.Ordinal);

        SafetensorsWriter.Write(path, [NamedTensor.Float("blocks.0.hook_mlp_out", [9, 23], new float[9 * 23])]);
        Assert.Contains("expected the shape [positions, 24], found [9, 23]", Error(() => Verification.AgainstFile(model, path)), StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [NamedTensor.Float("hook_embed", [9, 24], new float[9 * 24])]);
        Assert.Contains("expected a tensor 'tokens'", Error(() => Verification.AgainstFile(model, path)), StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [NamedTensor.Float("blocks.0.hook_mlp_uot", [9, 24], new float[9 * 24])]);
        Assert.Contains("hook_mlp_out", Error(() => Verification.AgainstFile(model, path)), StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Damaged_weights_are_found_when_a_model_checks_itself()
    {
        ModelConfig config = RandomModel.Config();
        Assert.Null(SelfCheck.Run(RandomModel.Create(config)).Problem);
        TransformerModel broken = RandomModel.Create(config);
        broken.Weights.FinalNorm!.Gain[3] = float.NaN;
        Assert.Contains("not finite", SelfCheck.Run(broken).Problem, StringComparison.Ordinal);
    }

    private static string Error(Action action) => Assert.Throws<InvalidInputException>(action).Message;
}
