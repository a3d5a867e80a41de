using System.Xml.Linq;

namespace Interp.Architecture.Tests;

/// <summary>The library can be trimmed and compiled ahead of time where its dependencies allow: warnings, which are errors, say where not.</summary>
public sealed class TrimmingTests
{
    [Theory]
    [InlineData("Hooks", "IsAotCompatible")]
    [InlineData("Runtime", "IsAotCompatible")]
    [InlineData("Analysis", "IsAotCompatible")]
    [InlineData("Export", "IsAotCompatible")]
    [InlineData("Reports", "EnableTrimAnalyzer", "EnableAotAnalyzer", "EnableSingleFileAnalyzer")]
    public void The_compiler_checks_what_trimming_would_break(string project, params string[] properties)
    {
        XDocument file = XDocument.Parse(Repository.Read($"src/{project}/Interp.{project}.csproj"));
        Assert.All(properties, name => Assert.Equal("true", Assert.Single(file.Descendants(name)).Value));
    }

    [Fact]
    public void Nothing_is_excused_from_the_check() => Assert.Empty(
        from path in Repository.Files("*.cs", "src")
        let text = Repository.Read(path)
        where text.Contains("UnconditionalSuppressMessage", StringComparison.Ordinal)
        select path);
}
