namespace Interp.Architecture.Tests;

/// <summary>Dependencies point one way: Cli -> Reports, Export, Onnx -> Analysis -> Runtime -> Hooks.</summary>
public sealed class DependencyTests
{
    // A project may refer to lower levels only: not upward, and not sideways.
    private static readonly Dictionary<string, int> Levels = new()
    {
        ["Hooks"] = 0,
        ["Runtime"] = 1,
        ["Analysis"] = 2,
        ["Export"] = 3,
        ["Onnx"] = 3,
        ["Reports"] = 3,
        ["Cli"] = 4,
    };

    private static IEnumerable<Project> Source => Repository.Projects.Where(p => p.IsSource);

    [Fact]
    public void Every_source_project_has_a_level() =>
        Assert.Empty(Source.Select(p => p.Folder).Except(Levels.Keys));

    [Fact]
    public void References_point_down() => Assert.Empty(
        from project in Source
        from reference in project.References
        where !reference.StartsWith("src/", StringComparison.Ordinal)
            || Levels[reference.Split('/')[1]] >= Levels[project.Folder]
        select $"{project.Path} -> {reference}");

    [Fact]
    public void References_exist() => Assert.Empty(
        from project in Repository.Projects
        from reference in project.References
        where !File.Exists(Path.Combine(Repository.Root, reference))
        select $"{project.Path} -> {reference}");

    [Theory]
    [InlineData("Apache.Arrow", "Export")]
    [InlineData("Plotly.NET", "Reports")]
    [InlineData("Microsoft.ML.OnnxRuntime", "Onnx")]
    [InlineData("Grpc.Tools", "Onnx")]
    public void A_package_stays_in_its_layer(string package, string layer) => Assert.Empty(
        from project in Source
        where project.Folder != layer && project.Packages.Any(p => p.StartsWith(package, StringComparison.Ordinal))
        select project.Path);

    [Fact]
    public void Hooks_need_no_package() => Assert.Empty(Source.Single(p => p.Folder == "Hooks").Packages);

    [Fact]
    public void Every_source_project_has_a_test_project() => Assert.Empty(
        Source.Select(p => p.Folder + ".Tests").Except(Repository.Projects.Select(p => p.Folder)));
}
