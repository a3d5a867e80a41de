using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>The rows of a table as records, made when they are asked for.</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class TableRecords<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(ResultTable table) : IReadOnlyList<T>
{
    private readonly TableColumn?[] _columns = RowMap<T>.Instance.Bind(table);

    /// <inheritdoc/>
    public int Count => table.Count;

    /// <inheritdoc/>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)table.Count, nameof(index));
            return RowMap<T>.Instance.Read(_columns, index);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (int row = 0; row < table.Count; row++)
        {
            yield return this[row];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
