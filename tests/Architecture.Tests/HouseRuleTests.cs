using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Interp.Architecture.Tests;

/// <summary>House rules that syntax alone can show. Offenders are told as <c>path:line</c>.</summary>
public sealed partial class HouseRuleTests
{
    private static readonly Lazy<IReadOnlyList<CompilationUnitSyntax>> Units = new(() =>
    [
        .. Repository.Files("*.cs", "src", "tests", "samples", "bench").Select(path =>
            CSharpSyntaxTree.ParseText(Repository.Read(path), path: path).GetCompilationUnitRoot()),
    ]);

    [Fact]
    public void No_regions() => Refuse(unit => Trivia(unit, t => t.IsKind(SyntaxKind.RegionDirectiveTrivia)));

    [Fact]
    public void No_switched_off_warnings() => Refuse(unit => Trivia(unit, t =>
        t.GetStructure() is PragmaWarningDirectiveTriviaSyntax pragma
        && pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword)));

    [Fact]
    public void No_notes_to_oneself() => Refuse(unit => Trivia(unit, t => IsComment(t) && Note().IsMatch(t.ToFullString())));

    [Fact]
    public void No_stubs() => Refuse(unit => Names(unit, "NotImplementedException"));

    [Fact]
    public void No_sleeping() => Refuse(unit => Expressions(unit, "Thread.Sleep"));

    [Fact]
    public void No_assertion_of_nothing() => Refuse(unit =>
        unit.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(i => i.ToString() == "Assert.True(true)").Select(Line));

    [Fact]
    public void Classes_and_records_are_sealed_static_or_abstract()
    {
        // A modifier on one part of a partial type holds for all of them.
        var types =
            from unit in Units.Value
            where unit.SyntaxTree.FilePath.StartsWith("src/", StringComparison.Ordinal)
            from type in unit.DescendantNodes().OfType<TypeDeclarationSyntax>()
            where type is ClassDeclarationSyntax || type.IsKind(SyntaxKind.RecordDeclaration)
            group type by FullName(type);
        Assert.Empty(
            from type in types
            where !type.Any(part => part.Modifiers.Any(m => m.Kind() is
                SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword))
            select $"{At(type.First())} {type.Key}");
    }

    private static void Refuse(Func<CompilationUnitSyntax, IEnumerable<int>> find) => Assert.Empty(
        from unit in Units.Value
        from line in find(unit)
        select $"{unit.SyntaxTree.FilePath}:{line}");

    private static IEnumerable<int> Trivia(CompilationUnitSyntax unit, Func<SyntaxTrivia, bool> holds) =>
        unit.DescendantTrivia(descendIntoTrivia: true).Where(holds)
            .Select(t => t.GetLocation().GetLineSpan().StartLinePosition.Line + 1);

    private static IEnumerable<int> Names(CompilationUnitSyntax unit, string name) =>
        unit.DescendantNodes().OfType<IdentifierNameSyntax>().Where(n => n.Identifier.ValueText == name).Select(Line);

    private static IEnumerable<int> Expressions(CompilationUnitSyntax unit, string text) =>
        unit.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Where(n => n.ToString() == text).Select(Line);

    private static bool IsComment(SyntaxTrivia trivia) => trivia.Kind() is SyntaxKind.SingleLineCommentTrivia
        or SyntaxKind.MultiLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia;

    private static string FullName(TypeDeclarationSyntax type) => string.Join('.', type.AncestorsAndSelf().Reverse()
        .Select(n => n switch
        {
            BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
            TypeDeclarationSyntax named => named.Identifier.ValueText + "`" + (named.TypeParameterList?.Parameters.Count ?? 0),
            _ => "",
        })
        .Where(part => part.Length > 0));

    private static string At(SyntaxNode node) => $"{node.SyntaxTree.FilePath}:{Line(node)}";

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b")]
    private static partial Regex Note();
}
