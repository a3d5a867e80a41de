using System.Text.Json;

namespace Interp.Cli.Tests.Input;

/// <summary>The field <c>pos</c>: where the metric of a row is read, against calls that say it for one row with <c>--pos</c>.</summary>
public sealed class MetricPositionTests
{
    private const string Prompts = """ "clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met", "wrong": "saw" """;
    private const string Longer = """ "clean": "Tom saw Anna . then Mary", "corrupted": "John saw Anna . then Mary", "answer": "saw", "wrong": "met" """;

    public static TheoryData<string, string> Sweeps { get; } = new MatrixTheoryData<string, string>(
        ["patch --sites z", "ablate --sites z", "knockout", "path --from heads --to logits"], ["lanes", "naive"]);

    [Theory]
    [MemberData(nameof(Sweeps))]
    public void Each_row_is_measured_at_its_own_position(string command, string engine)
    {
        using var work = new Workspace();
        string[] sweep = [.. command.Split(' '), "--engine", engine, "--model", "demo", "--json"];
        JsonElement[] found = Rows($"{{{Prompts}, \"pos\": 2}}\n{{{Longer}, \"pos\": -2}}\n{{{Longer}}}");
        Assert.Equal(Numbers(Rows($"{{{Prompts}}}", "--pos", "2"), 0), Numbers(found, 0));
        Assert.Equal(Numbers(Rows($"{{{Longer}}}", "--pos", "-2"), 0), Numbers(found, 1));
        Assert.Equal(Numbers(Rows($"{{{Longer}}}"), 0), Numbers(found, 2));

        JsonElement[] Rows(string data, params string[] more) => Tool.Run([.. sweep, "--data", work.Put("d.jsonl", data), .. more]).Rows;
    }

    // The mean of two float64 numbers that are read in calls of their own.
    [Theory]
    [InlineData("logit-diff")]
    [InlineData("kl")]
    [InlineData("prob")]
    [InlineData("rank")]
    public void Of_several_positions_the_metric_is_the_mean(string metric)
    {
        using var work = new Workspace();
        string[] sweep = ["patch", "--model", "demo", "--sites", "z", "--metric", metric, "--json"];
        JsonElement[] one = Rows($"{{{Prompts}, \"pos\": 2}}"), other = Rows($"{{{Prompts}, \"pos\": [-1]}}"), both = Rows($"{{{Prompts}, \"pos\": [-1, 2]}}");
        foreach (string column in new[] { "clean", "corrupted", "patched" })
        {
            Assert.All(
                Enumerable.Range(0, both.Length),
                i => Assert.Equal((Value(one[i], column) + Value(other[i], column)) / 2, Value(both[i], column), 1e-12));
        }

        JsonElement[] Rows(string data) => Tool.Run([.. sweep, "--data", work.Put("d.jsonl", data)]).Rows;

        static double Value(JsonElement row, string column) => row.GetProperty(column).GetDouble();
    }

    [Fact]
    public void Decompose_takes_the_logits_of_these_positions_apart()
    {
        using var work = new Workspace();
        string data = work.Put("d.csv", "clean,answer,pos\nMary met John . Mary,met,2 -1\nTom saw,saw,1\n");
        Assert.Equal(
            [(0, 2), (0, 5), (1, 1)],
            Tool.Demo("decompose", "--data", data, "--json").Rows.Select(r => (r.GetProperty("prompt").GetInt32(), r.GetProperty("pos").GetInt32())).Distinct());
    }

    [Theory]
    [InlineData("\"pos\": 6", "d.jsonl, line 1: pos: expected positions -6..5, each once, found 6")]
    [InlineData("\"pos\": [5, -1]", "d.jsonl, line 1: pos: expected positions -6..5, each once, found 5,-1")]
    [InlineData("\"pos\": []", "pos: expected positions -6..5, each once, found none")]
    [InlineData("\"pos\": \"last\"", "pos: expected a whole number, found a text")]
    public void Positions_that_a_prompt_does_not_have_are_refused(string field, string words)
    {
        using var work = new Workspace();
        Tool.Refuses(["patch", "--model", "demo", "--data", work.Put("d.jsonl", $"{{{Prompts}, {field}}}")], words);
    }

    [Fact]
    public void Two_words_about_one_position_are_refused_and_commands_without_a_metric_say_so()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", $"{{{Prompts}, \"pos\": 2}}");
        foreach (string command in new[] { "patch", "ablate", "decompose" })
        {
            Tool.Refuses([command, "--model", "demo", "--data", data, "--pos", "-1"], "--pos: the data says where the metric is read (field pos)");
        }

        Assert.Contains("field pos: it says where a metric is read", Tool.Demo("lens", "--data", data, "--json").Succeeded().Error, StringComparison.Ordinal);
        string mapped = """{"clean_tokens": [0, 1, 5, 2, 1], "corrupted_tokens": [0, 3, 5, 1], "positions": [0, -1, 2, 4], "answer_token": 5, "wrong_token": 6, "pos": """;
        Tool.Refuses(["patch", "--model", "demo", "--data", work.Put("m.jsonl", mapped + "3}")], "m.jsonl, line 1: pos: the prompts differ in length");
        Tool.Demo("patch", "--data", work.Put("m.jsonl", mapped + "-2}"), "--sites", "resid_pre").Succeeded();
    }

    private static double[] Numbers(JsonElement[] rows, int prompt) =>
    [
        .. rows.Where(r => r.GetProperty("prompt").GetInt32() == prompt)
            .SelectMany(r => new[] { "clean", "patched" }.Select(c => r.GetProperty(c).GetDouble())),
    ];
}
