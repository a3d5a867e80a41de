using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A tidy table: one row per observation, index columns first, then values. It is held column by column. Results come as
/// <see cref="ResultTable{T}"/>, which is the list of its rows as well.
/// </summary>
public class ResultTable
{
    private readonly TableColumn[] _columns;
    private IReadOnlyDictionary<string, string>? _metadata;
    private bool _finite;
    private (object Map, TableColumn?[] Bound, TableColumn[] Others)? _binding;

    /// <summary>Creates an empty table.</summary>
    /// <param name="name">Name of the table, such as <c>patching</c>.</param>
    /// <param name="columns">Its columns.</param>
    public ResultTable(string name, params IReadOnlyList<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Name = name;
        Columns = columns;
        _columns = [.. columns.Select(c => TableColumn.Of(c.Type))];
        Rows = new TableRowList(this);
    }

    /// <summary>Name of the table.</summary>
    public string Name { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>
    /// Where the table comes from: <c>interp.model_sha256</c>, <c>interp.command</c>, <c>interp.result_sha256</c> and the like
    /// (<see cref="ResultMetadata"/>). What is known where the table was made (version, model, prompts, seed), until somebody who knows more
    /// says it, or as it was read from a file.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata
    {
        get => _metadata ?? Origin?.Metadata() ?? new Dictionary<string, string>();
        set => _metadata = value;
    }

    /// <summary>What the table is computed from; null where that is not known.</summary>
    internal TableOrigin? Origin { get; private set; }

    /// <summary>A table of records of one's own.</summary>
    /// <typeparam name="T">
    /// A record: each parameter of its constructor is a column, <c>SrcPos</c> is <c>src_pos</c>. Integers, floats, strings, bools and enums,
    /// each of them nullable or not.
    /// </typeparam>
    /// <param name="name">Name of the table.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="InvalidInputException">The record has a property of another type.</exception>
    public static ResultTable<T> Of<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(string name, IEnumerable<T> rows)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(rows);
        var table = new ResultTable<T>(name);
        foreach (T row in rows)
        {
            table.AddRow(row);
        }

        return table;
    }

    /// <summary>Says what the table is computed from.</summary>
    internal void SetOrigin(TableOrigin origin, bool finite) => (Origin, _finite) = (origin, finite);

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The rows; each value is an int, a long, a double, a string or null, as its column says. For many rows the columns are cheaper:
    /// <see cref="Int32(string)"/>, <see cref="Float64(string)"/>, <see cref="Text(string)"/>.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<object?>> Rows { get; }

    /// <summary>Adds a row.</summary>
    /// <param name="values">One value per column: int, long, double, string or null.</param>
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
            if (!_columns[i].Fits(values[i]))
            {
                throw new ArgumentException(
                    $"table {Name}, column {Columns[i].Name}: expected {Columns[i].Type}, found {values[i]!.GetType().Name}",
                    nameof(values));
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            _columns[i].AddObject(values[i]);
        }

        Count++;
    }

    /// <summary>Adds a row from a record: property <c>SrcPos</c> is column <c>src_pos</c>. Nothing is boxed.</summary>
    /// <typeparam name="T">A record such as <see cref="PatchingRow"/>; see <see cref="Of{T}"/>.</typeparam>
    /// <param name="row">The row. Columns that the record does not have are null.</param>
    /// <exception cref="InvalidInputException">
    /// The record does not fit the columns; or a number that is computed from a model's weights and activations is infinite or undefined.
    /// </exception>
    public void AddRow<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(T row)
    {
        if (_binding is not (RowMap<T> map, var bound, var others))
        {
            map = RowMap<T>.Instance;
            bound = map.Bind(this);
            others = [.. _columns.Except(bound.Where(c => c is not null)).Cast<TableColumn>()];
            _binding = (map, bound, others);
        }

        map.Write(row, bound);
        foreach (TableColumn column in others)
        {
            column.AddNull();
        }

        Count++;
        if (_finite)
        {
            RequireFinite(Count - 1);
        }
    }

    /// <summary>The rows as records: column <c>src_pos</c> is property <c>SrcPos</c>.</summary>
    /// <typeparam name="T">A record such as <see cref="PatchingRow"/>; see <see cref="Of{T}"/>.</typeparam>
    /// <returns>A view; records are made when they are asked for.</returns>
    /// <exception cref="InvalidInputException">
    /// A column is missing or of another type; or, when it is read, null where the record cannot hold null.
    /// </exception>
    public IReadOnlyList<T> As<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>() => new TableRecords<T>(this);

    /// <summary>Whether the table has a column.</summary>
    /// <param name="column">Name of the column.</param>
    public bool Has(string column) => Find(column) >= 0;

    /// <summary>Index of a column.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public int IndexOf(string column) => Find(column) is >= 0 and int index
        ? index
        : throw new ArgumentException($"table {Name} has no column {column}", nameof(column));

    /// <summary>The values of one column.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public IEnumerable<object?> Values(string column)
    {
        TableColumn values = _columns[IndexOf(column)];
        return Enumerable.Range(0, Count).Select(row => values[row]);
    }

    /// <summary>A column by its place.</summary>
    /// <param name="index">0-based place among <see cref="Columns"/>.</param>
    public TableColumn Column(int index) => _columns[index];

    /// <summary>A column of integers.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column, or it holds something else.</exception>
    public Int32Column Int32(string column) => Typed<Int32Column>(column);

    /// <summary>A column of 64-bit integers.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column, or it holds something else.</exception>
    public Int64Column Int64(string column) => Typed<Int64Column>(column);

    /// <summary>A column of floats.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column, or it holds something else.</exception>
    public Float64Column Float64(string column) => Typed<Float64Column>(column);

    /// <summary>A column of texts.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="ArgumentException">There is no such column, or it holds something else.</exception>
    public TextColumn Text(string column) => Typed<TextColumn>(column);

    /// <summary>Says that each column got some values more.</summary>
    internal void CountRows(int rows) => Count += rows;

    /// <summary>Forgets the rows and keeps the memory, for the next batch.</summary>
    internal void Clear()
    {
        foreach (TableColumn column in _columns)
        {
            column.Clear();
        }

        Count = 0;
    }

    /// <summary>What is not finite in the first place makes every later number meaningless: it is told where it is met.</summary>
    private void RequireFinite(int row)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            if (_columns[i] is Float64Column numbers && numbers.At(row) is { } number && !double.IsFinite(number))
            {
                string place = string.Join(", ", Columns.Select((c, at) => (c, Value: _columns[at][row]))
                    .Where(found => found.Value is int or string).Select(found => $"{found.c.Name} {found.Value}"));
                throw new InvalidInputException($"table {Name}: expected finite numbers, found {Columns[i].Name} {number.ToString(CultureInfo.InvariantCulture)} "
                    + $"first at {place}: weights or activations there are not finite, or too large for float32");
            }
        }
    }

    private int Find(string column)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == column)
            {
                return i;
            }
        }

        return -1;
    }

    private T Typed<T>(string column)
        where T : TableColumn
    {
        int index = IndexOf(column);
        return _columns[index] as T ?? throw new ArgumentException(
            $"table {Name}, column {column}: it holds {Columns[index].Type}, not {typeof(T).Name[..^"Column".Length]}", nameof(column));
    }
}
