using System.Text;
using System.Text.RegularExpressions;
using Interp.Hooks;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Interp.Architecture.Tests;

/// <summary>
/// The table of docs/hooks.md is that of the code. Run the tests once with INTERP_UPDATE_DOCS=1 to write it anew.
/// </summary>
public sealed partial class HookPageTests
{
    private const string Page = "docs/hooks.md";
    private const string Begin = "<!-- hook table: begin -->";
    private const string End = "<!-- hook table: end -->";

    [Fact]
    public void The_page_has_the_table_of_the_code()
    {
        string text = Repository.Read(Page);
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int to = text.IndexOf(End, StringComparison.Ordinal);
        string expected = text[..from] + "\n" + Table() + text[to..];
        if (Environment.GetEnvironmentVariable("INTERP_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), expected);
            return;
        }

        Assert.True(text == expected, $"{Page} is out of date; write its table anew by running this test with INTERP_UPDATE_DOCS=1");
    }

    private static string Table()
    {
        Dictionary<string, string> meanings = Meanings();
        var table = new StringBuilder("| name | site | shape | meaning | absent because |\n|---|---|---|---|---|\n");
        foreach (HookRow row in HookTable.Rows)
        {
            string meaning = meanings[row.Kind.ToString()] + (row.OnRequest ? "; on request" : "");
            string axes = string.Join(", ", row.Axes.Select(Axis));
            table.Append($"| `{row.Name}` | `{row.Site}` | [{axes}] | {meaning} | {row.Presence.Absent} |\n");
        }

        return table.ToString();
    }

    private static string Axis(HookAxis axis) => axis switch
    {
        HookAxis.SrcPos => "src_pos",
        HookAxis.KeyValueHead => "kv_head",
        HookAxis.ExpertSlot => "expert_slot",
        HookAxis.DHead => "d_head",
        HookAxis.DModel => "d_model",
        HookAxis.DMlp => "d_mlp",
        HookAxis.DVocab => "d_vocab",
        HookAxis.One => "1",
        _ => axis.ToString().ToLowerInvariant(),
    };

    /// <summary>The summaries of HookKind, which say what a point is; the shape at their end has a column of its own.</summary>
    private static Dictionary<string, string> Meanings() => CSharpSyntaxTree
        .ParseText(Repository.Read("src/Hooks/HookKind.cs")).GetRoot()
        .DescendantNodes().OfType<EnumMemberDeclarationSyntax>()
        .ToDictionary(
            m => m.Identifier.ValueText,
            m => Summary().Match(m.GetLeadingTrivia().ToFullString()).Groups[1].Value.Replace("<c>", "`").Replace("</c>", "`"));

    [GeneratedRegex(@"<summary>(.*?)(?:, \[[^\]]*\])?\.</summary>", RegexOptions.Singleline)]
    private static partial Regex Summary();
}
