namespace Interp.Cli.Tests.Commands;

/// <summary>What <c>interp data</c> writes is what <c>--data</c> reads.</summary>
public sealed class DataCommandTests
{
    [Fact]
    public void Induction_pairs_find_the_circuit_of_the_demo_model()
    {
        using var work = new Workspace();
        string file = work.At("d.jsonl");
        Assert.Contains("20 pairs", Tool.Demo("data", "induction", "--count", "20", "--out", file).Succeeded().Error, StringComparison.Ordinal);
        Outcome sweep = Tool.Demo("patch", "--data", file, "--summary", "--json");
        Assert.Equal(
            [(0, 2), (1, 1)],
            sweep.Rows.Where(r => r.GetProperty("mean").GetDouble() > 0.9).Select(r => (r.GetProperty("layer").GetInt32(), r.GetProperty("head").GetInt32())));
    }

    [Fact]
    public void The_same_seed_gives_the_same_lines()
    {
        string[] call = ["data", "ioi", "--model", Fixtures.Require("tokenizers/gpt2"), "--count", "5", "--seed", "4"];
        string output = Tool.Run(call).Succeeded().Output;
        Assert.Equal(5, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"answer\":\" ", output, StringComparison.Ordinal);
        Assert.Equal(output, Tool.Run(call).Output);
    }

    [Theory]
    [InlineData("data: expected a kind behind it, one of induction, ioi", "--model", "demo")]
    [InlineData("kind 'riddles': expected one of", "riddles", "--model", "demo")]
    [InlineData("expected an ending of .jsonl, found '.csv'", "ioi", "--model", "demo", "--out", "x.csv")]
    [InlineData("--count: expected a whole number of at least 1, found '0'", "ioi", "--model", "demo", "--count", "0")]
    [InlineData("ioi: expected at least 4 names", "ioi", "--model", "demo")]
    public void What_cannot_be_made_is_refused(string words, params string[] arguments) => Tool.Refuses(["data", .. arguments], words);
}
