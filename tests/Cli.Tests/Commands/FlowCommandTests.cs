using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class FlowCommandTests
{
    private static readonly string[] Columns =
        ["prompt", "layer", "head", "pos", "token", "src_pos", "src_token", "measure", "window", "value"];

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

    // By construction: the induction head reads "met", where the previous-token head wrote that "Mary" came before.
    [Fact]
    public void Routes_of_an_answer_are_the_planted_path_and_those_of_the_stream_hold_more()
    {
        Outcome outcome = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--routes", "--threshold", "0.05", "--json");
        Assert.Equal(7, outcome.Rows.Length);
        Assert.Equal(
            ["L1H1@8<-2", "L0H2@2<-1"],
            outcome.Rows.Where(r => r.GetProperty("kind").GetString() == "head_source").Select(r => r.GetProperty("src").GetString()));
        Outcome stream = Tool.Demo("flow", "--prompt", Tool.Clean, "--routes", "--json");
        Assert.Contains(stream.Rows, r => r.GetProperty("kind").GetString() == "residual");
        Assert.True(stream.Rows.Length > outcome.Rows.Length);
    }

    [Fact]
    public void Mixing_tells_shares_that_sum_to_one()
    {
        Outcome outcome = Tool.Demo("flow", "--prompt", Tool.Clean, "--mixing", "--pos", "2,-1", "--json");
        Assert.Equal(4, outcome.Rows.Length);
        foreach (JsonElement row in outcome.Rows)
        {
            Assert.Equal(
                1,
                new[] { "own", "first", "distance1", "distance2to3", "distance4to7", "distance8up" }.Sum(c => row.GetProperty(c).GetDouble()),
                1e-9);
        }
    }

    [Fact]
    public void Windows_of_layers_are_cut_at_once_and_maps_from_the_input_are_compared_with_all_layers()
    {
        Outcome outcome = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--answer", "met", "--measure", "knockout", "--window", "all", "--json");
        Assert.Equal(9, outcome.Rows.Length);
        Assert.All(outcome.Rows, r => Assert.Equal(2, r.GetProperty("window").GetInt32()));
        Outcome agreement = Tool.Demo(
            "flow", "--prompt", Tool.Clean, "--answer", "met", "--measure", "value-norm", "--attention-flow", "--agreement", "--window", "all",
            "--json");
        Assert.Equal(4, agreement.Rows.Length);
        Assert.NotEmpty(Tool.Demo("flow", "--prompt", Tool.Clean, "--measure", "decompx").Succeeded().Output);
    }

    [Theory]
    [InlineData("--measure attn", "'attn'")]
    [InlineData("--measure knockout", "answer")]
    [InlineData("--measure knockout --rollout", "--rollout")]
    [InlineData("--by head --rollout", "--by head")]
    [InlineData("--pos 20", "20")]
    [InlineData("--measure decompx --rollout", "rollout")]
    [InlineData("--measure decompx --by head", "heads")]
    [InlineData("--rollout --attention-flow", "--attention-flow")]
    [InlineData("--window 2", "knockout")]
    [InlineData("--measure knockout --answer met --window 0", "'0'")]
    [InlineData("--agreement --answer met --measure decompx", "--window all")]
    [InlineData("--threshold 0.1", "--routes")]
    [InlineData("--routes --threshold 2", "found 2")]
    [InlineData("--routes --by head", "--routes")]
    [InlineData("--mixing --by head", "--mixing")]
    public void What_does_not_fit_is_refused(string options, string word) =>
        Tool.Refuses(["flow", "--model", "demo", "--prompt", Tool.Clean, .. options.Split(' ')], word);
}
