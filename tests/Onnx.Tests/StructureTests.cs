using Interp.Onnx.Format;

namespace Interp.Onnx.Tests;

/// <summary>Graphs without names: what is left is their structure, and it must give the same weights, bit for bit.</summary>
public sealed class StructureTests
{
    public static TheoryData<string> Graphs =>
        [.. OnnxFixtureTests.Graphs.Select(row => row.Data).Where(name => !name.Contains("external", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_graph_without_names_gives_the_same_weights(string graph)
    {
        string path = OnnxFixtureTests.Require(graph);
        ModelProto stripped = Mutation.WithoutNames(Mutation.Read(path));
        Same.Bits(TransformerModel.Load(path), Mutation.Load(stripped, path), graph);
    }
}
