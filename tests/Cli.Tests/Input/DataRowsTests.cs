using Interp.Analysis;
namespace Interp.Cli.Tests.Input;

/// <summary>Files whose columns have other names, and rows that a model cannot use.</summary>
public sealed class DataRowsTests
{
    private const string Good = """{"clean": "Mary met", "corrupted": "Anna met", "answer": "met", "wrong": "saw"}""";

    [Fact]
    public void Columns_of_other_names_are_read_through_a_mapping()
    {
        using var work = new Workspace();
        string plain = work.Put("a.csv", "clean,corrupted,answer,wrong\nMary met,Anna met,met,saw\n");
        string other = work.Put("b.csv", ",clean,corrupted,hard,right,bad\n7,Mary met,Mary saw,Anna met,5,6\n");
        int met = Interp.Runtime.DemoModel.Create().Tokenize("met")[^1], saw = Interp.Runtime.DemoModel.Create().Tokenize("saw")[^1];
        work.Put("b.csv", $",clean,corrupted,hard,right,bad\n7,Mary met,Mary saw,Anna met,{met},{saw}\n");
        string lines = work.Put("c.jsonl", $$"""{"a": "Mary met", "b": "Anna met", "c": {{met}}, "d": {{saw}}}""");
        string expected = Tool.Demo("patch", "--data", plain, "--json").Output;
        Outcome mapped = Tool.Demo(
            "patch", "--data", other, "--fields", "corrupted=hard,answer_token=right", "wrong_token=bad", "--json");
        Assert.Equal(expected, mapped.Output);
        Assert.Contains("fields that interp does not read: corrupted", mapped.Error, StringComparison.Ordinal);
        Assert.Equal(expected, Tool.Demo(
            "patch", "--data", lines, "--fields", "clean=a,corrupted=b,answer_token=c,wrong_token=d", "--json").Output);
    }

    [Theory]
    [InlineData("answr=x", "--fields: 'answr' is no field of interp; the nearest are answer")]
    [InlineData("answer", "--fields: expected FIELD=COLUMN")]
    [InlineData("answer=x", "--fields answer=x: expected a column 'x', found clean, corrupted, answer, wrong")]
    [InlineData("answer=wrong,answer=answer", "expected answer once, found wrong and answer")]
    public void A_mapping_that_cannot_be_is_refused(string fields, string words)
    {
        using var work = new Workspace();
        Tool.Refuses(["patch", "--model", "demo", "--data", work.Put("d.jsonl", Good), "--fields", fields], words);
    }

    [Fact]
    public void Bad_rows_are_counted_or_left_out()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", string.Join('\n', Good, Good.Replace("Anna met", "Anna"), Good, Good.Replace("\"met\"", "\"met saw\"")));
        Tool.Refuses(
            ["patch", "--model", "demo", "--data", data],
            "d.jsonl, line 2: the clean prompt has 3 tokens and the corrupted one 2", "2 of 4 rows cannot be used; --skip-bad-rows leaves them out");
        Outcome left = Tool.Demo("patch", "--data", data, "--skip-bad-rows", "--json");
        Assert.Equal(["d.jsonl, line 1", "d.jsonl, line 3"], left.Rows.Select(r => r.GetProperty("id").GetString()).Distinct());
        Assert.Equal([0, 2], left.Rows.Select(r => r.GetProperty("prompt").GetInt32()).Distinct());
        string other = work.Put("o.jsonl", string.Join('\n', Good, Good.Replace("\"met\"", "\"met saw\""), Good));
        Outcome parts = Tool.Demo("decompose", "--data", other, "--skip-bad-rows", "--json");
        Assert.Equal([0, 2], parts.Rows.Select(r => r.GetProperty("prompt").GetInt32()).Distinct());
        Assert.Contains("left out: d.jsonl, line 4: answer 'met saw' is 2 tokens", left.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 4 rows were left out", left.Error, StringComparison.Ordinal);
        Tool.Refuses(
            ["patch", "--model", "demo", "--data", work.Put("e.jsonl", Good.Replace("Anna", "Mary")), "--skip-bad-rows"],
            "e.jsonl, line 1: patching needs a corrupted prompt that differs");
        Tool.Refuses(["patch", "--model", "demo", "--clean", "Mary", "--skip-bad-rows"], "--skip-bad-rows: expected --data FILE beside it");
    }

    [Theory]
    [InlineData("ioi_llama.csv", "answer_token=correct_idx,wrong_token=incorrect_idx")]
    [InlineData("greater_than_data.csv", "above=label")]
    public void Published_files_are_read(string name, string fields)
    {
        IReadOnlyList<RawPair> rows = DataFile.Read(Fixtures.Require($"datasets/{name}"), FieldMap.Parse(fields.Split(','))).Rows;
        Assert.True(rows.Count > 100);
        Assert.All(rows, r => Assert.True(r is { Clean.Length: > 0, Corrupted.Length: > 0 } && (r.Above is not null || r.AnswerTokens is [> 0])));
    }
}
