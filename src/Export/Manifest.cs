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
public sealed record ManifestTable(
    string Name, string File, long Rows, IReadOnlyList<Column> Columns, IReadOnlyDictionary<string, string> Metadata);

/// <summary>One file of activations of a folder (<see cref="ActivationFile"/>).</summary>
/// <param name="Name">Name, such as <c>cache_z</c>.</param>
/// <param name="File">Its file, in the folder.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Width">Numbers of a row's value.</param>
/// <param name="Metadata">Where it comes from, the same as in the file.</param>
public sealed record ManifestActivations(string Name, string File, long Rows, int Width, IReadOnlyDictionary<string, string> Metadata);

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

    internal Manifest(IEnumerable<ManifestTable> tables, IEnumerable<ManifestActivations>? activations = null) =>
        (_tables, _activations) = ([.. tables], [.. activations ?? []]);

    /// <summary>The tables, in the order in which they were first written.</summary>
    public IReadOnlyList<ManifestTable> Tables => _tables;

    /// <summary>The files of activations, in the order in which they were first written.</summary>
    public IReadOnlyList<ManifestActivations> Activations => _activations;

    /// <summary>A table, or null.</summary>
    /// <param name="name">Its name.</param>
    public ManifestTable? Find(string name) => _tables.Find(t => t.Name == name);

    internal static string PathIn(string folder) => Path.Combine(folder, FileName);

    internal static Manifest Read(string folder)
    {
        string path = PathIn(folder);
        try
        {
            ManifestContent? content = JsonSerializer.Deserialize(File.ReadAllBytes(path), Json.ManifestContent);
            if (content is not { Tables: { } tables } || tables.Any(t => !IsWhole(t)))
            {
                throw new InvalidInputException($"{path}: expected tables, each with name, file, rows, columns and metadata; found none or less");
            }

            return new Manifest(tables, content.Activations);
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
        table is { Name: not null, File: not null, Columns: not null, Metadata: not null } && Path.GetFileName(table.File) == table.File;
}
