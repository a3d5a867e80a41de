using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class FlowCommandTests
{
    private static readonly string[] Columns =
        ["prompt", "layer", "head", "pos", "token", "src_pos", "src_token", "measure", "value"];

    [Fact]
    public void The_measured_flow_into_the_last_word_comes_from_what_followed_it_before()
    {
        Outcome outcome = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--measure", "knockout,value-norm,alti", "--json");
        Assert.Equal(Columns, outcome.Columns);
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("measure").GetString() == "knockout").MaxBy(r => r.GetProperty("value").GetDouble());
        Assert.Equal((1, 2, "met"), (
            top.GetProperty("layer").GetInt32(), top.GetProperty("src_pos").GetInt32(), top.GetProperty("src_token").GetString()));
        Assert.Equal(3 * 2 * 9, outcome.Rows.Length);
        Assert.Equal(
            1, outcome.Rows.Where(r => r.GetProperty("measure").GetString() == "alti" && r.GetProperty("layer").GetInt32() == 1)
                .Sum(r => r.GetProperty("value").GetDouble()), 1e-9);
        Assert.NotEmpty(Tool.Demo("flow", "--prompt", Tool.Clean, "--rollout").Succeeded().Output);
    }

    [Fact]
    public void Heads_have_rows_of_their_own_and_so_has_the_residual_path()
    {
        Outcome outcome = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--by", "head", "--measure", "attention,alti,knockout", "--answer", "met", "--json");
        // Two layers of four heads, nine sources; alti has one more row per layer for the residual path.
        Assert.Equal((3 * 2 * 4 * 9) + 2, outcome.Rows.Length);
        JsonElement residual = Assert.Single(
            outcome.Rows, r => r.GetProperty("head").ValueKind == JsonValueKind.Null && r.GetProperty("layer").GetInt32() == 1);
        Assert.Equal(8, residual.GetProperty("src_pos").GetInt32());
        Assert.Equal(
            1, outcome.Rows.Where(r => r.GetProperty("measure").GetString() == "alti" && r.GetProperty("layer").GetInt32() == 1)
                .Sum(r => r.GetProperty("value").GetDouble()), 1e-9);
        Outcome agreement = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--by", "head", "--measure", "attention", "--answer", "met", "--agreement", "--json");
        Assert.Equal(4, agreement.Rows.Length);
    }

    [Fact]
    public void Agreement_is_told_for_each_prompt_and_over_prompts()
    {
        Outcome outcome = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--prompt", "John saw Anna in Rome . then John", "--answer", "met", "--answer", "saw",
            "--measure", "attention,value-norm", "--agreement", "--json");
        Assert.Equal((2 * 2 * 2) + (2 * 2), outcome.Rows.Length);
        JsonElement summary = outcome.Rows.Last();
        Assert.Equal(2, summary.GetProperty("n").GetInt32());
        Assert.True(summary.GetProperty("ci_low").GetDouble() <= summary.GetProperty("value").GetDouble());
    }

    [Theory]
    [InlineData("--measure attn", "'attn'")]
    [InlineData("--measure knockout", "answer")]
    [InlineData("--measure knockout --rollout", "--rollout")]
    [InlineData("--by head --rollout", "--by head")]
    [InlineData("--pos 20", "20")]
    public void What_does_not_fit_is_refused(string options, string word) =>
        Tool.Refuses(["flow", "--model", "demo", "--prompt", Tool.Clean, .. options.Split(' ')], word);
}
