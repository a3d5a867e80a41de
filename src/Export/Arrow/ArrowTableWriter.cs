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
    private readonly Action<Action<Stream>> _put;
    private readonly bool _asStream;
    private readonly Compression _compression;
    private TableSpool? _spool;

    private ArrowTableWriter(string folder, Action<Action<Stream>> put, bool asStream, Compression compression) =>
        (_folder, _put, _asStream, _compression) = (folder, put, asStream, compression);

    /// <summary>A writer of a file, which appears whole or not at all.</summary>
    public static ArrowTableWriter ToFile(string path, Compression compression) => new(
        Path.GetDirectoryName(Path.GetFullPath(path))!, write => AtomicFile.Write(path, write), asStream: false, compression);

    /// <summary>A writer of an Arrow stream.</summary>
    public static ArrowTableWriter ToStream(Stream stream, Compression compression) =>
        new(Path.GetTempPath(), write => write(stream), asStream: true, compression);

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
    protected override void End() => _put(stream =>
    {
        Schema schema = ArrowTypes.Schema(Columns, Metadata);
        using ArrowStreamWriter writer = _asStream
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
    });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _spool?.Dispose();

    private RecordBatch Batch(Schema schema, StringArray?[] dictionaries, int batch, ref byte[] buffer)
    {
        (int rows, var columns) = _spool!.Count == 0
            ? (0, new (int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)[Columns.Count])
            : _spool.Read(batch, ref buffer);
        var arrays = new IArrowArray[columns.Length];
        for (int i = 0; i < arrays.Length; i++)
        {
            (int nulls, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values) = columns[i];
            IArrowType type = Columns[i].Type == ColumnType.Float64 ? DoubleType.Default : Int32Type.Default;
            var data = new ArrayData(type, rows, nulls, 0, [new ArrowBuffer(validity), new ArrowBuffer(values)]);
            arrays[i] = Columns[i].Type switch
            {
                ColumnType.Int32 => new Int32Array(data),
                ColumnType.Float64 => new DoubleArray(data),
                _ => new DictionaryArray((DictionaryType)schema.GetFieldByIndex(i).DataType, new Int32Array(data), dictionaries[i]!),
            };
        }

        return new RecordBatch(schema, arrays, rows);
    }
}
