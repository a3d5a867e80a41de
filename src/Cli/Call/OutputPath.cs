using Interp.Export;

namespace Interp.Cli;

/// <summary>What the path of <c>--out</c> means.</summary>
internal static class OutputPath
{
    /// <summary>Whether a path is of a folder: it is one, or ends in a separator, or has no ending and is no file.</summary>
    public static bool IsFolder(string path) =>
        Directory.Exists(path) || Path.EndsInDirectorySeparator(path) || (Path.GetExtension(path).Length == 0 && !File.Exists(path));

    /// <summary>Checks that tables can be written to a file or folder. Nothing is left behind.</summary>
    /// <exception cref="InvalidInputException">They cannot.</exception>
    public static void Check(string path, Compression compression)
    {
        if (path.Length == 0)
        {
            throw new InvalidInputException("--out: expected a file or a folder, found an empty text");
        }

        if (!IsFolder(path))
        {
            ResultFile.RequireFormat(path, compression);
            AtomicFile.Probe(path);
            return;
        }

        string full = Path.GetFullPath(path);
        if (File.Exists(Path.TrimEndingDirectorySeparator(full)))
        {
            throw new InvalidInputException($"{path}: expected a folder, found a file");
        }

        if (File.Exists(Path.Combine(full, Manifest.FileName)))
        {
            ResultFolder.Open(path);
        }

        // The folder is made when there is something to put into it; until then, what it will stand in has to do.
        string existing = full;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing) ?? throw new InvalidInputException($"{path}: there is no such place");
        }

        AtomicFile.Probe(Path.Combine(existing, Manifest.FileName));
    }
}
