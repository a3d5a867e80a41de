using Interp.Runtime.Families;

namespace Interp.Onnx.Tests;

/// <summary>
/// Graphs exported from transformers by torch. References are float32 runs of the graphs. Tolerance 2e-5 as for the same
/// models from safetensors; 2e-2 for graphs that compute in half floats, whose logits carry 11 bits.
/// </summary>
public sealed class OnnxFixtureTests
{
    public static TheoryData<string> Graphs => [.. OnnxGraphs.Names];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Logits_of_a_padded_batch_are_reproduced_by_ragged_rows(string graph) => Check(graph, "a_");

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Logits_of_another_shape_are_reproduced(string graph) => Check(graph, "b_");

    private static void Check(string graph, string prefix)
    {
        string path = Require(graph);
        using Expected expected = Expected.Open("hf", graph[..graph.IndexOf('/')], "onnx_expected.safetensors");
        TransformerModel model = TransformerModel.Load(path);
        int[][] ids = expected.Rows(prefix + "input_ids"), mask = expected.Rows(prefix + "attention_mask");
        int[][]? types = model.Config.TokenTypes > 0 && expected.Has(prefix + "token_type_ids")
            ? expected.Rows(prefix + "token_type_ids") : null;
        int[][] kept = [.. mask.Select(m => Enumerable.Range(0, m.Length).Where(i => m[i] == 1).ToArray())];
        RunResult run = model.Run(new TokenBatch(
            ids.Select((row, b) => kept[b].Select(i => row[i]).ToArray()),
            types?.Select((row, b) => kept[b].Select(i => row[i]).ToArray())));
        double tolerance = graph.Contains("fp16", StringComparison.Ordinal) ? 2e-2 : 2e-5;
        for (int b = 0; b < ids.Length; b++)
        {
            // These graphs count learned positions from the padding on, so the row runs on a table of positions moved as far; OPT's
            // do not.
            bool moves = kept[b][0] > 0 && model.Config is { Positions: PositionKind.Learned, Causal: true, Family: not "opt" };
            RunResult alone = moves
                ? ShiftedPositions.Of(model, kept[b][0]).Run(run.Batch.Tokens(b).ToArray())
                : run;
            for (int i = 0; i < kept[b].Length; i++)
            {
                Close.Assert(
                    expected.Floats(prefix + "f32_logits", b, kept[b][i]), alone.LogitsAt(moves ? 0 : b, i), tolerance, 0, $"{graph} row "
                        + $"{b} position {i}");
            }
        }
    }

    /// <summary>The path of a graph; skipped when its family is not there.</summary>
    internal static string Require(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        string family = ConfigReader.Open(Path.Combine(Path.GetDirectoryName(path)!.Replace("/external", ""),
            "config.json")).Text("model_type");
        Assert.SkipUnless(ModelFamily.Names.Contains(family), $"The family {family} is not there.");
        return path;
    }
}
