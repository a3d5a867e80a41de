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
    public async Task A_sample_runs_and_prints_its_key_line(string sample, string keyLine)
    {
        Child child = await Child.Run($"samples/{sample}", $"Interp.Samples.{sample}");
        Assert.True(child.ExitCode == 0, child.ToString());
        Assert.Contains(keyLine, child.Output, StringComparison.Ordinal);
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
