using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class DecomposeCommandTests
{
    private static readonly string[] Columns =
    [
        "prompt", "pos", "token", "component", "kind", "layer", "head", "neuron", "src_pos", "src_token", "norm", "cosine", "dla",
    ];

    [Fact]
    public void Decompose_names_the_head_that_writes_the_answer()
    {
        Outcome outcome = Tool.Demo("decompose", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--json");
        Assert.Equal(Columns, outcome.Columns);
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("kind").GetString() == "head")
            .MaxBy(r => Math.Abs(r.GetProperty("dla").GetDouble()));
        Assert.Equal("L1H1", top.GetProperty("component").GetString());
        Assert.Equal("Mary", top.GetProperty("token").GetString());
        Assert.Contains("adds up: relative error", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("component")]
    [InlineData("head")]
    [InlineData("neuron")]
    [InlineData("source")]
    public void The_ledger_of_each_prompt_and_position_is_closed(string by)
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Run(
            "decompose", "--model", work.PutModel(), "--tokens", "1 2 3 4", "--tokens", "7 8", "--pos", "0,-1",
            "--answer-token", "5",
            "--wrong-token", "6", "--by", by, "--json");
        Assert.Equal(Columns, outcome.Columns);
        var ledgers = outcome.Rows.GroupBy(r => (r.GetProperty("prompt").GetInt32(), r.GetProperty("pos").GetInt32())).ToArray();
        Assert.Equal([(0, 0), (0, 3), (1, 0), (1, 1)], ledgers.Select(l => l.Key));
        foreach (JsonElement[] rows in ledgers.Select(l => l.ToArray()))
        {
            Assert.Equal(["sum", "actual", "error"], rows[^3..].Select(r => r.GetProperty("kind").GetString()));
            double actual = Dla(rows[^2]), size = rows.Max(r => Math.Abs(Dla(r)));
            // The contributions come from float32 activations: their sum is off by their rounding.
            Assert.True(Math.Abs(rows[..^3].Sum(Dla) - actual) <= 1e-5 * size);
            Assert.Equal(actual - Dla(rows[^3]), Dla(rows[^1]), 12);
        }
    }

    [Fact]
    public void Sources_carry_position_and_token()
    {
        Outcome outcome = Tool.Demo(
            "decompose", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--by", "source", "--json");
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("kind").GetString() == "head_source")
            .MaxBy(r => Math.Abs(r.GetProperty("dla").GetDouble()));
        Assert.Equal(("L1H1", 2, "met"), (
            top.GetProperty("component").GetString(), top.GetProperty("src_pos").GetInt32(),
            top.GetProperty("src_token").GetString()));
    }

    [Fact]
    public void Without_an_answer_the_most_likely_token_is_taken_and_told()
    {
        Outcome outcome = Tool.Demo("decompose", "--prompt", Tool.Clean, "--json");
        Assert.Contains("no answer was given; taking the most likely token, 'met'", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Tool.Demo("decompose", "--prompt", Tool.Clean, "--json", "--quiet").Succeeded().Error);
    }

    [Fact]
    public void Several_answers_and_wrong_tokens_count_by_their_mean()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        string data = work.Put(
            "d.jsonl", """{"id": 7, "clean_tokens": [1, 2, 3], "answer_tokens": [4, 5], "wrong_tokens": [6, 8, 9]}""");
        Outcome mean = Tool.Run("decompose", "--model", model, "--data", data, "--json");
        Assert.Equal(["prompt", "id", "group", .. Columns[1..]], mean.Columns);
        double[] answers = [Logit(4), Logit(5)], wrongs = [Logit(6), Logit(8), Logit(9)];
        // Means of float32 logits in float64.
        Assert.Equal(answers.Average() - wrongs.Average(), Dla(mean.Rows[^2]), 9);
        Assert.True(Math.Abs(Dla(mean.Rows[^1])) < 1e-5);

        double Logit(int token) => Dla(Tool.Run(
            "decompose", "--model", model, "--tokens", "1 2 3", "--answer-token", $"{token}", "--json").Rows[^2]);
    }

    [Fact]
    public void People_see_the_largest_contributions_and_that_they_add_up()
    {
        Outcome outcome = Tool.Demo("decompose", "--prompt", Tool.Clean, "--answer", "met").Succeeded();
        Assert.Contains("L1H1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("adds up: relative error", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_token_without_an_answer_is_refused() => Tool.Refuses(
        ["decompose", "--model", "demo", "--prompt", "Mary", "--wrong", "saw"], "prompt 0", "--answer");

    private static double Dla(JsonElement row) => row.GetProperty("dla").GetDouble();
}
