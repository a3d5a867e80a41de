namespace Interp.Analysis;

/// <summary>The columns of a sweep's summary over prompts.</summary>
internal static class SummaryColumns
{
    private static readonly string[] OfPrompts = ["prompt", "id", "group"];
    private static readonly string[] Values = ["clean", "corrupted", "patched", "effect", "linear", "linear_effect"];

    /// <summary>What is told of a cell.</summary>
    public static IReadOnlyList<Column> Statistics { get; } =
    [
        new("n", ColumnType.Int32), new("mean", ColumnType.Float64), new("ci_low", ColumnType.Float64),
        new("ci_high", ColumnType.Float64), new("p", ColumnType.Float64), new("q", ColumnType.Float64), new("d", ColumnType.Float64),
    ];

    /// <summary>The columns that tell cells apart.</summary>
    public static IEnumerable<Column> Index(IEnumerable<Column> columns) =>
        columns.Where(c => !OfPrompts.Contains(c.Name) && !Values.Contains(c.Name));

    /// <summary>The kind of table that a sweep's table is summarised in.</summary>
    public static TableSchema Schema(TableSchema of) => new(
        of.Name + "_summary", of.Commands + " --summary", $"One cell of `{of.Name}` over all prompts.", [.. Index(of.Columns), .. Statistics],
        typeof(SummaryRow));
}
