using System.Text;

namespace Interp.Analysis;

/// <summary>Tables as files; the ending chooses the format.</summary>
public static class TableFile
{
    private static readonly (string Ending, Action<ResultTable, TextWriter> Write)[] Formats =
    [
        (".csv", CsvWriter.Write),
        (".jsonl", JsonLinesWriter.Write),
    ];

    /// <summary>Checks that a path has an ending that tables can be written to.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">The ending is none of a table.</exception>
    public static void RequireFormat(string path) => Format(path);

    /// <summary>Writes a table; the file appears whole or not at all.</summary>
    /// <param name="path">The file: <c>.csv</c> or <c>.jsonl</c>, UTF-8 without byte order mark.
    /// An existing one is replaced.</param>
    /// <param name="table">The table.</param>
    /// <exception cref="InvalidInputException">The ending is none of a table, or the file cannot be written there.</exception>
    public static void Write(string path, ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        Action<ResultTable, TextWriter> write = Format(path);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
            write(table, writer);
        });
    }

    private static Action<ResultTable, TextWriter> Format(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string ending = Path.GetExtension(path).ToLowerInvariant();
        foreach ((string known, Action<ResultTable, TextWriter> write) in Formats)
        {
            if (ending == known)
            {
                return write;
            }
        }

        throw new InvalidInputException(ending switch
        {
            ".arrow" or ".feather" => $"{path}: {ending} is not available yet; expected .csv or .jsonl",
            ".safetensors" => $"{path}: .safetensors holds tensors, this is a table; expected .csv or .jsonl",
            "" => $"{path}: a folder of tables is not available yet; expected a file ending in .csv or .jsonl",
            _ => $"{path}: expected an ending of .csv or .jsonl, found '{ending}'",
        });
    }
}
