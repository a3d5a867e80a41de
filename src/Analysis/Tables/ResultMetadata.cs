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

    /// <summary>When the file was made, in UTC. The only entry that depends on the time.</summary>
    public const string Created = "interp.created";

    /// <summary>The version of the layout that this library writes.</summary>
    public const string CurrentSchemaVersion = "1";
}
