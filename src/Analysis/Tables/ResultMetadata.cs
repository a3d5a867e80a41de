using System.Globalization;

namespace Interp.Analysis;

/// <summary>The keys under which a file of results says where it came from, each with one line on what it holds.</summary>
public static class ResultMetadata
{
    /// <summary>Name of the table.</summary>
    public const string Table = "interp.table";

    /// <summary>Version of the layout of result files.</summary>
    public const string SchemaVersion = "interp.schema_version";

    /// <summary>Version of interp that wrote the file.</summary>
    public const string Version = "interp.version";

    /// <summary>The full list of arguments.</summary>
    public const string Command = "interp.command";

    /// <summary>SHA-256 of the model: of its files, or of the weights where they were made in memory, such as processed ones.</summary>
    public const string ModelSha256 = "interp.model_sha256";

    /// <summary>SHA-256 of the model whose weights were processed, where they were.</summary>
    public const string ModelDerivedFrom = "interp.model_derived_from";

    /// <summary>SHA-256 of the files of prompts, separated by spaces.</summary>
    public const string DataSha256 = "interp.data_sha256";

    /// <summary>Seed of what was drawn at random.</summary>
    public const string Seed = "interp.seed";

    /// <summary>Threads that worked; no number depends on them.</summary>
    public const string Threads = "interp.threads";

    /// <summary>The kernels' tier; no number depends on it.</summary>
    public const string KernelTier = "interp.kernel_tier";

    /// <summary>SHA-256 over the columns (<see cref="ResultHash"/>), so that two machines can compare.</summary>
    public const string ResultSha256 = "interp.result_sha256";

    /// <summary>Of a file of activations: SHA-256 over its rows as they stand in it.</summary>
    public const string ContentSha256 = "interp.content_sha256";

    /// <summary><c>true</c> = the whole result; <c>false</c> = a part, because the work was stopped.</summary>
    public const string Complete = "interp.complete";

    /// <summary>Rows of the file.</summary>
    public const string RowsDone = "interp.rows_done";

    /// <summary>Rows that the whole result has; absent from a part where nobody can know.</summary>
    public const string RowsExpected = "interp.rows_expected";

    /// <summary>Of a part: how far the work was, such as <c>stopped after 3 of 8 cells</c>.</summary>
    public const string Stopped = "interp.stopped";

    /// <summary>When the file was made, in UTC. The only entry that depends on the time.</summary>
    public const string Created = "interp.created";

    /// <summary>The version of the layout that this library writes.</summary>
    public const string CurrentSchemaVersion = "1";

    /// <summary>Whether metadata say that a result is a part, because the work was stopped.</summary>
    /// <param name="metadata">The metadata of a result.</param>
    public static bool IsPart(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.TryGetValue(Complete, out string? complete) && complete != "true";
    }

    /// <summary>What is to be said of a table that is a part; null of a whole one.</summary>
    /// <param name="table">The table.</param>
    public static string? Remark(ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (!IsPart(table.Metadata))
        {
            return null;
        }

        string rows = table.Metadata.TryGetValue(RowsExpected, out string? expected) ? $"{table.Count} of {expected} rows" : $"{table.Count} rows";
        string reason = table.Metadata.TryGetValue(Stopped, out string? stopped) ? $"; its run was {stopped}" : "";
        return $"table {table.Name} is incomplete: {rows}{reason}";
    }

    /// <summary>What metadata say of a part, to be given to whoever writes it.</summary>
    /// <param name="stopped">How far the work was, such as <c>stopped after 3 of 8 cells</c>.</param>
    /// <param name="rowsExpected">Rows that the whole result has; null = nobody can know.</param>
    public static Dictionary<string, string> OfPart(string stopped, long? rowsExpected)
    {
        Dictionary<string, string> metadata = new() { [Complete] = "false", [Stopped] = stopped };
        if (rowsExpected is { } rows)
        {
            metadata[RowsExpected] = rows.ToString(CultureInfo.InvariantCulture);
        }

        return metadata;
    }
}
