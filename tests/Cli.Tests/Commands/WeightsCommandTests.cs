using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class WeightsCommandTests
{
    [Fact]
    public void Composition_finds_the_planted_pair()
    {
        Outcome outcome = Tool.Demo("weights", "--what", "composition", "--json");
        Assert.Equal(["src_layer", "src_head", "layer", "head", "input", "value"], outcome.Columns);
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("input").GetString() == "k").MaxBy(r => r.GetProperty("value").GetDouble());
        Assert.Equal((2, 1), (top.GetProperty("src_head").GetInt32(), top.GetProperty("head").GetInt32()));
        Assert.Contains("composition", Tool.Demo("weights", "--help").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ov")]
    [InlineData("qk")]
    public void Circuits_have_norms_spectra_and_copying_scores(string what)
    {
        Outcome outcome = Tool.Demo("weights", "--what", what, "--heads", "0.2,L1H1", "--json");
        Assert.Equal(["layer", "head", "score_name", "index", "value"], outcome.Columns);
        Assert.Equal(2 * ((what == "ov" ? 3 : 2) + (3 * 32)), outcome.Rows.Length);
        Assert.NotEmpty(Tool.Demo("weights", "--what", what).Succeeded().Output);
    }

    [Fact]
    public void Token_pairs_have_the_words()
    {
        Outcome outcome = Tool.Demo("weights", "--what", "ov-tokens", "--heads", "1.1", "--top", "5", "--json");
        Assert.Equal(5, outcome.Rows.Length);
        Assert.All(outcome.Rows, r => Assert.Equal(r.GetProperty("from_token").GetString(), r.GetProperty("to_token").GetString()));
        Assert.Equal(2, Tool.Demo("weights", "--what", "qk-tokens", "--heads", "1.1", "--top", "2", "--json").Rows.Length);
    }

    [Fact]
    public void Heads_finds_the_planted_heads_with_intervals_and_controls()
    {
        Outcome outcome = Tool.Demo("heads", "--half", "6", "--json");
        Assert.Equal(["layer", "head", "score_name", "value", "ci_low", "ci_high", "n"], outcome.Columns);
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("score_name").GetString() == "induction").MaxBy(r => r.GetProperty("value").GetDouble());
        Assert.Equal((1, 1, 8), (top.GetProperty("layer").GetInt32(), top.GetProperty("head").GetInt32(), top.GetProperty("n").GetInt32()));
        Assert.Contains(outcome.Rows, r => r.GetProperty("score_name").GetString() == "induction_control");
        Assert.Equal(outcome.Output, Tool.Demo("heads", "--half", "6", "--json", "--threads", "1").Output);
        Assert.Contains("induction", Tool.Demo("heads", "--prompt", Tool.Clean).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Neurons_have_tokens_on_each_side()
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Run(
            "weights", "--model", work.PutModel(), "--what", "neurons", "--neurons", "L1N3,0.2", "--top", "4", "--json");
        Assert.Equal(["layer", "expert", "neuron", "side", "rank", "token_id", "token", "value"], outcome.Columns);
        Assert.Equal(2 * 2 * 4, outcome.Rows.Length);
        Assert.Contains("attention only", Tool.Demo("weights", "--what", "neurons").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_can_be_scored_by_distance()
    {
        Outcome outcome = Tool.Demo("heads", "--half", "6", "--scoring", "abs", "--json");
        JsonElement top = outcome.Rows.Where(r => r.GetProperty("score_name").GetString() == "previous_token_abs").MaxBy(r => r.GetProperty("value").GetDouble());
        Assert.Equal((0, 2), (top.GetProperty("layer").GetInt32(), top.GetProperty("head").GetInt32()));
    }

    [Theory]
    [InlineData("weights --neurons 1.2", "--neurons")]
    [InlineData("weights --what neurons --heads 1.1", "--heads")]
    [InlineData("weights --what neurons --neurons x", "'x'")]
    [InlineData("weights --top 3", "--top")]
    [InlineData("weights --heads 7.1", "L7H1")]
    [InlineData("weights --heads x", "'x'")]
    [InlineData("heads --half 40", "halves of 2 to")]
    [InlineData("heads --tokens 1,2,3 --half 4", "--half")]
    public void What_does_not_fit_is_refused(string command, string word) =>
        Tool.Refuses([.. command.Split(' '), "--model", "demo"], word);

    [Fact]
    public void Processing_is_told_and_leaves_probabilities_as_they_are()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        Outcome plain = Tool.Run("run", "--model", model, "--tokens", "1 2 3", "--json");
        Outcome processed = Tool.Run("run", "--model", model, "--tokens", "1 2 3", "--json", "--process", "all");
        foreach ((JsonElement one, JsonElement two) in plain.Rows.Zip(processed.Rows))
        {
            Assert.Equal(one.GetProperty("prob").GetDouble(), two.GetProperty("prob").GetDouble(), 1e-5);
        }

        Assert.All(
            new[] { "fold-norm", "center-writing", "center-unembed", "fold-value-biases" },
            step => Assert.Contains(step + ": logits of a check prompt change by at most", processed.Error, StringComparison.Ordinal));
    }
}
