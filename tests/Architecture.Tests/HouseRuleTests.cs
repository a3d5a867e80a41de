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

    // Of TensorPrimitives: elementwise operations that IEEE 754 rounds exactly (MultiplyAdd rounds twice, unlike FusedMultiplyAdd, and both are
    // exact), exact conversions, and reductions whose order cannot matter: the largest value, whether all are finite.
    private static readonly string[] SameAtEveryWidth =
    [
        "Add", "Subtract", "Multiply", "Divide", "MultiplyAdd", "ConvertToSingle", "ConvertTruncating", "ConvertChecked", "Max", "MaxMagnitude",
        "IsFiniteAll",
    ];

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

    // Width of the vector unit: sums over lanes of the machine's own width have another order on another machine.
    [Fact]
    public void No_vector_operation_whose_result_depends_on_the_width() => Assert.Empty(
        from unit in Units.Value
        where unit.SyntaxTree.FilePath.StartsWith("src/", StringComparison.Ordinal)
        from access in unit.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let type = access.Expression.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().LastOrDefault()?.Identifier.ValueText ?? ""
        let member = access.Name.Identifier.ValueText
        where type switch
        {
            "TensorPrimitives" => !SameAtEveryWidth.Contains(member),
            "Tensor" or "Vector" or "Vector128" or "Vector256" or "Vector512" =>
                member is "Sum" or "Dot" or "Norm" or "Average" or "Distance" or "CosineSimilarity" || member.EndsWith("Estimate", StringComparison.Ordinal)
                || member is "Exp" or "Log" or "Log2" or "Sin" or "Cos" or "SinCos" or "Tanh",
            _ => false,
        }
        select $"{At(access)} {type}.{member}");

    // What a block is, says its plan. Families and geometries choose a style, the configuration checks it, the plan's builder reads it, and
    // the command line tells it to people.
    [Fact]
    public void Nobody_but_the_plan_asks_for_the_style_of_a_block() => Assert.Empty(
        from unit in Units.Value
        let path = unit.SyntaxTree.FilePath
        where path.StartsWith("src/", StringComparison.Ordinal) && path is not "src/Runtime/Block/BlockPlanBuilder.cs"
        where path is not ("src/Cli/Commands/InfoCommand.cs" or "src/Cli/Commands/ModelFacts.cs")
        where !path.StartsWith("src/Runtime/Config/", StringComparison.Ordinal)
        from node in unit.DescendantNodes()
        where node is MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Block", Expression: var of }
                && of.ToString() is "config" or "_config" or "Config" or "c" or "model.Config" or "_model.Config"
            || node is SubpatternSyntax { ExpressionColon.Expression: IdentifierNameSyntax { Identifier.ValueText: "Block" } }
        select At(node));

    [Fact]
    public void Vector_operations_are_named_with_their_type() => Refuse(unit =>
        unit.Usings.Where(u => u.StaticKeyword != default && u.Name!.ToString().Contains("Numerics", StringComparison.Ordinal)).Select(Line));

    [Fact]
    public void Classes_and_records_are_sealed_static_abstract_or_a_base_here()
    {
        HashSet<string> bases =
        [
            .. from unit in Units.Value
               from type in unit.DescendantNodes().OfType<TypeDeclarationSyntax>()
               from based in type.BaseList?.Types ?? []
               where based.Type is IdentifierNameSyntax
               select based.Type.ToString() + "`0",
        ];
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
                && !bases.Contains(type.Key[(type.Key.LastIndexOf('.') + 1)..])
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
