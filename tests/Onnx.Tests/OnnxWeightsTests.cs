using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Families;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// Tensors found in a graph are those of the checkpoint that it was exported from: the same bits, whatever the exporter folded
/// or transposed; half floats to their 11 bits; gains of 1 + w, which were folded in float32, to its rounding.
/// </summary>
public sealed class OnnxWeightsTests
{
    [Theory]
    [MemberData(nameof(OnnxFixtureTests.Graphs), MemberType = typeof(OnnxFixtureTests))]
    public void Every_tensor_of_the_checkpoint_is_found(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        Compare(path, path, graph);
    }

    [Theory]
    [MemberData(nameof(StructureTests.Graphs), MemberType = typeof(StructureTests))]
    public void Every_tensor_of_the_checkpoint_is_found_without_names(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        using var directory = new TemporaryDirectory();
        Compare(directory.Put("model.onnx", Mutation.WithoutNames(Mutation.Read(path)).ToByteArray()), path, graph);
    }

    private static void Compare(string path, string original, string graph)
    {
        string folder = OnnxModel.FolderOf(original);
        using OnnxModel onnx = OnnxModel.Open(path);
        ConfigReader settings = ConfigReader.Open(Path.Combine(folder, "config.json"));
        IWeightSource found = onnx.Weights(ModelFamily.For(settings).ReadConfig(settings));
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        double tolerance = graph.Contains("fp16", StringComparison.Ordinal) ? 1e-3
            : graph.StartsWith("gemma", StringComparison.Ordinal) ? 1e-7 : 0;
        foreach (string name in checkpoint.Names.Where(n => !n.EndsWith("inv_freq") && !n.EndsWith("masked_bias")
            && !n.EndsWith("position_ids")
            && !n.StartsWith("lm_head.decoder")))
        {
            int[] shape = checkpoint.ShapeOf(name);
            Close.Assert(checkpoint.Read(name, shape), found.Read(name, shape), tolerance, tolerance, $"{graph} {name}");
        }
    }
}
