using System.Text.Json;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Reference;

/// <summary>A real trained language model: stories260K, against llama2.c's text and a float64 run.</summary>
public sealed class Stories260KTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Greedy_tokens_and_text_are_equal(bool useCache)
    {
        TransformerModel model = Load(out JsonElement golden);
        int[] expected = [.. golden.GetProperty("greedy_ids").EnumerateArray().Select(i => i.GetInt32())];
        IReadOnlyList<int> found = model.Generate(
            TokenBatch.Of(1), new GenerateOptions { MaxNewTokens = expected.Length - 1, UseCache = useCache })[0];
        Assert.True(expected.Length >= 256);
        Assert.Equal(expected, found);
        Assert.Equal(golden.GetProperty("greedy_text").GetString(), model.Tokenizer!.Decode(found));
    }

    // Reference: float64. Tolerance as for TransformerLens' float32 values.
    [Fact]
    public void All_activations_are_equal()
    {
        TransformerModel model = Load(out _);
        using Expected expected = Expected.Open("stories260K", "activations.safetensors");
        int[] tokens = expected.Rows("tokens")[0];
        RunResult run = model.Run(tokens, new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] });
        string[] hooks = [.. expected.Names.Where(n => n is not ("tokens" or "logits"))];
        Assert.Equal(model.Hooks.Points.Length, hooks.Length);
        foreach (string hook in hooks)
        {
            Assert.Equal(expected.Shape(hook), run.Cache().Shape(model.Hooks.Parse(hook)));
            Close.Assert(expected.Floats(hook), run.Cache().Values(model.Hooks.Parse(hook)), 1e-5, 1e-5, hook);
        }

        Close.Assert(expected.Floats("logits"), HuggingFaceTests.Logits(run, 0), 1e-5, 1e-5, "logits");
    }

    private static TransformerModel Load(out JsonElement golden)
    {
        golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("stories260K/golden.json"))).RootElement;
        return TransformerModel.Load(Fixtures.Require("stories260K"));
    }
}
