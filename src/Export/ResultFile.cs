using System.Diagnostics.CodeAnalysis;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// One table in one file; the ending chooses the format: <c>.arrow</c> or <c>.feather</c> (Arrow IPC file, Feather v2),
/// <c>.csv</c>, <c>.jsonl</c>. Files appear whole or not at all.
/// </summary>
public static class ResultFile
{
    /// <summary>The endings that tables can be written to.</summary>
    public const string Endings = ".arrow, .feather, .csv or .jsonl";

    /// <summary>Checks that a path has an ending that tables can be written to.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compression">How it is to be compressed.</param>
    /// <exception cref="InvalidInputException">The ending is none of a table, or its format is not compressed.</exception>
    public static void RequireFormat(string path, Compression compression = Compression.None)
    {
        ArgumentNullException.ThrowIfNull(path);
        string ending = Ending(path);
        switch (ending)
        {
            case ".arrow" or ".feather":
                return;
            case ".csv" or ".jsonl" when compression == Compression.None:
                return;
            case ".csv" or ".jsonl":
                throw new InvalidInputException($"{path}: text is not compressed; expected an ending of .arrow or .feather beside --compression");
            case ".safetensors":
                throw new InvalidInputException($"{path}: .safetensors holds tensors, this is a table; expected {Endings}");
            default:
                throw new InvalidInputException($"{path}: expected an ending of {Endings}, or a folder, found '{ending}'");
        }
    }

    /// <summary>Begins a file that is written batch by batch.</summary>
    /// <param name="path">The file; an existing one is replaced when the table is finished.</param>
    /// <param name="compression">How an Arrow file is compressed.</param>
    /// <exception cref="InvalidInputException">The ending is none of a table, or the file cannot be written there.</exception>
    public static TableWriter Create(string path, Compression compression = Compression.None)
    {
        RequireFormat(path, compression);
        return Ending(path) is ".arrow" or ".feather"
            ? ArrowTableWriter.ToFile(path, compression)
            : TextTableWriter.ToFile(path, Ending(path) == ".csv");
    }

    /// <summary>Writes a table with its metadata.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="table">The table.</param>
    /// <param name="compression">How an Arrow file is compressed.</param>
    /// <exception cref="InvalidInputException">The ending is none of a table, or the file cannot be written there.</exception>
    public static void Write(string path, ResultTable table, Compression compression = Compression.None)
    {
        ArgumentNullException.ThrowIfNull(table);
        using TableWriter writer = Create(path, compression);
        writer.Write(table);
        writer.Finish(table.Metadata);
    }

    /// <summary>Reads a table with its metadata. Its rows as records: <see cref="ResultTable.As{T}"/>.</summary>
    /// <param name="path">An Arrow IPC file; text has neither types nor metadata and is not read.</param>
    /// <exception cref="InvalidInputException">There is no such file, or it is not one of a table.</exception>
    public static ResultTable Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return File.Exists(path)
            ? ArrowTableReader.Read(path)
            : throw new InvalidInputException($"{path}: no such file");
    }

    /// <summary>The rows of a table as records.</summary>
    /// <typeparam name="T">Such as <see cref="PatchingRow"/>.</typeparam>
    /// <param name="path">An Arrow IPC file.</param>
    /// <exception cref="InvalidInputException">There is no such file, or its columns do not fit the record.</exception>
    public static IReadOnlyList<T> Read<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(string path) => Read(path).As<T>();

    private static string Ending(string path) => Path.GetExtension(path).ToLowerInvariant();
}
