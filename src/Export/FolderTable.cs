using Interp.Analysis;

namespace Interp.Export;

/// <summary>Reads a table of a folder, and holds it against what the manifest says of it.</summary>
internal static class FolderTable
{
    /// <summary>Reads a table.</summary>
    /// <exception cref="InvalidInputException">It cannot be read, or is not the one that the manifest names.</exception>
    public static ResultTable Read(string folder, ManifestTable entry)
    {
        string path = Path.Combine(folder, entry.File);
        ResultTable table = Staged(folder, entry) ?? ResultFile.Read(path);
        string? differs = table.Name != entry.Name ? $"the table {entry.Name}, found {table.Name}"
            : table.Count != entry.Rows ? $"{entry.Rows} rows, found {table.Count}"
            : !table.Columns.SequenceEqual(entry.Columns) ? "its columns, found others"
            : Difference(entry.Metadata, table.Metadata) is { } key
                ? $"{key} = '{entry.Metadata.GetValueOrDefault(key, "(none)")}', found '{table.Metadata.GetValueOrDefault(key, "(none)")}'"
            : null;
        return differs is null ? table : throw new InvalidInputException(
            $"{path}: by {Manifest.FileName} expected {differs}: one of the two was changed or damaged; let the command write it again with --out {folder}");
    }

    // Between a commit and the renaming the new file stands under another name.
    private static ResultTable? Staged(string folder, ManifestTable entry)
    {
        string path = Path.Combine(folder, entry.Staged ?? "");
        if (entry.Staged is null || !File.Exists(path))
        {
            return null;
        }

        try
        {
            return ResultFile.Read(path);
        }
        catch (InvalidInputException) when (!File.Exists(path))
        {
            return null;
        }
    }

    private static string? Difference(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Keys.Union(b.Keys).Order(StringComparer.Ordinal).FirstOrDefault(key => a.GetValueOrDefault(key) != b.GetValueOrDefault(key));
}
