using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime.Weights;

namespace Interp.Analysis;

/// <summary>
/// SHA-256 over what a result says, so that two machines can compare: over the columns of a table (names, types, values and
/// nulls in row order), or over named tensors. How rows fell into batches, and which numbers a file gave its texts, do not
/// count. Of each column: name, type, number of rows, the hash of a byte per row (1 = value, 0 = null), the hash of the
/// little-endian values (null as 0; a text as its number in order of first appearance, null as -1), and for texts the hash
/// of the distinct ones in that order, each as length and UTF-8.
/// </summary>
public sealed class ResultHash : IDisposable
{
    private readonly ColumnHash[] _columns;
    private long _rows;

    /// <summary>Begins the hash of a table.</summary>
    /// <param name="columns">Its columns.</param>
    public ResultHash(IReadOnlyList<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns.Select(c => new ColumnHash(c))];
    }

    /// <summary>The hash of a table.</summary>
    /// <param name="table">The table.</param>
    /// <returns>Lower-case hexadecimal.</returns>
    public static string Of(ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        using var hash = new ResultHash(table.Columns);
        hash.Append(table);
        return hash.Finish();
    }

    /// <summary>The hash of tensors: of names, shapes and values.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <returns>Lower-case hexadecimal.</returns>
    public static string Of(IEnumerable<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedTensor tensor in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}[{string.Join(',', tensor.Shape)}]\n"));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.FloatData.Span));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.IntegerData.Span));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Requires that a file of tensors that carries a hash still is what it was when it was written; others are let pass.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidInputException">It was changed.</exception>
    public static void Require(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string key = ResultMetadata.ResultSha256;
        if (!file.Metadata.TryGetValue(key, out string? expected))
        {
            return;
        }

        string found = Of(file.Entries.Select(entry => Tensor(file, entry)));
        if (found != expected)
        {
            throw new InvalidInputException(
                $"{file.FilePath}: expected the tensors whose {key} is {expected}, found others ({found}): the file was "
                + "changed or damaged since it was written; let it be written again");
        }
    }

    /// <summary>Takes the next rows of the table.</summary>
    /// <param name="rows">Rows with the columns that were promised.</param>
    /// <exception cref="ArgumentException">The columns are others.</exception>
    public void Append(ResultTable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!rows.Columns.SequenceEqual(_columns.Select(c => c.Column)))
        {
            throw new ArgumentException($"table {rows.Name}: the columns are not those that the hash began with", nameof(rows));
        }

        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Append(rows.Column(i));
        }

        _rows += rows.Count;
    }

    /// <summary>Ends the hash.</summary>
    /// <returns>Lower-case hexadecimal.</returns>
    public string Finish()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ColumnHash column in _columns)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{column.Column.Name}\0{column.Column.Type}\0{_rows}\n"));
            column.Finish(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ColumnHash column in _columns)
        {
            column.Dispose();
        }
    }

    private static NamedTensor Tensor(SafetensorsFile file, TensorEntry entry)
    {
        int[] shape = [.. entry.Shape];
        if (!entry.Type.IsFloat())
        {
            return NamedTensor.Integers(entry.Name, shape, file.ReadIntegers(entry.Name));
        }

        var values = new float[entry.Count];
        file.ReadFloats(entry.Name, values);
        return NamedTensor.Float(entry.Name, shape, values);
    }

    private sealed class ColumnHash(Column column) : IDisposable
    {
        private const int Block = 4096;
        private static readonly byte[] AllValid = [.. Enumerable.Repeat((byte)1, Block)];

        private readonly IncrementalHash _validity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly IncrementalHash _values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly TextCodes _codes = new();
        private readonly int[] _block = new int[column.Type == ColumnType.Text ? Block : 0];

        public Column Column => column;

        public void Append(TableColumn rows)
        {
            AppendValidity(rows);
            switch (rows)
            {
                case Int32Column numbers:
                    _values.AppendData(MemoryMarshal.AsBytes(numbers.Values));
                    break;
                case Int64Column numbers:
                    _values.AppendData(MemoryMarshal.AsBytes(numbers.Values));
                    break;
                case Float64Column numbers:
                    _values.AppendData(MemoryMarshal.AsBytes(numbers.Values));
                    break;
                case TextColumn texts:
                    _codes.Begin(texts);
                    for (int row = 0; row < texts.Count; row += Block)
                    {
                        int count = Math.Min(Block, texts.Count - row);
                        _codes.Translate(texts.Codes.Slice(row, count), _block);
                        _values.AppendData(MemoryMarshal.AsBytes(_block.AsSpan(0, count)));
                    }

                    break;
            }
        }

        public void Finish(IncrementalHash hash)
        {
            hash.AppendData(_validity.GetHashAndReset());
            hash.AppendData(_values.GetHashAndReset());
            if (column.Type != ColumnType.Text)
            {
                return;
            }

            Span<byte> length = stackalloc byte[sizeof(int)];
            foreach (string text in _codes.Texts)
            {
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
                _values.AppendData(length);
                _values.AppendData(bytes);
            }

            hash.AppendData(_values.GetHashAndReset());
        }

        public void Dispose()
        {
            _validity.Dispose();
            _values.Dispose();
        }

        private void AppendValidity(TableColumn rows)
        {
            Span<byte> bytes = stackalloc byte[Block];
            for (int row = 0; row < rows.Count; row += Block)
            {
                int count = Math.Min(Block, rows.Count - row);
                if (rows.NullCount == 0)
                {
                    _validity.AppendData(AllValid.AsSpan(0, count));
                    continue;
                }

                ReadOnlySpan<byte> bits = rows.Validity[(row / 8)..];
                for (int i = 0; i < count; i++)
                {
                    bytes[i] = (byte)((bits[i >> 3] >> (i & 7)) & 1);
                }

                _validity.AppendData(bytes[..count]);
            }
        }
    }
}
