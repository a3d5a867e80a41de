using System.Text.RegularExpressions;

namespace Interp.Cli.Tests.Commands;

public sealed partial class ReportCommandTests
{
    private static readonly string[] Pair =
        ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw"];

    [Fact]
    public void A_folder_that_several_commands_wrote_becomes_one_page()
    {
        using var work = new Workspace();
        string folder = work.At("results"), page = work.At("page.html");
        Tool.Demo("patch", [.. Pair, "--sites", "z", "--out", folder]).Succeeded();
        Tool.Demo("path", [.. Pair, "--from", "0.2", "--to", "1.1.k", "--out", folder]).Succeeded();
        Outcome outcome = Tool.Run("report", folder, "--out", page, "--title", "Which <heads>?").Succeeded();
        Assert.Contains("page.html: report of", outcome.Error, StringComparison.Ordinal);
        string text = File.ReadAllText(page);
        Assert.Contains("<title>Which &lt;heads&gt;?</title>", text, StringComparison.Ordinal);
        foreach (string words in new[] { "id=\"patching\"", "id=\"paths\"", "L0H2 → L1H1.k", "Mary met John in Paris", "SHA-256 of the model" })
        {
            Assert.Contains(words, System.Net.WebUtility.HtmlDecode(text), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_a_place_the_page_goes_into_the_folder()
    {
        using var work = new Workspace();
        string folder = work.At("results");
        Tool.Demo("lens", "--prompt", Tool.Clean, "--answer", "met", "--out", folder).Succeeded();
        Tool.Run("report", folder).Succeeded();
        Assert.True(File.Exists(Path.Combine(folder, "report.html")));
    }

    [Theory]
    [InlineData("patch", "patching", "--clean Mary_met_. --corrupted Anna_met_. --answer met --wrong saw --sites z")]
    [InlineData("ablate", "patching", "--prompt Mary_met_. --answer met --wrong saw --sites z --with zero")]
    [InlineData("decompose", "attribution", "--prompt Mary_met_John_._Mary --answer met --wrong saw")]
    [InlineData("lens", "lens", "--prompt Mary_met_John")]
    [InlineData("flow", "attention", "--prompt Mary_met_John --measure attention --by head")]
    [InlineData("weights", "scores", "--what composition")]
    public void A_command_writes_its_own_report(string command, string panel, string arguments)
    {
        using var work = new Workspace();
        string page = work.At("page.html");
        Outcome outcome = Tool.Demo(command, [.. arguments.Split(' ').Select(a => a.Replace('_', ' ')), "--report", page, "--json"]).Succeeded();
        Assert.NotEmpty(outcome.Output);
        Assert.Contains($"<section id=\"{panel}\"", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_the_demo_and_that_of_its_folder_have_the_same_figures()
    {
        using var work = new Workspace();
        string page = work.At("demo.html"), folder = work.At("tables");
        Tool.Run("demo", "--out", folder, "--report", page).Succeeded();
        Tool.Run("report", folder).Succeeded();
        Assert.Equal(Figures().Match(File.ReadAllText(page)).Value, Figures().Match(File.ReadAllText(Path.Combine(folder, "report.html"))).Value);
    }

    [Fact]
    public void What_is_no_page_or_no_folder_is_refused()
    {
        using var work = new Workspace();
        Tool.Refuses(["report", work.At("nothing")], "nothing: expected a folder of tables");
        Tool.Refuses(["demo", "--report", work.At("page.pdf")], "page.pdf: expected a page that ends in .html, found '.pdf'");
        Tool.Refuses(["demo", "--report", work.At("no/such/place.html")], "place.html");
        Assert.Empty(work.Entries);
    }

    [GeneratedRegex("id=\"figures\">.*?</script>", RegexOptions.Singleline)]
    private static partial Regex Figures();
}
