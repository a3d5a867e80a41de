using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Reads a table's rows by name of column; a column that the table lacks reads as null.</summary>
internal sealed class TableReader
{
    private readonly Dictionary<string, int> _at;

    public TableReader(ResultTable table)
    {
        Table = table;
        _at = table.Columns.Select((column, i) => (column.Name, i)).ToDictionary(c => c.Name, c => c.i, StringComparer.Ordinal);
    }

    public ResultTable Table { get; }

    public string Name => Table.Name;

    public IReadOnlyList<IReadOnlyList<object?>> Rows => Table.Rows;

    public bool Has(string column) => _at.ContainsKey(column);

    /// <summary>Whether any row has a value in a column.</summary>
    public bool Uses(string column) => _at.TryGetValue(column, out int i) && Rows.Any(r => r[i] is not null);

    public int? Int(IReadOnlyList<object?> row, string column) => Value(row, column) as int?;

    public double? Number(IReadOnlyList<object?> row, string column) => Value(row, column) switch
    {
        double value when double.IsFinite(value) => value,
        int value => value,
        _ => null,
    };

    public string? Text(IReadOnlyList<object?> row, string column) => Value(row, column) as string;

    private object? Value(IReadOnlyList<object?> row, string column) => _at.TryGetValue(column, out int i) ? row[i] : null;
}
