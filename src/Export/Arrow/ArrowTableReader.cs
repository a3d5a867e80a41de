using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>Reads tables from Arrow IPC files, those of interp and those that pandas made of them.</summary>
internal static class ArrowTableReader
{
    private const string Expected = "int32, int64, float64, text, or a dictionary of texts";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It is no Arrow file, a column is of another type, or it is not what its hash says.</exception>
    public static ResultTable Read(string path)
    {
        ResultTable table = ReadColumns(path);
        RequireHash(table, path);
        return table;
    }

    /// <summary>Opens a file that others may replace meanwhile.</summary>
    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    // What pandas or polars wrote has none of our metadata, and no hash; of ours a hash that is gone is damage too.
    private static void RequireHash(ResultTable table, string path)
    {
        if (!table.Metadata.TryGetValue(ResultMetadata.ResultSha256, out string? expected))
        {
            if (table.Metadata.Keys.Any(key => key.StartsWith("interp.", StringComparison.Ordinal)))
            {
                throw new InvalidInputException($"{path}: expected {ResultMetadata.ResultSha256} among its metadata, found none: it was changed or damaged");
            }

            return;
        }

        string found = ResultHash.Of(table);
        if (found != expected)
        {
            throw new InvalidInputException(
                $"{path}: expected the rows whose {ResultMetadata.ResultSha256} is {expected}, found others ({found}): the file was changed or damaged "
                + "since it was written; let it be written again (who changes rows on purpose takes the interp.* metadata away)");
        }
    }

    private static ResultTable ReadColumns(string path)
    {
        try
        {
            using FileStream stream = Open(path);
            SchemaCopies.RequireSame(stream, path);
            using var reader = new ArrowFileReader(stream, new CompressionCodecFactory());
            Schema schema = reader.Schema;
            IReadOnlyDictionary<string, string> metadata = schema.Metadata ?? new Dictionary<string, string>();
            var table = new ResultTable(
                metadata.TryGetValue(ResultMetadata.Table, out string? name) ? name : Path.GetFileNameWithoutExtension(path),
                [.. schema.FieldsList.Select(f => new Analysis.Column(f.Name, TypeOf(f, path)))])
            {
                Metadata = metadata,
            };

            // A file has one dictionary for each column; letting go of the first batch lets go of it.
            var texts = new string?[]?[table.Columns.Count];
            while (reader.ReadNextRecordBatch() is { } batch)
            {
                using (batch)
                {
                    for (int i = 0; i < table.Columns.Count; i++)
                    {
                        Append(batch.Column(i), table.Column(i), ref texts[i], $"{path}, column {table.Columns[i].Name}");
                    }

                    table.CountRows(batch.Length);
                }
            }

            return table;
        }
        catch (Exception exception) when (exception is not InvalidInputException)
        {
            // Whatever the reader stumbles over in a file that is damaged or of another kind.
            throw new InvalidInputException(
                $"{path}: expected an Arrow IPC file (Feather v2), cannot read it ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }

    private static ColumnType TypeOf(Field field, string path) => field.DataType switch
    {
        Int32Type => ColumnType.Int32,
        Int64Type => ColumnType.Int64,
        DoubleType => ColumnType.Float64,
        StringType => ColumnType.Text,
        DictionaryType { ValueType: StringType } => ColumnType.Text,
        _ => throw new InvalidInputException($"{path}, column {field.Name}: expected {Expected}, found {field.DataType.Name}"),
    };

    private static void Append(IArrowArray from, TableColumn to, ref string?[]? texts, string name)
    {
        switch (from, to)
        {
            case (Int32Array array, Int32Column column):
                for (int row = 0; row < array.Length; row++)
                {
                    column.Add(array.GetValue(row));
                }

                break;
            case (Int64Array array, Int64Column column):
                for (int row = 0; row < array.Length; row++)
                {
                    column.Add(array.GetValue(row));
                }

                break;
            case (DoubleArray array, Float64Column column):
                for (int row = 0; row < array.Length; row++)
                {
                    column.Add(array.GetValue(row));
                }

                break;
            case (StringArray array, TextColumn column):
                foreach (string? text in ArrowTypes.TextsOf(array))
                {
                    column.Add(text);
                }

                break;
            case (DictionaryArray array, TextColumn column):
                texts ??= ArrowTypes.TextsOf((StringArray)array.Dictionary);
                for (int row = 0; row < array.Length; row++)
                {
                    int? code = Index(array.Indices, row, name);
                    column.Add(code is null ? null : texts[code.Value]);
                }

                break;
        }
    }

    // pandas writes the narrowest indices that are wide enough.
    private static int? Index(IArrowArray indices, int row, string name) => indices switch
    {
        Int32Array array => array.GetValue(row),
        Int8Array array => array.GetValue(row),
        Int16Array array => array.GetValue(row),
        _ => throw new InvalidInputException($"{name}: expected indices of int8, int16 or int32, found {indices.Data.DataType.Name}"),
    };
}
