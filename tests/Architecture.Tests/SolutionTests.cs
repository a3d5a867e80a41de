using System.Text.RegularExpressions;

namespace Interp.Architecture.Tests;

/// <summary>Interp.sln and the project files agree.</summary>
public sealed partial class SolutionTests
{
    private static string Solution { get; } = Repository.Read("Interp.sln");

    private static string[] Listed { get; } =
        [.. ProjectPath().Matches(Solution).Select(m => m.Groups[1].Value.Replace('\\', '/'))];

    [Fact]
    public void The_solution_has_the_classic_format() =>
        Assert.StartsWith("Microsoft Visual Studio Solution File", Solution.TrimStart('\uFEFF', '\r', '\n'));

    [Fact]
    public void Every_project_is_in_the_solution() => Assert.Empty(Repository.Projects.Select(p => p.Path).Except(Listed));

    [Fact]
    public void Every_project_of_the_solution_exists() => Assert.Empty(Listed.Except(Repository.Projects.Select(p => p.Path)));

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectPath();
}
