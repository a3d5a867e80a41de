using Interp.Analysis;
namespace Interp.Cli.Tests.Input;

public sealed class DataFileTests
{
    [Theory]
    [InlineData(
        "d.jsonl", "{\"clean\": \"Mary met John . Mary\", \"answer\": \"met\", "
        + "\"wrong\": \"saw\", \"id\": \"a\", \"group\": 3}\n\n"
        + "{\"clean_tokens\": [0, 1, 5], \"answer_token\": 5, \"wrong_tokens\": [6], \"id\": \"b\"}\n")]
    [InlineData("d.csv", "id,group,clean,clean_tokens,answer,answer_token,wrong,wrong_tokens\n"
        + "a,3,\"Mary met John . Mary\",,met,,saw,\n\nb,,,\"0, 1 5\",,5,,[6]\n")]
    public void Rows_of_texts_and_ids_are_read(string name, string content)
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Demo("ablate",
            "--data", work.Put(name, content), "--sites", "attn_out", "--by", "layer", "--json");
        Assert.Equal(
            [(0, "a", "3"), (1, "b", null), (0, "a", "3"), (1, "b", null)],
            outcome.Rows.Select(r => (
                r.GetProperty("prompt").GetInt32(), r.GetProperty("id").GetString(), r.GetProperty("group").GetString())));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Pairs_of_different_length_take_a_positions_map()
    {
        using var work = new Workspace();
        string data = work.Put(
            "d.jsonl",
            """{"clean_tokens": [0, 1, 5, 2, 1], "corrupted_tokens": [0, 3, 5, 1], "positions": [0, -1, 2, 4], """
            + "\"answer_token\": 5, \"wrong_token\": 6}");
        Outcome outcome = Tool.Demo("patch", "--data", data, "--sites", "resid_pre", "--direction", "denoise", "--json");
        // Corrupted position 1 corresponds to no clean one.
        Assert.Equal([0, 2, 3], outcome.Rows.Select(r => r.GetProperty("pos").GetInt32()).Distinct());
    }

    [Fact]
    public void Fields_that_are_not_read_are_told()
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Demo("run", "--data", work.Put("d.jsonl", """{"clean": "Mary", "answr": "met"}"""), "--json");
        Assert.Contains("d.jsonl: fields that interp does not read: answr", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"clean\": \"Mary\", \"corrupted\": \"Anna met\"}", "d.jsonl, line 2", "2 tokens", "3", "positions map")]
    [InlineData("{\"clean\": \"Mary\"}", "d.jsonl, line 2", "corrupted prompt")]
    [InlineData("{\"corrupted\": \"Mary\"}", "d.jsonl, line 2", "clean")]
    [InlineData("{\"clean\": ", "d.jsonl, line 2", "not valid JSON")]
    [InlineData("[1]", "d.jsonl, line 2", "expected a JSON object")]
    [InlineData("{\"clean\": 5}", "d.jsonl, line 2", "clean: expected a text")]
    [InlineData("{\"clean_tokens\": \"1 2\"}", "d.jsonl, line 2", "clean_tokens: expected an array")]
    [InlineData("{\"clean_tokens\": [1.5]}", "d.jsonl, line 2", "whole numbers")]
    [InlineData("{\"clean_tokens\": []}", "d.jsonl, line 2", "found 0")]
    [InlineData("{\"clean_tokens\": [77]}", "d.jsonl, line 2", "token id 77")]
    [InlineData("{\"clean\": \"Mary\", \"clean_tokens\": [1]}", "d.jsonl, line 2", "found both")]
    [InlineData(
        "{\"clean\": \"Mary\", \"answer\": \"met John\"}", "d.jsonl, line 2", "answer 'met John' is 2 tokens ('met', 'John')")]
    [InlineData("{\"clean\": \"Mary\", \"answer_token\": 40}", "d.jsonl, line 2", "token id 40")]
    [InlineData("{\"clean\": \"Mary\", \"corrupted\": \"Anna\", \"positions\": [0]}", "d.jsonl, line 2", "positions", "found 1")]
    [InlineData(
        "{\"clean\": \"Mary\", \"corrupted\": \"Anna\", \"positions\": [0, 2]}", "d.jsonl, line 2", "0..1 or -1", "found 2")]
    public void A_bad_row_is_refused_by_its_line(string row, params string[] words)
    {
        using var work = new Workspace();
        string good = """{"clean": "Mary met", "corrupted": "Anna met", "answer": "met", "wrong": "saw"}""";
        Tool.Refuses(["patch", "--model", "demo", "--data", work.Put("d.jsonl", good + "\n" + row)], words);
    }

    [Theory]
    [InlineData("text\nMary\n", "line 1", "column clean or clean_tokens")]
    [InlineData("clean,clean\nMary,Mary\n", "line 1", "'clean' is there twice")]
    [InlineData("clean,id\nMary\n", "line 2", "expected 2 fields", "found 1")]
    [InlineData("clean\n\"Mary\n", "line 2", "does not end")]
    [InlineData("clean\n\"Mary\" x\n", "line 2", "expected a comma after a quoted field")]
    [InlineData("clean,id\n\"Mary\",\"a\nb\"\nMary,1,2\n", "line 4", "found 3")]
    [InlineData("clean\n", "at least one row")]
    public void A_bad_csv_file_is_refused(string content, params string[] words)
    {
        using var work = new Workspace();
        Tool.Refuses(["run", "--model", "demo", "--data", work.Put("d.csv", content)], words);
    }

    [Fact]
    public void A_file_of_another_ending_is_refused()
    {
        using var work = new Workspace();
        Tool.Refuses(
            ["run", "--model", "demo", "--data", work.Put("d.tsv", "[]")],
            "expected an ending of .jsonl, .csv or .txt, found '.tsv'");
    }

    [Fact]
    public void Answers_beside_a_data_file_are_refused()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", """{"clean": "Mary"}""");
        Tool.Refuses(["decompose", "--model", "demo", "--data", data, "--answer", "met"], "--answer", "--data");
    }

    [Theory]
    [InlineData("simple_test.json")]
    [InlineData("simple_train.json")]
    [InlineData("nounpp_test.json")]
    public void Files_of_feature_circuits_are_read_as_they_are(string name)
    {
        var file = DataFile.Read(Fixtures.Require($"datasets/{name}"), FieldMap.None);
        Assert.Empty(file.Unread);
        Assert.All(file.Rows, row => Assert.True(
            row is { Clean.Length: > 0, Corrupted.Length: > 0, Answers: [{ Length: > 0 }], Wrongs: [{ Length: > 0 }], Group.Length: > 0 }));
        Assert.True(file.Rows.Count > 10);
    }
}
