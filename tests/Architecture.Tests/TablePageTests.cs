using System.Text;
using System.Text.RegularExpressions;
using Interp.Analysis;

namespace Interp.Architecture.Tests;

/// <summary>
/// docs/tables.md is made of the schemas in the code. Run the tests once with INTERP_UPDATE_DOCS=1 to write it anew.
/// </summary>
public sealed partial class TablePageTests
{
    private const string Page = "docs/tables.md";
    private const string Begin = "<!-- tables: begin -->";
    private const string End = "<!-- tables: end -->";

    // Tables of the contract whose techniques are not built yet.
    private static readonly string[] ToCome = ["attribution", "edges"];

    [Fact]
    public void The_page_has_the_schemas_of_the_code()
    {
        string text = Repository.Read(Page);
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = text.IndexOf(End, StringComparison.Ordinal);
        string expected = text[..from] + "\n\n" + Tables() + text[to..];
        if (Environment.GetEnvironmentVariable("INTERP_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), expected);
            return;
        }

        Assert.True(text == expected, $"{Page} is out of date; write it anew by running this test with INTERP_UPDATE_DOCS=1");
    }

    [Fact]
    public void The_same_name_has_the_same_type_in_every_table() => Assert.Empty(
        from schema in TableSchemas.All
        where schema.Name != "model"
        from column in schema.Columns
        group column.Type by column.Name into types
        where types.Distinct().Count() > 1
        select types.Key);

    [Fact]
    public void Every_column_of_a_table_has_one_name() => Assert.Empty(
        from schema in TableSchemas.All
        where schema.Columns.Select(c => c.Name).Distinct().Count() != schema.Columns.Count
        select schema.Name);

    [Fact]
    public void The_columns_are_those_of_the_contract()
    {
        string contract = Path.Combine(Repository.Root, "..", "shared", "cli.md");
        Assert.SkipUnless(File.Exists(contract), "the contract (shared/cli.md) is not beside the repository");
        string text = File.ReadAllText(contract);
        text = text[text.IndexOf("## Tables", StringComparison.Ordinal)..];
        (string Table, string[] Columns)[] promised =
        [
            .. from Match line in Row().Matches(text)
               from Match table in Table().Matches(line.Value)
               where !ToCome.Contains(table.Groups[1].Value)
               select (table.Groups[1].Value, Columns(table.Groups[2].Value)),
        ];
        Assert.Equal(["components", "patching", "*_summary", "flow", "lens", "heads", "verify"], promised.Select(p => p.Table));
        foreach ((string table, string[] columns) in promised)
        {
            TableSchema[] schemas = [.. TableSchemas.All.Where(s => table.StartsWith('*') ? s.Name.EndsWith(table[1..], StringComparison.Ordinal) : s.Name == table)];
            Assert.NotEmpty(schemas);
            Assert.All(schemas, schema => Assert.Equal(columns, schema.Columns.Select(c => c.Name).Where(columns.Contains)));
        }
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (TableSchema schema in TableSchemas.All)
        {
            text.Append($"## {schema.Name}\n\n{schema.Meaning} From `{schema.Commands}`; rows read as `{schema.Record.Name}`.\n\n");
            text.Append("| column | type | meaning |\n|---|---|---|\n");
            foreach (Column column in schema.Columns)
            {
                text.Append($"| `{column.Name}` | {column.Type.ToString().ToLowerInvariant()} | {ColumnMeanings.Of(schema.Name, column.Name)} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    // "`dla` (direct contribution)", "p", "prompt": the name is the first word.
    private static string[] Columns(string list) =>
        [.. Parenthesis().Replace(list, "").Split(',').Select(c => Name().Match(c)).Where(m => m.Success).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"^- `.*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    // "`name`: columns." or "`name`: the same index without prompt, then columns."
    [GeneratedRegex(@"`([a-z_*]+)`: (?:the same index without prompt, then )?((?:\([^)]*\)|[^.])*)")]
    private static partial Regex Table();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Parenthesis();

    [GeneratedRegex(@"^\s*([a-z_]+)(?:\s*=.*)?\s*$")]
    private static partial Regex Name();
}
