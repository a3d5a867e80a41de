using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Interp.Architecture.Tests;

/// <summary>No folder of a project uses another one that uses it, directly or by way of others.</summary>
public sealed class FolderTests
{
    private static readonly CSharpParseOptions Parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    // The ledger is one class, whose readings and flow stand in its own folder: to be taken apart.
    private static readonly string[] Unfinished = ["Ledger", "Decomposition", "Flow"];

    public static TheoryData<string> Projects => [.. Repository.Projects.Where(p => p.IsSource).Select(p => p.Folder)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_do_not_use_each_other_in_a_circle(string project)
    {
        Dictionary<string, Dictionary<string, SortedSet<string>>> uses = Uses(project);
        string[] circles =
        [
            .. from user in uses.Keys
               from used in uses[user].Keys
               where Reaches(uses, used, user) && !(project == "Analysis" && Unfinished.Contains(user) && Unfinished.Contains(used))
               orderby user, used
               select $"{project}: {user} -> {used}: {string.Join(", ", uses[user][used].Take(6))}",
        ];
        Assert.True(circles.Length == 0, "circles of folders (user -> used: file uses type)\n" + string.Join('\n', circles));
    }

    private static bool Reaches(Dictionary<string, Dictionary<string, SortedSet<string>>> uses, string from, string to)
    {
        HashSet<string> seen = [from];
        Stack<string> open = new(seen);
        while (open.TryPop(out string? folder))
        {
            if (folder == to)
            {
                return true;
            }

            foreach (string next in uses.TryGetValue(folder, out var own) ? own.Keys.Where(seen.Add) : [])
            {
                open.Push(next);
            }
        }

        return false;
    }

    /// <summary>For each folder the folders whose types it names, with files and types.</summary>
    private static Dictionary<string, Dictionary<string, SortedSet<string>>> Uses(string project)
    {
        string[] files = [.. Repository.Files("*.cs", $"src/{project}")];
        SyntaxTree[] trees = [.. files.Select(f => CSharpSyntaxTree.ParseText(Repository.Read(f), Parse, f))];
        string[] references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)];
        var compilation = CSharpCompilation.Create(
            $"Interp.{project}",
            [.. trees, CSharpSyntaxTree.ParseText(DocumentationCode.ImplicitUsings, Parse)],
            references.Where(path => Path.GetFileNameWithoutExtension(path) != $"Interp.{project}").Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var uses = new Dictionary<string, Dictionary<string, SortedSet<string>>>();
        foreach (SyntaxTree tree in trees)
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            string folder = FolderOf(tree.FilePath);
            foreach (SimpleNameSyntax name in tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<SimpleNameSyntax>())
            {
                ISymbol? symbol = model.GetSymbolInfo(name, TestContext.Current.CancellationToken).Symbol;
                INamedTypeSymbol? type = (symbol as INamedTypeSymbol ?? symbol?.ContainingType)?.OriginalDefinition;
                string[] declared = [.. (type?.DeclaringSyntaxReferences ?? []).Select(d => FolderOf(d.SyntaxTree.FilePath))];
                if (declared.Length > 0 && !declared.Contains(folder))
                {
                    uses.TryAdd(folder, []);
                    uses[folder].TryAdd(declared[0], []);
                    uses[folder][declared[0]].Add($"{Path.GetFileName(tree.FilePath)} uses {type!.Name}");
                }
            }
        }

        return uses;
    }

    // src/PROJECT/FOLDER/...: files beside the folders are a folder of their own. Kernels, in Runtime, is a folder of folders.
    private static string FolderOf(string file)
    {
        string[] parts = file.Split('/');
        return parts.Length <= 3 ? "." : parts[2] == "Kernels" && parts.Length > 4 ? $"{parts[2]}/{parts[3]}" : parts[2];
    }
}
