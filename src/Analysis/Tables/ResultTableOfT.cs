using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>
/// A table and the list of its rows in one: <c>table.OrderByDescending(row => row.Effect)</c> reads records, and the same object is written to
/// files. Rows are held as columns; a record is made when it is asked for.
/// </summary>
/// <typeparam name="T">The record of a row, such as <see cref="PatchingRow"/>.</typeparam>
public sealed class ResultTable<[DynamicallyAccessedMembers(RecordMembers.Needed)] T> : ResultTable, IReadOnlyList<T>
{
    private IReadOnlyList<T>? _records;

    /// <summary>Creates an empty table whose columns are the record's.</summary>
    /// <param name="name">Name of the table.</param>
    /// <exception cref="InvalidInputException">The record has a property that no column holds.</exception>
    public ResultTable(string name)
        : this(name, RowMap<T>.Instance.Columns)
    {
    }

    /// <summary>Creates an empty table with some of the record's columns, and maybe more.</summary>
    internal ResultTable(string name, IReadOnlyList<Column> columns)
        : base(name, columns)
    {
    }

    /// <summary>A row.</summary>
    /// <param name="index">0-based row.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public T this[int index] => Records[index];

    private IReadOnlyList<T> Records => _records ??= As<T>();

    /// <summary>Adds a row.</summary>
    /// <param name="row">The row.</param>
    /// <exception cref="InvalidInputException">A number that is computed from a model's weights and activations is infinite or undefined.</exception>
    public void Add(T row) => AddRow(row);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => Records.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
