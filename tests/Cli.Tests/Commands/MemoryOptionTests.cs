using System.Text.Json;
using Interp.Runtime;

namespace Interp.Cli.Tests.Commands;

/// <summary>--memory: the same results from runs of fewer prompts, and a refusal where that does not help.</summary>
public sealed class MemoryOptionTests
{
    private static readonly string[] Prompts =
        ["--prompt", "Mary met John . Mary", "--prompt", "John saw Mary", "--prompt", "Anna met John . Anna met"];

    [Fact]
    public void Prompts_are_divided_so_that_memory_suffices_with_the_same_result()
    {
        long two = DemoModel.Create().Plan([6, 4], new RunOptions { Logits = LogitRows.Last }).Run;
        string[] run = ["run", "--model", "demo", .. Prompts, "--json"];
        Assert.Equal(
            Tool.Run(run).Succeeded().Output,
            Tool.Run([.. run, "--memory", $"{two}"]).Succeeded().Output);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("decompose")]
    [InlineData("lens")]
    [InlineData("flow")]
    [InlineData("heads")]
    [InlineData("generate")]
    public void What_does_not_fit_is_refused_with_what_is_needed_and_what_is_allowed(string command) => Tool.Refuses(
        [command, "--model", "demo", "--prompt", "Mary met John . Mary", "--memory", "3KB"], "memory:", "needs", "allowed are 3072");

    [Fact]
    public void A_cache_that_does_not_fit_is_refused_before_anything_is_written()
    {
        using var work = new Workspace();
        string path = work.At("run.safetensors");
        Tool.Refuses(["cache", "--model", "demo", .. Prompts, "--out", path, "--memory", "100KB"], "memory:", "3 prompts", "--hooks");
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_cache_of_prompts_that_fit_one_by_one_has_the_values_of_all_together()
    {
        using var work = new Workspace();
        TransformerModel model = DemoModel.Create();
        var options = new RunOptions { Observe = ["z", "pattern0"] };
        MemoryPlan all = model.Plan([6, 4, 7], options);
        long enough = all.Recorded + all.Logits + model.Plan([7], options).Pass;
        Assert.True(enough < all.Run);
        string[] cache = ["cache", "--model", "demo", .. Prompts, "--hooks", "z", "pattern0", "--out"];
        string together = work.At("together.safetensors"), apart = work.At("apart.safetensors");
        Tool.Run([.. cache, together]).Succeeded();
        Tool.Run([.. cache, apart, "--memory", $"{enough}"]).Succeeded();
        Assert.Equal(ResultHash(together), ResultHash(apart));
    }

    private static string ResultHash(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, (int)BitConverter.ToInt64(bytes)));
        return header.RootElement.GetProperty("__metadata__").GetProperty("interp.result_sha256").GetString()!;
    }
}
