using System.Text.RegularExpressions;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Architecture.Tests;

/// <summary>What README.md and docs say is true of the code.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] TechniquePages =
    [
        "ledger", "decomposition", "weights", "lens", "flow", "patching", "ablation", "knockout", "path-patching", "causal-tracing",
        "statistics", "data", "lanes", "interventions", "verification", "reports",
        "from-transformerlens", "new-family",
    ];

    public static TheoryData<string> PagesWithCode => [.. DocumentationCode.All.Select(block => block.Page).Distinct()];

    [Theory]
    [MemberData(nameof(PagesWithCode))]
    public void Code_of_a_page_compiles_and_runs(string page)
    {
        foreach (DocumentationCode block in DocumentationCode.All.Where(block => block.Page == page))
        {
            Assert.True(block.Run().Length > 0, $"{block}\nprinted nothing");
        }
    }

    [Fact]
    public void Every_technique_page_and_the_readme_have_code() => Assert.Empty(
        TechniquePages.Select(name => $"docs/{name}.md").Append("README.md")
            .Except(DocumentationCode.All.Select(block => block.Page)));

    [Theory]
    [InlineData("patching")]
    [InlineData("ablation")]
    [InlineData("causal-tracing")]
    [InlineData("knockout")]
    [InlineData("path-patching")]
    public void A_page_of_a_technique_that_patches_has_its_paper_sample_and_picture(string name)
    {
        string page = Repository.Read($"docs/{name}.md");
        Assert.Matches(@"et al\. \d{4}|and \w+ \d{4}", page);
        Assert.Contains($"](images/{name}.png)", page, StringComparison.Ordinal);
        Match sample = Regex.Match(page, "`samples/(\\w+)`");
        Assert.True(sample.Success && Directory.Exists(Path.Combine(Repository.Root, "samples", sample.Groups[1].Value)), page);
    }

    [Fact]
    public void Links_between_pages_lead_somewhere() => Assert.Empty(
        from page in Repository.Pages
        from Match link in Link().Matches(Repository.Read(page))
        let target = link.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal)
        where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target))
        select $"{page}: {target}");

    [Fact]
    public void Every_page_is_linked_from_the_readme() => Assert.Empty(
        Repository.Files("*.md", "docs")
            .Except(Link().Matches(Repository.Read("README.md")).Select(m => m.Groups[1].Value)));

    [Fact]
    public void The_readme_names_the_command_that_the_checks_run()
    {
        Assert.Contains("./test.sh\n", Repository.Read("README.md"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "test.sh")));
        Assert.Contains("./test.sh", Repository.Read(".ci/run"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_command_of_the_readme_works()
    {
        Assert.Contains(
            "dotnet run --project src/Cli -c Release -- demo\n", Repository.Read("README.md"), StringComparison.Ordinal);
        Child child = await Child.Run("src/Cli", "interp", "demo");
        Assert.True(child.ExitCode == 0, child.ToString());
        Assert.Contains("L1H1", child.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_lines_of_the_documentation_work()
    {
        string[][] commands =
        [
            .. from page in Repository.Pages
               from Match command in DemoCommand().Matches(Repository.Read(page))
               select Word().Matches(command.Groups[1].Value).Select(m => m.Value.Trim('"')).ToArray(),
        ];
        Assert.NotEmpty(commands);
        foreach (string[] command in commands)
        {
            Child child = await Child.Run("src/Cli", "interp", command);
            Assert.True(child.ExitCode == 0, $"interp {string.Join(' ', command)}\n{child}");
        }
    }

    [Fact]
    public void Interventions_in_JSON_can_be_read()
    {
        HookMap map = DemoModel.Create().Hooks;
        Match json = Json().Match(Repository.Read("docs/interventions.md"));
        Assert.Equal(3, InterventionJson.Deserialize(json.Groups[1].Value, map).Count);
    }

    [GeneratedRegex("`interp ([a-z]+ --model demo [^`]*)`")]
    private static partial Regex DemoCommand();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^```json\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Json();

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    [Fact]
    public void First_programs_are_short()
    {
        DocumentationCode[] programs = [.. DocumentationCode.All.Where(c => c.Page == "docs/first-programs.md")];
        Assert.Equal(8, programs.Length);
        Assert.All(programs, program => Assert.InRange(program.Code.Split('\n').Count(line => line.Trim().Length > 0), 1, 25));
    }
}
