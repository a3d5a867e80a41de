namespace Interp.Analysis;

/// <summary>Type of a table's column.</summary>
public enum ColumnType
{
    /// <summary>32-bit integer; index columns.</summary>
    Int32,

    /// <summary>64-bit float; value columns.</summary>
    Float64,

    /// <summary>Text; names.</summary>
    Text,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Name, as the contract of the command line has it.</param>
/// <param name="Type">Type of its values; every column may hold nulls.</param>
public readonly record struct Column(string Name, ColumnType Type);

/// <summary>A tidy table: one row per observation, index columns first, then values.</summary>
public sealed class ResultTable
{
    private readonly List<object?[]> _rows = [];

    /// <summary>Creates an empty table.</summary>
    /// <param name="name">Name of the table, such as <c>patching</c>.</param>
    /// <param name="columns">Its columns.</param>
    public ResultTable(string name, params IReadOnlyList<Column> columns)
    {
        Name = name;
        Columns = columns;
    }

    /// <summary>Name of the table.</summary>
    public string Name { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The rows; each value is an int, a double, a string or null, as its column says.</summary>
    public IReadOnlyList<IReadOnlyList<object?>> Rows => _rows;

    /// <summary>Adds a row.</summary>
    /// <param name="values">One value per column: int, double, string or null.</param>
    /// <exception cref="ArgumentException">Number or type of a value does not fit the columns.</exception>
    public void Add(params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != Columns.Count)
        {
            throw new ArgumentException($"table {Name}: expected {Columns.Count} values, found {values.Length}", nameof(values));
        }

        for (int i = 0; i < values.Length; i++)
        {
            bool fits = (values[i], Columns[i].Type) is (null, _) or (int, ColumnType.Int32) or (double, ColumnType.Float64)
                or (string, ColumnType.Text);
            if (!fits)
            {
                throw new ArgumentException(
                    $"table {Name}, column {Columns[i].Name}: expected {Columns[i].Type}, found {values[i]!.GetType().Name}",
                    nameof(values));
            }
        }

        _rows.Add(values);
    }

    /// <summary>Index of a column.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public int IndexOf(string column)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == column)
            {
                return i;
            }
        }

        throw new ArgumentException($"table {Name} has no column {column}", nameof(column));
    }

    /// <summary>The values of one column.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public IEnumerable<object?> Values(string column)
    {
        int index = IndexOf(column);
        return _rows.Select(r => r[index]);
    }
}
