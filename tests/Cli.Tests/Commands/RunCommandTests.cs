namespace Interp.Cli.Tests.Commands;

public sealed class RunCommandTests
{
    [Fact]
    public void Run_gives_the_tokens_table()
    {
        Outcome outcome = Tool.Demo("run", "--prompt", Tool.Clean, "--top-k", "3", "--json");
        Assert.Equal(["prompt", "pos", "token", "rank", "top_token", "top_id", "logit", "prob"], outcome.Columns);
        Assert.Equal(["met", "Mary", "John"], outcome.Rows.Select(r => r.GetProperty("top_token").GetString()));
        Assert.Equal([0, 1, 2], outcome.Rows.Select(r => r.GetProperty("rank").GetInt32()));
        // The last of nine tokens, the first of which begins the text.
        Assert.All(outcome.Rows, r => Assert.Equal(8, r.GetProperty("pos").GetInt32()));
    }

    [Fact]
    public void Probabilities_over_the_whole_vocabulary_sum_to_one()
    {
        Outcome outcome = Tool.Demo("run", "--prompt", Tool.Clean, "--top-k", "32", "--json");
        // 32 doubles near 1 are summed: a few units in the last place.
        Assert.Equal(1, outcome.Rows.Sum(r => r.GetProperty("prob").GetDouble()), 12);
    }

    [Fact]
    public void Prompts_and_positions_are_repeatable_and_may_differ_in_length()
    {
        Outcome outcome = Tool.Demo(
            "run", "--tokens", "0 1 5 2", "--tokens", "0,3", "--pos", "-1", "--pos", "0", "--top-k", "1", "--json");
        Assert.Equal(
            [(0, 3), (0, 0), (1, 1), (1, 0)],
            outcome.Rows.Select(r => (r.GetProperty("prompt").GetInt32(), r.GetProperty("pos").GetInt32())));
    }

    [Fact]
    public void Text_and_its_token_ids_give_the_same_rows() => Assert.Equal(
        Tool.Demo("run", "--prompt", "Mary met John", "--json").Succeeded().Output,
        Tool.Demo("run", "--tokens", "0 1 5 2", "--json").Succeeded().Output);

    [Fact]
    public void A_prompt_alone_and_among_others_gives_the_same_rows()
    {
        string[] alone = Tool.Demo("run", "--tokens", "0 1 5", "--json").Succeeded().Output.Split('\n');
        string[] among = Tool.Demo("run", "--tokens", "0 1 5", "--tokens", "4 4 4 4 4", "--json").Succeeded().Output.Split('\n');
        Assert.Equal(alone[..10], among[..10]);
    }

    [Fact]
    public void A_prompt_may_begin_with_an_at_sign_or_look_like_a_command() => Tool.Refuses(
        ["run", "--model", "demo", "--prompt", "@run"], "word '@run'");

    [Fact]
    public void Bos_never_leaves_the_first_token_out()
    {
        Outcome outcome = Tool.Demo("run", "--prompt", "Mary", "--bos", "never", "--top-k", "1", "--json");
        Assert.Equal(0, outcome.Rows[0].GetProperty("pos").GetInt32());
    }

    [Fact]
    public void Interventions_of_a_file_apply()
    {
        using var work = new Workspace();
        string file = work.Put(
            "cut.json",
            Interp.Hooks.InterventionJson.Serialize([Interp.Hooks.Ablate.Zero(Interp.Hooks.Hook.Z(1))]));
        Outcome plain = Tool.Demo("run", "--prompt", Tool.Clean, "--top-k", "1", "--json");
        Outcome cut = Tool.Demo("run", "--prompt", Tool.Clean, "--top-k", "1", "--json", "--interventions", file);
        Assert.Equal("met", plain.Rows[0].GetProperty("top_token").GetString());
        // Nothing is left that writes to the output: all words are equally likely.
        Assert.Equal(1.0 / 32, cut.Rows[0].GetProperty("prob").GetDouble(), 12);
    }

    [Fact]
    public void People_get_a_table_that_says_how_to_get_all_rows()
    {
        Outcome outcome = Tool.Demo("run", "--prompt", Tool.Clean, "--pos", "0,1,2", "--top-k", "32").Succeeded();
        Assert.Contains("'met'", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("40 of 96 rows", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }
}
