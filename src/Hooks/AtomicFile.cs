namespace Interp;

/// <summary>
/// Files that appear whole or not at all: written beside their final place, then renamed. A reader sees the new file or the
/// one before, and nothing is left behind when writing fails.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="write">Writes the content to a stream that it leaves open.</param>
    /// <exception cref="InvalidInputException">The file cannot be written there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        using PendingFile file = PendingFile.Create(path);
        file.Write(write);
        file.Commit();
    }

    /// <summary>
    /// Checks that a file can be written, so that long work does not start in vain. Nothing is left behind, and what a process that
    /// was killed left beside the file is removed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">
    /// The path is a folder, its folder does not exist, or nothing can be written there.
    /// </exception>
    public static void Probe(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new InvalidInputException($"{path}: expected a file to write, found a folder");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException($"{path}: cannot be written, there is no folder {folder}");
        }

        AsideFile.Clean(path);
        string aside = AsideFile.NameFor(path);
        try
        {
            new FileStream(aside, FileMode.CreateNew, FileAccess.Write).Dispose();
            File.Delete(aside);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, exception);
        }
    }

    internal static InvalidInputException NotWritable(string path, Exception exception) =>
        new($"{path}: cannot be written ({exception.Message.ReplaceLineEndings(" ")})", exception);
}
