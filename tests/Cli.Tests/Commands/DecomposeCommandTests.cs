using System.Text.Json;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

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

    // The induction head's query is the current word and its key the word before: the previous-token head wrote it.
    [Fact]
    public void A_score_and_a_moved_value_are_taken_apart_by_what_wrote_them()
    {
        Outcome key = Tool.Demo("decompose", "--prompt", Tool.Clean, "--to", "1.1.k", "--src", "1", "--json");
        Assert.Equal("L0H2", Top(key).GetProperty("component").GetString());
        Outcome query = Tool.Demo("decompose", "--prompt", Tool.Clean, "--to", "L1H1.q", "--src", "1", "--json");
        Assert.Equal("embed", Top(query).GetProperty("component").GetString());
        Outcome value = Tool.Demo(
            "decompose", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--to", "1.1.v", "--src", "2", "--json");
        Assert.Equal("embed", Top(value).GetProperty("component").GetString());

        static JsonElement Top(Outcome outcome) => outcome.Rows
            .Where(r => r.GetProperty("kind").GetString() is not ("sum" or "actual" or "error"))
            .MaxBy(r => Math.Abs(r.GetProperty("dla").GetDouble()));
    }

    [Fact]
    public void A_probe_of_a_file_is_read_at_its_point()
    {
        using var work = new Workspace();
        string model = work.PutModel(), file = work.At("probe.safetensors");
        TransformerModel loaded = TransformerModel.Load(model);
        float[] probe = [.. Enumerable.Range(0, loaded.Config.DModel).Select(i => i % 3 - 1f)];
        SafetensorsWriter.Write(file, [NamedTensor.Float("probe", [probe.Length], probe)]);
        Outcome outcome = Tool.Run(
            "decompose", "--model", model, "--tokens", "1 2 3 4", "--probe", file, "--at", "resid_mid1", "--json");
        double sum = outcome.Rows.Where(r => r.GetProperty("kind").GetString() == "sum").Sum(Dla);
        RunResult run = loaded.Run([1, 2, 3, 4], new RunOptions { Observe = ["resid_mid1"] });
        double expected = run.Cache().Row(Hook.ResidMid(1), -1).ToArray().Zip(probe, (x, y) => (double)x * y).Sum();
        Assert.Equal(expected, sum, 1e-4);
    }

    [Theory]
    [InlineData("--by neuron", "--top-neurons", "2", "other_neurons")]
    [InlineData("--by source", "--value-bias", "", "value_bias")]
    [InlineData("--by head", "--gain-row", "", "norm_gain")]
    public void Options_add_rows_and_the_ledger_stays_closed(string by, string option, string value, string kind)
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Run(
        [
            "decompose", "--model", work.PutModel(), "--tokens", "1 2 3 4", "--answer-token", "5", .. by.Split(' '), option,
            .. value.Length > 0 ? new[] { value } : [], "--json",
        ]);
        Assert.Contains(outcome.Rows, r => r.GetProperty("kind").GetString() == kind);
        double error = outcome.Rows.Where(r => r.GetProperty("kind").GetString() == "error").Sum(Dla);
        Assert.True(Math.Abs(error) < 1e-5 * outcome.Rows.Max(r => Math.Abs(Dla(r))));
    }

    [Theory]
    [InlineData("--to 1.1.q", "--src")]
    [InlineData("--to 1.1.x --src 1", "1.1.x")]
    [InlineData("--to 7.1.q --src 1", "7.1")]
    [InlineData("--to 1.1.q --src 20", "20")]
    [InlineData("--top-neurons 3", "--by neuron")]
    [InlineData("--value-bias", "--by source")]
    [InlineData("--src 3", "--to")]
    [InlineData("--at z0", "--probe")]
    [InlineData("--scale recomputed", "norm")]
    public void What_does_not_fit_is_refused(string options, string word) => Tool.Refuses(
        ["decompose", "--model", "demo", "--prompt", Tool.Clean, "--answer", "met", .. options.Split(' ')], word);
}
