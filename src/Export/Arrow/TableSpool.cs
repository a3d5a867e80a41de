using System.Runtime.InteropServices;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// Batches of a table, put aside as bytes until its dictionaries are whole: readers want one dictionary per column, and which
/// texts a run gives is known at its end. Small tables stay in memory; larger ones go to a file beside the final one that
/// has no name any more, so that nothing is left of it whatever happens to the process.
/// </summary>
internal sealed class TableSpool : IDisposable
{
    private const int MostInMemory = 8 << 20;

    private readonly string _folder;
    private readonly TextCodes?[] _codes;
    private readonly List<(long Offset, int Rows, int[] Nulls)> _batches = [];
    private Stream _stream = new MemoryStream();
    private int[] _translated = [];

    /// <summary>Begins.</summary>
    /// <param name="columns">Columns of the table.</param>
    /// <param name="folder">Where a file may be made.</param>
    public TableSpool(IReadOnlyList<Column> columns, string folder)
    {
        _folder = folder;
        Columns = columns;
        _codes = [.. columns.Select(c => c.Type == ColumnType.Text ? new TextCodes() : null)];
    }

    /// <summary>Columns of the table.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of batches.</summary>
    public int Count => _batches.Count;

    /// <summary>The texts of a column, in the order of their codes.</summary>
    public IReadOnlyList<string> Texts(int column) => _codes[column]!.Texts;

    /// <summary>Takes rows.</summary>
    public void Append(ResultTable rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        _batches.Add((_stream.Position, rows.Count, [.. Columns.Select((_, i) => rows.Column(i).NullCount)]));
        for (int i = 0; i < Columns.Count; i++)
        {
            TableColumn column = rows.Column(i);
            if (column.NullCount > 0)
            {
                _stream.Write(column.Validity);
            }

            _stream.Write(column switch
            {
                Int32Column numbers => MemoryMarshal.AsBytes(numbers.Values),
                Int64Column numbers => MemoryMarshal.AsBytes(numbers.Values),
                Float64Column numbers => MemoryMarshal.AsBytes(numbers.Values),
                _ => MemoryMarshal.AsBytes(Translated((TextColumn)column, _codes[i]!)),
            });
        }

        if (_stream is MemoryStream { Length: > MostInMemory } memory)
        {
            _stream = Unnamed(_folder);
            memory.WriteTo(_stream);
            memory.Dispose();
        }
    }

    /// <summary>Brings a batch back.</summary>
    /// <param name="batch">0-based number.</param>
    /// <param name="buffer">Holds the bytes; grown where need be.</param>
    /// <returns>For each column the number of nulls, the validity bits (empty without nulls) and the values.</returns>
    public (int Rows, (int Nulls, ReadOnlyMemory<byte> Validity, ReadOnlyMemory<byte> Values)[] Columns) Read(int batch, ref byte[] buffer)
    {
        (long offset, int rows, int[] nulls) = _batches[batch];
        int bytes = nulls.Select((n, i) => ValidityBytes(n, rows) + (rows * Width(i))).Sum();
        if (buffer.Length < bytes)
        {
            buffer = new byte[bytes];
        }

        _stream.Position = offset;
        _stream.ReadExactly(buffer, 0, bytes);
        var columns = new (int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)[Columns.Count];
        int at = 0;
        for (int i = 0; i < columns.Length; i++)
        {
            int validity = ValidityBytes(nulls[i], rows), values = rows * Width(i);
            columns[i] = (nulls[i], buffer.AsMemory(at, validity), buffer.AsMemory(at + validity, values));
            at += validity + values;
        }

        return (rows, columns);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static int ValidityBytes(int nulls, int rows) => nulls > 0 ? (rows + 7) / 8 : 0;

    private static FileStream Unnamed(string folder)
    {
        string path = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 1 << 16,
        });
        if (!OperatingSystem.IsWindows())
        {
            // The open file lives on without a name.
            File.Delete(path);
        }

        return stream;
    }

    private int Width(int column) => Columns[column].Type is ColumnType.Float64 or ColumnType.Int64 ? sizeof(double) : sizeof(int);

    // Under a null some readers still look the index up, so it must be one that may exist.
    private ReadOnlySpan<int> Translated(TextColumn column, TextCodes codes)
    {
        if (_translated.Length < column.Count)
        {
            _translated = new int[column.Count];
        }

        Span<int> translated = _translated.AsSpan(0, column.Count);
        codes.Begin(column);
        codes.Translate(column.Codes, translated);
        if (column.NullCount > 0)
        {
            translated.Replace(TextColumn.NullCode, 0);
        }

        return translated;
    }
}
