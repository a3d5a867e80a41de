namespace Interp.Architecture.Tests;

/// <summary>Files that can be read in one sitting.</summary>
public sealed class FileSizeTests
{
    [Theory]
    [InlineData("src", 300)]
    [InlineData("tests", 400)]
    [InlineData("samples", 100)]
    public void No_file_is_too_long(string folder, int most) => Assert.Empty(
        from file in Lines(folder)
        where file.Count > most
        orderby file.Count descending
        select $"{file.Path}: {file.Count} lines");

    [Fact]
    public void The_median_source_file_is_short()
    {
        int[] counts = [.. Lines("src").Select(f => f.Count).Order()];
        Assert.InRange(counts[counts.Length / 2], 1, 130);
    }

    private static IEnumerable<(string Path, int Count)> Lines(string folder) =>
        Repository.Files("*.cs", folder).Select(f => (f, File.ReadLines(Path.Combine(Repository.Root, f)).Count()));
}
