namespace Interp.Tests;

/// <summary>
/// The reference numbers: the directory named by INTERP_FIXTURES or, without that, <c>shared/fixtures</c> beside the
/// repository; what is not there and belongs to a few small models is in <c>tests/Fixtures</c>. Tests that need what is
/// nowhere are skipped.
/// </summary>
public static class Fixtures
{
    private static readonly Lazy<string[]> Roots = new(() => [.. Directories()]);

    /// <summary>A file or directory of the fixtures; the test is skipped when it is not there.</summary>
    /// <param name="relative">The path below the directory, with forward slashes.</param>
    /// <returns>The full path.</returns>
    public static string Require(string relative)
    {
        string? path = Find(relative);
        if (path is null)
            Assert.Skip($"{relative} is not among the fixtures: set INTERP_FIXTURES, or put them into ../shared/fixtures.");
        return path;
    }

    /// <summary>A file or directory of the fixtures, or null.</summary>
    /// <param name="relative">The path below the directory, with forward slashes.</param>
    public static string? Find(string relative) =>
        Roots.Value.Select(root => Path.Combine(root, relative)).FirstOrDefault(Path.Exists);

    private static IEnumerable<string> Directories()
    {
        string? named = Environment.GetEnvironmentVariable("INTERP_FIXTURES");
        if (!string.IsNullOrEmpty(named))
        {
            yield return Directory.Exists(named)
                ? Path.GetFullPath(named)
                : throw new DirectoryNotFoundException($"INTERP_FIXTURES names {named}, which is not a directory.");
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Interp.sln")))
            {
                if (string.IsNullOrEmpty(named))
                {
                    yield return Path.GetFullPath(Path.Combine(at.FullName, "..", "shared", "fixtures"));
                }

                yield return Path.Combine(at.FullName, "tests", "Fixtures");
            }
        }
    }
}
