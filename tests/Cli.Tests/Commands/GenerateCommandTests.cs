namespace Interp.Cli.Tests.Commands;

public sealed class GenerateCommandTests
{
    [Fact]
    public void Generate_continues_a_repeated_prompt()
    {
        Outcome outcome = Tool.Demo("generate", "--prompt", Tool.Clean, "--max-new-tokens", "3").Succeeded();
        Assert.Equal(Tool.Clean + " met John in", outcome.Output.TrimEnd());
    }

    [Fact]
    public void Generate_gives_the_generation_table()
    {
        Outcome outcome = Tool.Demo("generate", "--prompt", "Mary met Mary", "--max-new-tokens", "2", "--json");
        Assert.Equal(["prompt", "text", "tokens", "new_tokens"], outcome.Columns);
        Assert.Equal("0 1 5 1 5 1", outcome.Rows[0].GetProperty("tokens").GetString());
        Assert.Equal("5 1", outcome.Rows[0].GetProperty("new_tokens").GetString());
    }

    [Fact]
    public void Without_a_tokenizer_the_ids_are_printed_and_the_text_is_null()
    {
        using var work = new Workspace();
        string[] arguments =
            ["generate", "--model", work.PutModel(), "--tokens", "1 2 3", "--max-new-tokens", "4", "--ignore-eos"];
        string ids = Tool.Run([.. arguments, "--json"]).Rows[0].GetProperty("tokens").GetString()!;
        Assert.Equal(7, ids.Split(' ').Length);
        Assert.Equal(ids, Tool.Run(arguments).Succeeded().Output.TrimEnd());
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null, Tool.Run([.. arguments, "--json"]).Rows[0].GetProperty("text").ValueKind);
    }

    [Fact]
    public void The_key_value_cache_does_not_change_the_text()
    {
        using var work = new Workspace();
        string[] arguments =
            ["generate", "--model", work.PutModel(), "--tokens", "1 2 3", "--tokens", "4",
            "--temperature", "1", "--seed", "5", "--json"];
        Assert.Equal(Tool.Run(arguments).Succeeded().Output, Tool.Run([.. arguments, "--no-cache"]).Succeeded().Output);
    }

    [Fact]
    public void The_usual_length_shrinks_to_the_context()
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Run("generate", "--model", work.PutModel(), "--tokens", "1 2 3", "--ignore-eos", "--json");
        Assert.Equal(12, outcome.Rows[0].GetProperty("tokens").GetString()!.Split(' ').Length);
    }

    [Fact]
    public void More_tokens_than_the_context_has_room_for_are_refused() => Tool.Refuses(
        ["generate", "--model", "demo", "--tokens", "1", "--max-new-tokens", "40"], "context of 32", "at most 31");
}
