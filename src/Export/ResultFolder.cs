using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Export;

/// <summary>
/// A folder of tables: <c>NAME.arrow</c> for each, and <c>manifest.json</c>, which says what is there and where it comes from.
/// Several commands may write to one folder, at the same time too; a table of the same name is replaced. What is there changes when the
/// manifest does: all that is committed together appears together, or, when the process ends before, not at all.
/// </summary>
public sealed class ResultFolder
{
    private const string StagedEnding = ".staged";
    private const int MostTries = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<StagedFile> _staged = [];

    private ResultFolder(string path, Manifest manifest) => (Path, Manifest) = (path, manifest);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What is there, as it was last read or written by this object.</summary>
    public Manifest Manifest { get; private set; }

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
        return new ResultFolder(path, Present(path));
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

    /// <summary>Writes tables with their metadata; all of them appear together.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="compression">How they are compressed.</param>
    /// <exception cref="InvalidInputException">They cannot be written there.</exception>
    public void Write(IEnumerable<ResultTable> tables, Compression compression = Compression.None)
    {
        ArgumentNullException.ThrowIfNull(tables);
        try
        {
            foreach (ResultTable table in tables)
            {
                using TableWriter writer = Begin(table.Name, compression);
                writer.Write(table);
                writer.Finish(table.Metadata);
                Stage(writer);
            }

            Commit();
        }
        finally
        {
            Discard();
        }
    }

    /// <summary>
    /// Begins a table that is written batch by batch. When it is finished it is to be added (<see cref="Add(TableWriter)"/>), or staged
    /// and committed with others.
    /// </summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="compression">How it is compressed.</param>
    public TableWriter Begin(string name, Compression compression = Compression.None) =>
        ArrowTableWriter.ToFile(AsideFile.NameFor(PathFor(name), StagedEnding), compression);

    /// <summary>Begins a file of activations, as <see cref="Begin(string, Compression)"/> a table.</summary>
    /// <param name="name">Such as <c>cache_z</c>.</param>
    /// <param name="model">The model.</param>
    /// <param name="points">The hook points, of one row width.</param>
    /// <param name="prompts">Tokens of all prompts that will come.</param>
    /// <param name="metadata">Where the file comes from.</param>
    /// <exception cref="InvalidInputException">Points are of different widths, or the file cannot be written.</exception>
    public ActivationWriter Begin(
        string name, TransformerModel model, IReadOnlyList<HookPoint> points, IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyDictionary<string, string> metadata) =>
        new(AsideFile.NameFor(PathFor(name), StagedEnding), model, points, prompts, metadata);

    /// <summary>Adds a finished table.</summary>
    /// <param name="table">What wrote it.</param>
    /// <exception cref="InvalidInputException">The manifest cannot be written.</exception>
    public void Add(TableWriter table)
    {
        Stage(table);
        Commit();
    }

    /// <summary>Adds finished activations.</summary>
    /// <param name="name">Such as <c>cache_z</c>.</param>
    /// <param name="activations">What wrote them.</param>
    /// <exception cref="InvalidInputException">The manifest cannot be written.</exception>
    public void Add(string name, ActivationWriter activations)
    {
        Stage(name, activations);
        Commit();
    }

    /// <summary>Takes a finished table that appears with the next <see cref="Commit"/>.</summary>
    /// <param name="table">What wrote it.</param>
    public void Stage(TableWriter table)
    {
        ArgumentNullException.ThrowIfNull(table);
        string? staged = StagedName(table.Path, table.Name);
        _staged.Add(new StagedFile(table.Name, staged, table.Metadata, manifest => manifest.Put(
            new ManifestTable(table.Name, FileOf(table.Name), table.Rows, table.Columns, table.Metadata, staged))));
    }

    /// <summary>Takes finished activations that appear with the next <see cref="Commit"/>.</summary>
    /// <param name="name">Such as <c>cache_z</c>.</param>
    /// <param name="activations">What wrote them.</param>
    public void Stage(string name, ActivationWriter activations)
    {
        ArgumentNullException.ThrowIfNull(activations);
        string? staged = StagedName(activations.Path, name);
        _staged.Add(new StagedFile(name, staged, activations.Metadata, manifest => manifest.Put(
            new ManifestActivations(name, FileOf(name), activations.Rows, activations.Width, activations.Metadata, staged))));
    }

    /// <summary>
    /// Makes everything that was staged appear. A part (<see cref="ResultMetadata.Complete"/>) never takes the place of a whole result: then
    /// the folder stays as it is, and parts are put beside it under the names of <see cref="PartFile.Beside"/>.
    /// </summary>
    /// <returns>The parts that were put beside whole results; none where everything appeared.</returns>
    /// <exception cref="InvalidInputException">The manifest cannot be written.</exception>
    public IReadOnlyList<string> Commit()
    {
        if (_staged.Count == 0)
        {
            return [];
        }

        using OutputLock held = OutputLock.Take(Manifest.PathIn(Path), Patience);
        Manifest manifest = Present(Path);
        Settle(manifest);
        foreach (StagedFile file in _staged)
        {
            AsideFile.Clean(PathFor(file.Name), StagedEnding);
        }

        if (_staged.Any(file => ResultMetadata.IsPart(file.Metadata) && HasWhole(manifest, file.Name)))
        {
            return PutBeside();
        }

        _staged.ForEach(file => file.PutInto(manifest));

        // From here on the new files are what is there: their names follow, now or with whoever comes next.
        manifest.Write(Path);
        foreach (StagedFile file in _staged.Where(f => !ResultMetadata.IsPart(f.Metadata)))
        {
            PartFile.Remove(PathFor(file.Name));
        }

        _staged.Clear();
        if (Settle(manifest))
        {
            manifest.Write(Path);
        }

        Manifest = Manifest.Read(Path);
        return [];
    }

    /// <summary>Removes what was staged and not committed.</summary>
    public void Discard()
    {
        foreach (string staged in _staged.Select(f => f.Staged).OfType<string>())
        {
            File.Delete(PathOf(staged));
        }

        _staged.Clear();
    }

    /// <summary>The file of a table or of activations of a name.</summary>
    /// <param name="name">Such as <c>cache_z</c>.</param>
    public string PathFor(string name) => PathOf(FileOf(name));

    /// <summary>Reads a table, and checks that it is the one that the manifest names.</summary>
    /// <param name="name">Name of the table, such as <c>patching</c>.</param>
    /// <exception cref="InvalidInputException">The folder has no such table, or it cannot be read, or it was changed.</exception>
    public ResultTable Read(string name) => Consistently(manifest => manifest.Find(name) is { } entry
        ? FolderTable.Read(Path, entry)
        : throw new InvalidInputException(
            $"{Path}: expected the table {name}, found {(manifest.Tables.Count > 0 ? string.Join(", ", manifest.Tables.Select(t => t.Name)) : "none")}"));

    /// <summary>Reads all tables, in the order of the manifest: those that were there together at one time.</summary>
    /// <exception cref="InvalidInputException">One cannot be read, or was changed.</exception>
    public IReadOnlyList<ResultTable> ReadAll() =>
        Consistently(manifest => (IReadOnlyList<ResultTable>)[.. manifest.Tables.Select(t => FolderTable.Read(Path, t))]);

    private static Manifest Present(string path) => File.Exists(Manifest.PathIn(path)) ? Manifest.Read(path) : new Manifest([]);

    private static string FileOf(string name) => name + ".arrow";

    private string PathOf(string file) => System.IO.Path.Combine(Path, file);

    private static string? StagedName(string? path, string name) =>
        System.IO.Path.GetFileName(path) is { } file && file != FileOf(name) ? file : null;

    // Others may replace tables while they are read: then the manifest is another one, and everything is read again.
    private T Consistently<T>(Func<Manifest, T> read)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return read(Manifest);
            }
            catch (InvalidInputException) when (tries < MostTries && Manifest.Read(Path) is var next && !next.IsSame(Manifest))
            {
                Manifest = next;
            }
        }
    }

    private bool HasWhole(Manifest manifest, string name) => manifest.MetadataOf(name) is { } metadata
        ? !ResultMetadata.IsPart(metadata)
        : File.Exists(PathFor(name)) && !PartFile.IsPart(PathFor(name));

    /// <summary>Gives committed files their names; one that cannot be had now, because somebody reads it, is left to the next commit.</summary>
    /// <returns>Whether the manifest is another one now.</returns>
    private bool Settle(Manifest manifest)
    {
        bool settled = false;
        foreach ((string file, string staged) in manifest.Staged)
        {
            try
            {
                if (File.Exists(PathOf(staged)))
                {
                    File.Move(PathOf(staged), PathOf(file), overwrite: true);
                }

                manifest.Settle(staged);
                settled = true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        return settled;
    }

    private List<string> PutBeside()
    {
        List<string> parts = [];
        foreach (StagedFile file in _staged.Where(f => ResultMetadata.IsPart(f.Metadata) && f.Staged is not null))
        {
            string part = PartFile.Beside(PathFor(file.Name));
            File.Move(PathOf(file.Staged!), part, overwrite: true);
            parts.Add(part);
        }

        Discard();
        return parts;
    }

    private sealed record StagedFile(
        string Name, string? Staged, IReadOnlyDictionary<string, string> Metadata, Action<Manifest> PutInto);
}
