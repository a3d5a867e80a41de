using System.Xml.Linq;

namespace Interp.Architecture.Tests;

/// <summary>The checkout that these tests were built from, read as files.</summary>
internal static class Repository
{
    /// <summary>The directory of Interp.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Project files of src, tests, samples and bench.</summary>
    public static IReadOnlyList<Project> Projects { get; } =
        [.. Files("*.csproj", "src", "tests", "samples", "bench").Select(Project.Read)];

    /// <summary>Files of some folders, without what builds leave behind; relative to the root, with forward slashes.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        from folder in folders
        let path = Path.Combine(Root, folder)
        where Directory.Exists(path)
        from file in Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !relative.Split('/').Any(part => part is "bin" or "obj")
        orderby relative
        select relative;

    /// <summary>README.md and the pages of docs.</summary>
    public static IReadOnlyList<string> Pages { get; } = ["README.md", .. Files("*.md", "docs")];

    /// <summary>The text of a file.</summary>
    /// <param name="relative">Path relative to the root.</param>
    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Interp.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Interp.sln above {AppContext.BaseDirectory}");
    }
}

/// <summary>A project file.</summary>
/// <param name="Path">Path relative to the root.</param>
/// <param name="References">Paths of the projects it refers to, relative to the root.</param>
/// <param name="Packages">Names of the packages it refers to.</param>
internal sealed record Project(string Path, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    /// <summary>Name of its folder: Hooks, Runtime, Runtime.Tests, ...</summary>
    public string Folder => Path.Split('/')[^2];

    /// <summary>Whether it is part of the product.</summary>
    public bool IsSource => Path.StartsWith("src/", StringComparison.Ordinal);

    /// <summary>Reads a project file.</summary>
    /// <param name="path">Path relative to the root.</param>
    public static Project Read(string path)
    {
        XDocument xml = XDocument.Parse(Repository.Read(path));
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Repository.Root, path))!;
        return new Project(path, [.. Included("ProjectReference").Select(Resolve)], [.. Included("PackageReference")]);

        IEnumerable<string> Included(string element) => xml.Descendants(element).Select(e => e.Attribute("Include")!.Value);

        string Resolve(string reference) => System.IO.Path
            .GetRelativePath(Repository.Root, System.IO.Path.GetFullPath(reference.Replace('\\', '/'), folder))
            .Replace('\\', '/');
    }
}
