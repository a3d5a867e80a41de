namespace Interp.Cli;

/// <summary>Files of prompt pairs; the ending says how they are read.</summary>
internal static class DataFile
{
    /// <summary>Reads all rows of a file.</summary>
    /// <param name="path">A <c>.jsonl</c> file, or a <c>.csv</c> file with a header.</param>
    /// <param name="map">Which column holds which field.</param>
    /// <param name="note">Told which columns are not read.</param>
    /// <exception cref="InvalidInputException">
    /// The file or one of its rows cannot be read; the row is named by its line.</exception>
    public static IReadOnlyList<RawPair> Read(string path, FieldMap map, Action<string> note)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(Directory.Exists(path)
                ? $"{path}: expected a .jsonl or .csv file, found a folder"
                : $"{path}: no such file");
        }

        string ending = Path.GetExtension(path).ToLowerInvariant();
        var unread = new SortedSet<string>(StringComparer.Ordinal);
        string name = Path.GetFileName(path);
        IReadOnlyList<RawPair> rows;
        try
        {
            rows = ending switch
            {
                ".jsonl" or ".json" => JsonLinesData.Read(name, File.ReadAllText(path), map, unread),
                ".csv" => CsvData.Read(name, File.ReadAllText(path), map, unread),
                _ => throw new InvalidInputException($"{path}: expected an ending of .jsonl or .csv, found '{ending}'"),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }

        if (rows.Count == 0)
        {
            throw new InvalidInputException($"{path}: expected at least one row, found none");
        }

        if (unread.Count > 0)
        {
            note($"{name}: fields that interp does not read: {string.Join(", ", unread)}");
        }

        return rows;
    }
}
