namespace Interp.Architecture.Tests;

/// <summary>Every sample runs on the demo model and says what its page promises.</summary>
public sealed class SampleTests
{
    public static TheoryData<string, string> KeyLines => new()
    {
        { "Ledger", "L1H1" },
        { "Decomposition", "it looks there because of L0H2" },
        { "Weights", "strongest K-composition: L0H2 into L1H1" },
        { "Lens", "the head that says it alone: L1H1" },
        { "Flow", "cutting position 2 ('met') in layer 1 matters most" },
        { "Patching", "L0H2" },
        { "Ablation", "L0H2" },
        { "Knockout", "L1H1 reading position 2" },
        { "PathPatching", "L0H2 -> L1H1.k: effect 1.000" },
        { "CausalTracing", "restored before layer 0 at position 1: effect 1.000" },
        { "Statistics", "L1H1: mean 1.000" },
        { "Data", "L1H1: mean effect 1.000 over 20 generated prompts" },
        { "Interventions", "the same after saving and loading: True" },
    };

    [Theory]
    [MemberData(nameof(KeyLines))]
    public async Task A_sample_runs_prints_its_key_line_and_ends_in_a_picture_or_a_table(string sample, string keyLine)
    {
        string picture = Path.Combine(Path.GetTempPath(), $"interp-sample-{Guid.NewGuid():N}.html");
        try
        {
            Child child = await Child.Run($"samples/{sample}", $"Interp.Samples.{sample}", "demo", picture);
            Assert.True(child.ExitCode == 0, child.ToString());
            Assert.Contains(keyLine, child.Output, StringComparison.Ordinal);

            // Each ends in a picture; what interventions do is a table of three rows.
            string[] lines = child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (sample == "Interventions")
            {
                Assert.Equal(["run", "clean", "corrupted", "corrupted, with the interventions"], lines[^4..].Select(l => l.Length > 36 ? l[..36].TrimEnd() : l));
            }
            else
            {
                Assert.Equal($"picture: {picture}", lines[^1].TrimEnd());
                Assert.Contains("<figure data-set=", await File.ReadAllTextAsync(picture, TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(picture);
        }
    }

    [Fact]
    public async Task A_sample_refuses_a_missing_directory_in_one_line()
    {
        Child child = await Child.Run("samples/Ledger", "Interp.Samples.Ledger", "no/such/model");
        Assert.Equal(2, child.ExitCode);
        Assert.Equal("no/such/model: no such file or directory", child.Error.Trim());
    }

    [Fact]
    public void Every_sample_is_run() => Assert.Equal(
        Repository.Projects.Where(p => p.Path.StartsWith("samples/", StringComparison.Ordinal)).Select(p => p.Folder).Order(),
        KeyLines.Select(row => row.Data.Item1).Order());
}
