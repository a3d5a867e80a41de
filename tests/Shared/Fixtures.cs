namespace Interp.Tests;

/// <summary>
/// The reference numbers that live outside the repository: the directory named by INTERP_FIXTURES, or <c>shared/fixtures</c>
/// beside the repository. Tests that need them are skipped where they are absent.
/// </summary>
public static class Fixtures
{
    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>The directory, or null when there is none.</summary>
    public static string? Root => Found.Value;

    /// <summary>A file or directory of the fixtures; the test is skipped when it is not there.</summary>
    /// <param name="relative">The path below <see cref="Root"/>, with forward slashes.</param>
    /// <returns>The full path.</returns>
    public static string Require(string relative)
    {
        if (Root is null)
            Assert.Skip("There are no fixtures: set INTERP_FIXTURES, or put them into ../shared/fixtures.");
        string path = Path.Combine(Root, relative);
        if (!Path.Exists(path))
            Assert.Skip($"The fixtures in {Root} do not have {relative}.");
        return path;
    }

    private static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable("INTERP_FIXTURES");
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named)
                ? Path.GetFullPath(named)
                : throw new DirectoryNotFoundException($"INTERP_FIXTURES names {named}, which is not a directory.");
        }
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Interp.sln")))
                continue;
            string beside = Path.GetFullPath(Path.Combine(at.FullName, "..", "shared", "fixtures"));
            return Directory.Exists(beside) ? beside : null;
        }
        return null;
    }
}
