using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Commands;

/// <summary>Options that mean the same in every command.</summary>
public sealed class CommonOptionTests
{
    private static readonly string[][] Commands =
    [
        ["info"], ["run", "--prompt", Tool.Clean], ["generate", "--prompt", Tool.Clean, "--max-new-tokens", "3"],
        ["decompose", "--prompt", Tool.Clean, "--by", "source"],
        ["patch", "--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw", "--sites", "z,pattern,resid_pre"],
        ["ablate", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--sites", "z,attn_out"],
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Commands.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Rows_are_the_same_with_any_number_of_threads_and_any_seed(int index)
    {
        string[] command = [.. Commands[index], "--model", "demo", "--json"];
        string expected = Tool.Run(command).Succeeded().Output;
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Tool.Run([.. command, "--threads", "1"]).Succeeded().Output);
        Assert.Equal(expected, Tool.Run([.. command, "--threads", "2", "--seed", "7"]).Succeeded().Output);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Quiet_leaves_nothing_on_stderr_and_json_nothing_but_objects_on_stdout(int index)
    {
        Outcome outcome = Tool.Run([.. Commands[index], "--model", "demo", "--json", "--quiet"]);
        Assert.NotEmpty(outcome.Rows);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Bos_is_put_in_front_always_never_or_as_the_tokenizer_says()
    {
        Assert.Equal("0 1 5", Tokens("auto"));
        Assert.Equal("0 1 5", Tokens("always"));
        Assert.Equal("1 5", Tokens("never"));

        static string Tokens(string bos) => Tool.Demo(
            "generate", "--prompt", "Mary met", "--max-new-tokens", "0", "--bos", bos, "--json").Rows[0].GetProperty("tokens").GetString()!;
    }

    [Fact]
    public void Sampling_depends_on_the_seed_and_on_nothing_else()
    {
        Assert.Equal(Sample("1"), Sample("1"));
        Assert.NotEqual(Sample("1"), Sample("2"));

        static string Sample(string seed) => Tool.Demo(
            "generate", "--tokens", "0 9", "--temperature", "1", "--seed", seed, "--json").Succeeded().Output;
    }

    [Fact]
    public void Options_of_sampling_without_a_temperature_are_told_to_be_without_effect()
    {
        Outcome outcome = Tool.Demo("generate", "--prompt", "Mary", "--top-k", "3", "--json").Succeeded();
        Assert.Contains("--top-k: without effect at temperature 0", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Tool.Demo("generate", "--prompt", "Mary", "--top-k", "3", "--temperature", "1", "--json").Succeeded().Error);
    }

    // Every kind that JSON can hold, in every command that takes interventions: what the command gives is what the library gives.
    [Fact]
    public void Interventions_of_every_kind_apply_from_a_file()
    {
        using var work = new Workspace();
        TransformerModel model = DemoModel.Create();
        RunResult other = model.Run(Tool.Corrupted, new RunOptions { Observe = ["z0", "pattern1", "embed"] });
        Intervention[] interventions =
        [
            new Patch(Hook.Z(0), other.Cache().Value("z0"), Scope.At(3).OnHeads(2)),
            Ablate.Mean(Hook.ResidPre(1), new TensorValue([160], new float[160]), Scope.At(2)),
            new KnockOut(layer: 1, destinations: -1, sources: 2, heads: 1, renormalize: false),
            new Steer(Hook.ResidPost(0), new TensorValue([160], [.. Enumerable.Range(0, 160).Select(i => i % 7 / 7f)]), 3, Scope.At(-1)),
            new Freeze(Hook.Pattern(1), other.Cache().Value("pattern1"), Scope.Everything.OnHeads(3)),
        ];
        string file = work.At("i.json");
        InterventionJson.Save(file, interventions);
        string[] input = ["--prompt", Tool.Clean, "--interventions", file];

        RunResult expected = model.Run(
            Tool.Clean, new RunOptions { Interventions = interventions, Observe = ["blocks.*.hook_resid_post"] });
        Assert.False(expected.LogitsAt(0, -1).SequenceEqual(model.Run(Tool.Clean).LogitsAt(0, -1)));
        Tool.Demo("cache", [.. input, "--hooks", "blocks.*.hook_resid_post,z1", "--out", work.At("c.safetensors")]).Succeeded();
        using SafetensorsFile cache = SafetensorsFile.Open(work.At("c.safetensors"));
        Assert.Equal(["blocks.0.hook_resid_post", "blocks.1.attn.hook_z", "blocks.1.hook_resid_post", "logits", "tokens"], cache.Tensors.Keys.Order());
        var found = new float[9 * 160];
        cache.ReadFloats("blocks.1.hook_resid_post", found);
        Assert.Equal(expected.Cache().Values(Hook.ResidPost(1)), found);

        double[] logits = [.. Tool.Demo("run", [.. input, "--top-k", "32", "--json"]).Rows
            .OrderBy(r => r.GetProperty("top_id").GetInt32()).Select(r => r.GetProperty("logit").GetDouble())];
        Assert.Equal(expected.LogitsAt(0, -1).ToArray().Select(x => (double)x), logits);
        Outcome decompose = Tool.Demo("decompose", [.. input, "--answer-token", "5", "--json"]);
        Assert.Equal(expected.LogitsAt(0, -1)[5], decompose.Rows[^2].GetProperty("dla").GetDouble());
        Assert.True(Math.Abs(decompose.Rows[^1].GetProperty("dla").GetDouble()) < 1e-5);

        string[] generate = ["generate", "--model", "demo", .. input, "--max-new-tokens", "4", "--json"];
        string text = Tool.Run(generate).Succeeded().Output;
        Assert.Equal(text, Tool.Run([.. generate, "--no-cache"]).Succeeded().Output);
        Assert.NotEqual(text, Tool.Demo("generate", "--prompt", Tool.Clean, "--max-new-tokens", "4", "--json").Succeeded().Output);
    }
}
