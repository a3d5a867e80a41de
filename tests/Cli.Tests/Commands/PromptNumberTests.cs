using Interp.Analysis;
using Interp.Export;
using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Commands;

/// <summary>A prompt has one number in every table and message: its row of the input, also where rows before it were left out.</summary>
public sealed class PromptNumberTests
{
    // The first and the third have answers of two tokens, which no command can use.
    private static readonly string[] Rows =
    [
        """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met saw", "wrong": "saw"}""",
        """{"clean": "Tom saw Anna . Tom", "corrupted": "John saw Anna . Tom", "answer": "saw", "wrong": "met"}""",
        """{"clean": "Anna met Tom . Anna", "corrupted": "John met Tom . Anna", "answer": "met saw", "wrong": "saw"}""",
        """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met", "wrong": "saw"}""",
    ];

    [Theory]
    [InlineData("patch --sites resid_pre", "patching")]
    [InlineData("ablate --sites resid_pre", "ablation")]
    [InlineData("knockout", "knockout")]
    [InlineData("path --from heads --to logits", "paths")]
    [InlineData("decompose", "components")]
    [InlineData("lens", "lens")]
    [InlineData("flow", "flow")]
    public void Tables_of_results_and_of_prompts_have_the_same_numbers(string command, string table)
    {
        using var work = new Workspace();
        string folder = work.At("results");
        string[] words = command.Split(' ');
        Tool.Demo(words[0], [.. words[1..], "--data", Data(work), "--skip-bad-rows", "--out", folder]).Succeeded();
        ResultTable prompts = ResultFile.Read(Path.Combine(folder, "prompts.arrow")), results = ResultFile.Read(Path.Combine(folder, table + ".arrow"));
        Assert.Equal([1, 3], prompts.Values("prompt").Distinct());
        Assert.Equal([1, 3], results.Values("prompt").Distinct().Order());
        Assert.Contains(("Tom", 1), prompts.Rows.Select(r => ((string)r[prompts.IndexOf("token")]!, (int)r[prompts.IndexOf("prompt")]!)));
        Assert.DoesNotContain(("Tom", 3), prompts.Rows.Select(r => ((string)r[prompts.IndexOf("token")]!, (int)r[prompts.IndexOf("prompt")]!)));
        if (results.Has("token") && results.Has("pos"))
        {
            // Where a table of results names tokens itself, they are those of table prompts.
            var known = prompts.Rows.Where(r => (string)r[prompts.IndexOf("role")]! == "clean")
                .ToDictionary(r => ((int)r[prompts.IndexOf("prompt")]!, (int)r[prompts.IndexOf("pos")]!), r => (string)r[prompts.IndexOf("token")]!);
            Assert.All(
                results.Rows.Where(r => r[results.IndexOf("pos")] is not null && r[results.IndexOf("token")] is not null),
                r => Assert.Equal(known[((int)r[results.IndexOf("prompt")]!, (int)r[results.IndexOf("pos")]!)], r[results.IndexOf("token")]));
        }
    }

    // These read no answers, so the row that they cannot use is another one.
    [Fact]
    public void Commands_without_answers_number_prompts_in_the_same_way()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", "{\"clean_tokens\": [99]}\n{\"clean\": \"Tom saw\"}\n{\"clean_tokens\": [77]}\n{\"clean\": \"Mary met\"}");
        string[] input = ["--data", data, "--skip-bad-rows"];
        foreach (string command in new[] { "run", "generate" })
        {
            Assert.Equal([1, 3], Tool.Demo(command, [.. input, "--json"]).Rows.Select(r => r.GetProperty("prompt").GetInt32()).Distinct());
        }

        Assert.Contains("--- prompt 3", Tool.Demo("generate", [.. input, "--max-new-tokens", "1"]).Succeeded().Output, StringComparison.Ordinal);
        Tool.Demo("cache", [.. input, "--hooks", "z0", "--out", work.At("c.safetensors")]).Succeeded();
        using SafetensorsFile tensors = SafetensorsFile.Open(work.At("c.safetensors"));
        Assert.Equal(["1", "3"], tensors.Tensors.Keys.Select(k => k.Split('/')[0]).Distinct().Order());
        Tool.Demo("cache", [.. input, "--hooks", "resid_pre0", "--out", work.At("c.arrow")]).Succeeded();
        using ActivationFile rows = ActivationFile.Open(work.At("c.arrow"));
        Assert.Equal([1, 3], Enumerable.Range(0, (int)rows.Count).Select(i => rows[i].Prompt).Distinct());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("lens")]
    [InlineData("decompose")]
    [InlineData("flow")]
    public void Messages_have_the_number_of_the_row(string command)
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", "{\"clean_tokens\": [99]}\n{\"clean\": \"Tom saw Anna\"}\n{\"clean\": \"Mary\"}");
        Tool.Refuses([command, "--model", "demo", "--data", data, "--skip-bad-rows", "--pos", "3"], "prompt 2", "position 3");
    }

    private static string Data(Workspace work) => work.Put("d.jsonl", string.Join('\n', Rows));
}
