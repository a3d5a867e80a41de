using System.Text.RegularExpressions;
using Interp.Hooks;
using Interp.Onnx;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Analysis.Tests.Verifying;

/// <summary>
/// One element of any tensor of a checkpoint, changed by 1e-2, is found by comparing with a graph of the unchanged model, and found
/// where it is. The change is absolute: matrices of the fixtures have standard deviations of 0.05 to 0.5, gains lie around 1. The tolerance is the
/// one that unchanged pairs are held to, also for graphs in float16.
/// <para>
/// Without effect are, and left out: rows of tables that the prompt does not look up, and what a neuron writes that is silent (below
/// 1e-2) at every position. Nothing else is: a bias of keys, which the softmax takes back where positions are not rotary, is found as
/// the values of the keys themselves.
/// </para>
/// </summary>
public sealed partial class PerturbationTests
{
    private const float Change = 0.01f;
    private const int ElementsOfEach = 5;

    [Theory]
    [MemberData(nameof(VerificationTests.Graphs), MemberType = typeof(VerificationTests))]
    public void One_element_of_any_weight_changed_by_a_hundredth_is_found_where_it_is(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph)), folder = VerificationTests.FolderOf(path);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        Dictionary<string, float[]> weights = checkpoint.Names.ToDictionary(n => n, n => checkpoint.Read(n, checkpoint.ShapeOf(n)));
        TransformerModel Model() => TransformerModel.Create(config, new InMemoryWeights("changed", [.. checkpoint.Names.Select(
            name => NamedTensor.Float(name, checkpoint.ShapeOf(name), weights[name]))]));

        TransformerModel original = Model();
        using var reference = OnnxReference.Open(path, original, [VerificationTests.Tokens]);
        VerifyReport unchanged = reference.Compare(original);
        Assert.True(unchanged.FirstDivergence is null, $"{unchanged.FirstDivergence}");
        ActivationCache run = original.Run(VerificationTests.Tokens, new RunOptions { Observe = ["*hook_post"] }).Cache();
        var random = new Random(3);
        foreach (string name in checkpoint.Names)
        {
            int[] elements = [.. Used(original, name, checkpoint.ShapeOf(name), run)];
            foreach (int at in random.GetItems(elements, ElementsOfEach))
            {
                float before = weights[name][at];
                weights[name][at] += Change;
                VerifyRow? first = reference.Compare(Model()).FirstDivergence;
                weights[name][at] = before;
                Assert.True(first is not null, $"{name}[{at}]: not found");
                Assert.True(IsPlace(name, original.Config, first), $"{name}[{at}]: found at {first.Hook}");
            }
        }
    }

    /// <summary>The elements that this prompt can show a difference in.</summary>
    private static IEnumerable<int> Used(TransformerModel model, string name, int[] shape, ActivationCache run)
    {
        int[] tokens = VerificationTests.Tokens;
        IEnumerable<int> all = Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b));
        if (name.Contains("position", StringComparison.Ordinal) || name.Contains("wpe", StringComparison.Ordinal))
        {
            int unused = shape[0] - model.Config.NCtx;
            return all.Where(i => i / shape[1] >= unused && i / shape[1] < unused + tokens.Length);
        }

        if (name.Contains("token_type", StringComparison.Ordinal))
        {
            return all.Where(i => i / shape[1] == 0);
        }

        if (Embedding().IsMatch(name))
        {
            return all.Where(i => tokens.Contains(i / shape[1]));
        }

        if (Layer(name) is { } layer && WriteOfNeurons().IsMatch(name))
        {
            float[] neurons = run.Values(Hook.Post(layer));
            int width = model.Config.DMlp;
            Func<int, int> neuron = name.Contains("c_proj", StringComparison.Ordinal) ? i => i / shape[1] : i => i % shape[1];
            return all.Where(i => tokens.Index().Any(t => Math.Abs(neurons[(t.Index * width) + neuron(i)]) > 1e-2f));
        }

        return all;
    }

    private static bool IsPlace(string name, ModelConfig config, VerifyRow first)
    {
        if (Layer(name) is { } layer)
        {
            return first.Layer == layer;
        }

        string[] places = name switch
        {
            _ when Embedding().IsMatch(name) => ["hook_embed", "embed.hook_embed", "blocks.0.hook_resid_pre"],
            _ when name.Contains("position", StringComparison.Ordinal) || name.Contains("wpe", StringComparison.Ordinal) =>
                ["hook_pos_embed", "embed.hook_pos_embed"],
            _ when name.Contains("embeddings.", StringComparison.Ordinal) => ["hook_full_embed"],
            _ when config.MlmHead && NormName().IsMatch(name) => ["unembed.hook_in"],
            "cls.predictions.bias" or "lm_head.bias" or "vocab_projector.bias" or "lm_head.weight" or "embed_out.weight" => ["logits"],
            _ when config.MlmHead => ["mlm_head.hook_pre"],
            _ => ["unembed.hook_in"],
        };
        return places.Contains(first.Hook);
    }

    private static int? Layer(string name) =>
        LayerNumber().Match(name) is { Success: true } match ? match.Groups[1].Value[0] - '0' : null;

    [GeneratedRegex(@"(?:^|\.)(?:h|layers?)\.(\d)\.")]
    private static partial Regex LayerNumber();

    [GeneratedRegex(@"(?:wte|embed_tokens|embed_in|word_embeddings)\.weight$")]
    private static partial Regex Embedding();

    [GeneratedRegex(@"(?:fc2|mlp\.c_proj|mlp\.down_proj|dense_4h_to_h|\d\.output\.dense|ffn\.lin2)\.weight$")]
    private static partial Regex WriteOfNeurons();

    [GeneratedRegex("(?i)layer_?norm")]
    private static partial Regex NormName();
}
