using System.Security.Cryptography;

namespace Interp.Analysis;

/// <summary>A file of prompts as it was read: once, so that its hash is that of the bytes that became rows.</summary>
/// <param name="Rows">The rows, at least one.</param>
/// <param name="Unread">Columns that mean nothing here.</param>
/// <param name="Sha256">SHA-256 of the bytes, lower-case hexadecimal.</param>
internal sealed record DataFile(IReadOnlyList<RawPair> Rows, IReadOnlyCollection<string> Unread, string Sha256)
{
    private const string Endings = ".jsonl, .csv or .txt";

    /// <summary>Reads all rows of a file; the ending says how.</summary>
    /// <param name="path">A <c>.jsonl</c> file, a <c>.csv</c> file with a header, or a <c>.txt</c> file with a prompt a line.</param>
    /// <param name="map">Which column holds which field.</param>
    /// <exception cref="InvalidInputException">
    /// The file or one of its rows cannot be read; the row is named by its line.</exception>
    public static DataFile Read(string path, FieldMap map)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(Directory.Exists(path)
                ? $"{path}: expected a {Endings} file, found a folder"
                : $"{path}: no such file");
        }

        string ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending is not (".jsonl" or ".json" or ".csv" or ".txt"))
        {
            throw new InvalidInputException($"{path}: expected an ending of {Endings}, found '{ending}'");
        }

        byte[] bytes = Bytes(path);
        string name = Path.GetFileName(path), content = Utf8Text.Decode(name, bytes);
        var unread = new SortedSet<string>(StringComparer.Ordinal);
        IReadOnlyList<RawPair> rows = ending switch
        {
            ".csv" => CsvData.Read(name, content, map, unread),
            ".txt" => TextLinesData.Read(name, content, map),
            _ => JsonLinesData.Read(name, content, map, unread),
        };
        return rows.Count > 0
            ? new DataFile(rows, unread, Convert.ToHexStringLower(SHA256.HashData(bytes)))
            : throw new InvalidInputException($"{path}: expected at least one row, found none");
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }
}
