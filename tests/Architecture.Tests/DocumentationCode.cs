using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Interp.Architecture.Tests;

/// <summary>A block of C# in a page of the documentation, compiled as a program of its own.</summary>
/// <param name="Page">Path of the page.</param>
/// <param name="Line">Line of its fence.</param>
/// <param name="Code">The code.</param>
internal sealed partial record DocumentationCode(string Page, int Line, string Code)
{
    internal const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        """;

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The blocks of all pages.</summary>
    public static IEnumerable<DocumentationCode> All =>
        from page in Repository.Pages
        let text = Repository.Read(page)
        from Match block in Block().Matches(text)
        select new DocumentationCode(page, text[..block.Index].Count(c => c == '\n') + 1, block.Groups[1].Value);

    /// <summary>Compiles the block as top-level statements.</summary>
    /// <returns>The assembly, and what the compiler has to say against it.</returns>
    public (byte[] Assembly, IReadOnlyList<string> Errors) Compile()
    {
        CSharpParseOptions parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            "Documentation",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, parse), CSharpSyntaxTree.ParseText(Code, parse)],
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream, cancellationToken: TestContext.Current.CancellationToken);
        var errors = result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => d.ToString());
        return (stream.ToArray(), [.. errors]);
    }

    /// <summary>Runs the block without arguments.</summary>
    /// <returns>What it printed.</returns>
    public string Run()
    {
        (byte[] assembly, IReadOnlyList<string> errors) = Compile();
        Assert.True(errors.Count == 0, $"{this}\n{string.Join('\n', errors)}");
        var context = new AssemblyLoadContext("documentation", isCollectible: true);
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            MethodInfo main = context.LoadFromStream(new MemoryStream(assembly)).EntryPoint!;
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
            return output.ToString();
        }
        catch (TargetInvocationException e)
        {
            throw new InvalidOperationException($"{this}\n{e.InnerException!.Message}", e.InnerException);
        }
        finally
        {
            Console.SetOut(console);
            context.Unload();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Page}:{Line}\n{Code}";

    [GeneratedRegex(@"^```csharp[ \t]*\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
