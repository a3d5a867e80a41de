using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// A folder of tables: <c>NAME.arrow</c> for each, and <c>manifest.json</c>, which says what is there and where it comes from.
/// Several commands may write to one folder; a table of the same name is replaced.
/// </summary>
public sealed class ResultFolder
{
    private ResultFolder(string path, Manifest manifest) => (Path, Manifest) = (path, manifest);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What is there.</summary>
    public Manifest Manifest { get; }

    /// <summary>Makes a folder where need be, or opens one with the tables that it has.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidInputException">It cannot be made, nothing can be written there, or its manifest cannot be read.</exception>
    public static ResultFolder Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            throw new InvalidInputException($"{path}: expected a folder, found a file");
        }

        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be made ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }

        AtomicFile.Probe(Manifest.PathIn(path));
        return new ResultFolder(path, File.Exists(Manifest.PathIn(path)) ? Manifest.Read(path) : new Manifest([]));
    }

    /// <summary>Opens a folder of tables.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidInputException">There is no such folder, or it has no manifest that can be read.</exception>
    public static ResultFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path)
            ? new ResultFolder(path, Manifest.Read(path))
            : throw new InvalidInputException($"{path}: expected a folder of tables, found {(File.Exists(path) ? "a file" : "nothing")}");
    }

    /// <summary>Writes tables with their metadata.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="compression">How they are compressed.</param>
    /// <exception cref="InvalidInputException">They cannot be written there.</exception>
    public void Write(IEnumerable<ResultTable> tables, Compression compression = Compression.None)
    {
        ArgumentNullException.ThrowIfNull(tables);
        foreach (ResultTable table in tables)
        {
            using TableWriter writer = Begin(table.Name, compression);
            writer.Write(table);
            writer.Finish(table.Metadata);
            Add(writer);
        }
    }

    /// <summary>Begins a table that is written batch by batch. When it is finished it is to be added (<see cref="Add(TableWriter)"/>).</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="compression">How it is compressed.</param>
    public TableWriter Begin(string name, Compression compression = Compression.None) =>
        ResultFile.Create(PathOf(FileOf(name)), compression);

    /// <summary>Adds a finished table to the manifest.</summary>
    /// <param name="table">What wrote it.</param>
    /// <exception cref="InvalidInputException">The manifest cannot be written.</exception>
    public void Add(TableWriter table)
    {
        ArgumentNullException.ThrowIfNull(table);
        Manifest.Put(new ManifestTable(table.Name, FileOf(table.Name), table.Rows, table.Columns, table.Metadata));
        Manifest.Write(Path);
    }

    /// <summary>The file of a table or of activations of a name.</summary>
    /// <param name="name">Such as <c>cache_z</c>.</param>
    public string PathFor(string name) => PathOf(FileOf(name));

    /// <summary>Adds finished activations to the manifest.</summary>
    /// <param name="name">Such as <c>cache_z</c>; they are in the file of <see cref="PathFor"/>.</param>
    /// <param name="activations">What wrote them.</param>
    /// <exception cref="InvalidInputException">The manifest cannot be written.</exception>
    public void Add(string name, ActivationWriter activations)
    {
        ArgumentNullException.ThrowIfNull(activations);
        Manifest.Put(new ManifestActivations(name, FileOf(name), activations.Rows, activations.Width, activations.Metadata));
        Manifest.Write(Path);
    }

    /// <summary>Reads a table.</summary>
    /// <param name="name">Name of the table, such as <c>patching</c>.</param>
    /// <exception cref="InvalidInputException">The folder has no such table, or it cannot be read.</exception>
    public ResultTable Read(string name) => Manifest.Find(name) is { } entry
        ? ResultFile.Read(PathOf(entry.File))
        : throw new InvalidInputException(
            $"{Path}: expected the table {name}, found {(Manifest.Tables.Count > 0 ? string.Join(", ", Manifest.Tables.Select(t => t.Name)) : "none")}");

    /// <summary>Reads all tables, in the order of the manifest.</summary>
    /// <exception cref="InvalidInputException">One cannot be read.</exception>
    public IReadOnlyList<ResultTable> ReadAll() => [.. Manifest.Tables.Select(t => ResultFile.Read(PathOf(t.File)))];

    private static string FileOf(string name) => name + ".arrow";

    private string PathOf(string file) => System.IO.Path.Combine(Path, file);
}
