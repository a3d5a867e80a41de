using System.Text.Json;
using System.Text.Json.Serialization;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>One table of a folder.</summary>
/// <param name="Name">Name of the table.</param>
/// <param name="File">Its file, in the folder.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Metadata">Where it comes from (<see cref="ResultMetadata"/>), the same as in the file.</param>
/// <param name="Staged">The file that will have the name <paramref name="File"/> in a moment; where it is gone, it has it already.</param>
public sealed record ManifestTable(
    string Name, string File, long Rows, IReadOnlyList<Column> Columns, IReadOnlyDictionary<string, string> Metadata,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Staged = null);

/// <summary>One file of activations of a folder (<see cref="ActivationFile"/>).</summary>
/// <param name="Name">Name, such as <c>cache_z</c>.</param>
/// <param name="File">Its file, in the folder.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Width">Numbers of a row's value.</param>
/// <param name="Metadata">Where it comes from, the same as in the file.</param>
/// <param name="Staged">As for a table.</param>
public sealed record ManifestActivations(
    string Name, string File, long Rows, int Width, IReadOnlyDictionary<string, string> Metadata,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Staged = null);

/// <summary>What a folder of results holds: <c>manifest.json</c>.</summary>
public sealed class Manifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";

    private static readonly ManifestJson Json = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<ColumnType>(JsonNamingPolicy.SnakeCaseLower) },
    });

    private readonly List<ManifestTable> _tables;
    private readonly List<ManifestActivations> _activations;

    private readonly byte[] _read;

    internal Manifest(IEnumerable<ManifestTable> tables, IEnumerable<ManifestActivations>? activations = null, byte[]? read = null) =>
        (_tables, _activations, _read) = ([.. tables], [.. activations ?? []], read ?? []);

    /// <summary>The tables, in the order in which they were first written.</summary>
    public IReadOnlyList<ManifestTable> Tables => _tables;

    /// <summary>The files of activations, in the order in which they were first written.</summary>
    public IReadOnlyList<ManifestActivations> Activations => _activations;

    /// <summary>A table, or null.</summary>
    /// <param name="name">Its name.</param>
    public ManifestTable? Find(string name) => _tables.Find(t => t.Name == name);

    /// <summary>The files that were put in place but for their names.</summary>
    internal IReadOnlyList<(string File, string Staged)> Staged =>
    [
        .. _tables.Select(t => (t.File, t.Staged)).Concat(_activations.Select(a => (a.File, a.Staged)))
            .Where(f => f.Staged is not null).Select(f => (f.File, f.Staged!)),
    ];

    /// <summary>The metadata of a table or of activations; null where there is none of that name.</summary>
    internal IReadOnlyDictionary<string, string>? MetadataOf(string name) =>
        Find(name)?.Metadata ?? _activations.Find(a => a.Name == name)?.Metadata;

    /// <summary>Whether another manifest was read from the same bytes.</summary>
    internal bool IsSame(Manifest other) => _read.AsSpan().SequenceEqual(other._read);

    /// <summary>Notes that a file has its name now.</summary>
    internal void Settle(string staged)
    {
        int table = _tables.FindIndex(t => t.Staged == staged), activations = _activations.FindIndex(a => a.Staged == staged);
        if (table >= 0)
        {
            _tables[table] = _tables[table] with { Staged = null };
        }

        if (activations >= 0)
        {
            _activations[activations] = _activations[activations] with { Staged = null };
        }
    }

    internal static string PathIn(string folder) => Path.Combine(folder, FileName);

    internal static Manifest Read(string folder)
    {
        string path = PathIn(folder);
        try
        {
            byte[] bytes = ReadShared(path);
            ManifestContent? content = JsonSerializer.Deserialize(bytes, Json.ManifestContent);
            if (content is not { Tables: { } tables } || tables.Any(t => !IsWhole(t)) || content.Activations?.Any(a => !IsWhole(a)) == true)
            {
                throw new InvalidInputException($"{path}: expected tables, each with name, file, rows, columns and metadata; found none or less");
            }

            return new Manifest(tables, content.Activations, bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{folder}: expected a folder of tables with {FileName} ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
        catch (JsonException exception)
        {
            throw new InvalidInputException($"{path}: not the manifest of a folder of tables ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }

    internal void Put(ManifestTable table) => Put(_tables, table, t => t.Name == table.Name);

    internal void Put(ManifestActivations activations) => Put(_activations, activations, a => a.Name == activations.Name);

    private static void Put<T>(List<T> list, T item, Predicate<T> same)
    {
        int at = list.FindIndex(same);
        if (at >= 0)
        {
            list[at] = item;
        }
        else
        {
            list.Add(item);
        }
    }

    internal void Write(string folder) => AtomicFile.Write(PathIn(folder), stream =>
    {
        JsonSerializer.Serialize(stream, new ManifestContent(ResultMetadata.CurrentSchemaVersion, _tables, _activations), Json.ManifestContent);
        stream.WriteByte((byte)'\n');
    });

    // A file outside the folder is not one of its tables.
    private static bool IsWhole(ManifestTable table) =>
        table is { Name: not null, File: not null, Columns: not null, Metadata: not null } && IsName(table.File) && IsName(table.Staged);

    private static bool IsWhole(ManifestActivations activations) =>
        activations is { Name: not null, File: not null, Metadata: not null } && IsName(activations.File) && IsName(activations.Staged);

    private static bool IsName(string? file) => file is null || Path.GetFileName(file) == file;

    // Whoever reads does not keep others from putting the next one in its place.
    private static byte[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
