using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;
using Microsoft.ML.OnnxRuntime;

namespace Interp.Onnx.Tests;

/// <summary>
/// Graphs as ONNX Runtime's optimizer rewrites them, at each of its levels, with names and without: the same model. Its
/// constant folding computes in float32, so weights may differ in the last bit: 1e-5; half floats: 5e-3.
/// </summary>
public sealed class OptimizedGraphTests
{
    public static TheoryData<string, GraphOptimizationLevel> Graphs
    {
        get
        {
            var data = new TheoryData<string, GraphOptimizationLevel>();
            foreach (string graph in OnnxFixtureTests.Graphs.Select(row => row.Data))
            {
                data.Add(graph, GraphOptimizationLevel.ORT_ENABLE_BASIC);
                data.Add(graph, GraphOptimizationLevel.ORT_ENABLE_EXTENDED);
                data.Add(graph, GraphOptimizationLevel.ORT_ENABLE_ALL);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void An_optimized_graph_is_the_same_model(string graph, GraphOptimizationLevel level)
    {
        string path = OnnxFixtureTests.Require(graph);
        using var work = new TemporaryDirectory();
        string optimized = work.At("model.onnx");
        using (var options = new SessionOptions { GraphOptimizationLevel = level, OptimizedModelFilePath = optimized })
        {
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            using var session = new InferenceSession(path, options);
        }

        TransformerModel expected = TransformerModel.Load(path);
        double tolerance = graph.Contains("fp16", StringComparison.Ordinal) ? 5e-3 : 1e-5;
        if (File.Exists(path + "_data"))
        {
            work.Put("model.onnx_data", File.ReadAllBytes(path + "_data"));
        }

        string folder = Path.GetDirectoryName(path)!.Replace("/external", "", StringComparison.Ordinal);
        work.Put("config.json", File.ReadAllBytes(Path.Combine(folder, "config.json")));
        if (graph == "llama_onnx/model_fp16.onnx" && level == GraphOptimizationLevel.ORT_ENABLE_ALL)
        {
            // The optimizer does not see the epsilon through a Cast and puts its own default: another model, which is told.
            Refused.With(() => TransformerModel.Load(optimized), "has the epsilon 1E-05, the configuration 1E-06");
            return;
        }

        Same.Logits(expected, TransformerModel.Load(optimized), tolerance, $"{graph} {level}");
        ModelProto stripped = Mutation.WithoutNames(Mutation.Read(optimized));
        Same.Logits(
            expected, TransformerModel.Load(work.Put("stripped.onnx", stripped.ToByteArray())), tolerance, $"{graph} {level} without names");
    }
}
