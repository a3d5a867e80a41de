using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// Writes a table as an Arrow IPC file (Feather v2), or as an Arrow IPC stream: the schema with all metadata, one dictionary
/// for each column of texts, then the record batches. They are put aside as they come and follow when the table is finished.
/// </summary>
internal sealed class ArrowTableWriter : TableWriter
{
    private readonly string _folder;
    private readonly Stream? _stream;
    private readonly Compression _compression;
    private TableSpool? _spool;

    private ArrowTableWriter(string? path, Stream? stream, Compression compression)
        : base(path)
    {
        _folder = path is null ? System.IO.Path.GetTempPath() : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        (_stream, _compression) = (stream, compression);
    }

    /// <summary>A writer of a file, which appears whole or not at all.</summary>
    public static ArrowTableWriter ToFile(string path, Compression compression) => new(path, null, compression);

    /// <summary>A writer of an Arrow stream.</summary>
    public static ArrowTableWriter ToStream(Stream stream, Compression compression) => new(null, stream, compression);

    /// <inheritdoc/>
    protected override void Begin() => _spool = new TableSpool(Columns, _folder);

    /// <inheritdoc/>
    protected override void WriteRows(ResultTable rows)
    {
        try
        {
            _spool!.Append(rows);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{_folder}: table {Name} cannot be written there ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        if (_stream is { } stream)
        {
            Write(stream);
        }
        else
        {
            AtomicFile.Write(Path!, Write);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _spool?.Dispose();

    private void Write(Stream stream)
    {
        Schema schema = ArrowTypes.Schema(Columns, Metadata);
        using ArrowStreamWriter writer = ReferenceEquals(stream, _stream)
            ? new ArrowStreamWriter(stream, schema, leaveOpen: true, ArrowTypes.Options(_compression))
            : new ArrowFileWriter(stream, schema, leaveOpen: true, ArrowTypes.Options(_compression));
        writer.WriteStart();
        StringArray?[] dictionaries =
            [.. Columns.Select((c, i) => c.Type == ColumnType.Text ? ArrowTypes.Texts(_spool!.Texts(i)) : null)];
        byte[] buffer = [];

        // A table without rows has one batch without rows: the dictionaries come with the first batch.
        for (int batch = 0; batch < Math.Max(1, _spool!.Count); batch++)
        {
            writer.WriteRecordBatch(Batch(schema, dictionaries, batch, ref buffer));
        }

        writer.WriteEnd();
        stream.Flush();
    }

    private RecordBatch Batch(Schema schema, StringArray?[] dictionaries, int batch, ref byte[] buffer)
    {
        (int rows, var columns) = _spool!.Count == 0
            ? (0, new (int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)[Columns.Count])
            : _spool.Read(batch, ref buffer);
        var arrays = new IArrowArray[columns.Length];
        for (int i = 0; i < arrays.Length; i++)
        {
            (int nulls, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values) = columns[i];
            IArrowType type = Columns[i].Type == ColumnType.Text ? Int32Type.Default : ArrowTypes.Of(Columns[i].Type);
            var data = new ArrayData(type, rows, nulls, 0, [new ArrowBuffer(validity), new ArrowBuffer(values)]);
            arrays[i] = Columns[i].Type switch
            {
                ColumnType.Int32 => new Int32Array(data),
                ColumnType.Int64 => new Int64Array(data),
                ColumnType.Float64 => new DoubleArray(data),
                _ => new DictionaryArray((DictionaryType)schema.GetFieldByIndex(i).DataType, new Int32Array(data), dictionaries[i]!),
            };
        }

        return new RecordBatch(schema, arrays, rows);
    }
}
