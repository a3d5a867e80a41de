using System.Collections;

namespace Interp.Analysis;

/// <summary>The rows of a table as lists of objects, made when they are asked for.</summary>
internal sealed class TableRowList(ResultTable table) : IReadOnlyList<IReadOnlyList<object?>>
{
    /// <inheritdoc/>
    public int Count => table.Count;

    /// <inheritdoc/>
    public IReadOnlyList<object?> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)table.Count, nameof(index));
            return new Row(table, index);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<IReadOnlyList<object?>> GetEnumerator()
    {
        for (int row = 0; row < table.Count; row++)
        {
            yield return new Row(table, row);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Row(ResultTable table, int row) : IReadOnlyList<object?>
    {
        /// <inheritdoc/>
        public int Count => table.Columns.Count;

        /// <inheritdoc/>
        public object? this[int index] => table.Column(index)[row];

        /// <inheritdoc/>
        public IEnumerator<object?> GetEnumerator()
        {
            for (int column = 0; column < Count; column++)
            {
                yield return this[column];
            }
        }

        /// <inheritdoc/>
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
