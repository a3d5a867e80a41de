namespace Interp.Cli.Tests.Commands;

public sealed class DemoCommandTests
{
    [Fact]
    public void The_story_names_both_heads_and_says_what_comes_next()
    {
        Outcome outcome = Tool.Run("demo").Succeeded();
        foreach (string words in new[] { "'met'", "L0H2", "L1H1", "add up", "interp patch", "interp ablate", "L0H2 -> L1H1.k" })
        {
            Assert.Contains(words, outcome.Output, StringComparison.Ordinal);
        }

        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void The_tables_are_written_to_a_folder()
    {
        using var work = new Workspace();
        string folder = work.At("tables");
        Tool.Run("demo", "--out", folder).Succeeded();
        Assert.Equal(
            [
                "ablation.arrow", "components.arrow", "flow.arrow", "flow_agreement.arrow", "flow_edges.arrow", "lens.arrow", "manifest.json", "mixing.arrow",
                "patching.arrow", "paths.arrow", "prompts.arrow", "report.html",
            ],
            Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order());
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        using var work = new Workspace();
        Tool.Refuses(["demo", "--out", work.Put("taken", "")], "taken: expected a folder, found a file");
    }
}
