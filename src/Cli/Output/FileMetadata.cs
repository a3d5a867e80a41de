using System.Globalization;
using System.Reflection;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli;

/// <summary>What a file of results says of where it came from.</summary>
internal static class FileMetadata
{
    /// <summary>The version of interp.</summary>
    public static string Version { get; } = typeof(FileMetadata).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The entries of a file of tensors. Only <c>interp.created</c> depends on the time.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">Name of what the file holds.</param>
    /// <param name="model">The model that ran.</param>
    /// <param name="data">Files of prompts that were read.</param>
    /// <param name="threads">Threads asked for; 0 = one per core.</param>
    /// <param name="tensors">The content.</param>
    public static Dictionary<string, string> Of(
        Session session, string table, TransformerModel model, IReadOnlyList<string> data, int threads,
        IReadOnlyList<NamedTensor> tensors)
    {
        var metadata = new Dictionary<string, string>
        {
            [ResultMetadata.Table] = table,
            [ResultMetadata.SchemaVersion] = ResultMetadata.CurrentSchemaVersion,
            [ResultMetadata.Version] = Version,
            [ResultMetadata.Command] = session.CommandLine,
            [ResultMetadata.ModelSha256] = model.Sha256,
            [ResultMetadata.Seed] = session.Seed.ToString(CultureInfo.InvariantCulture),
            [ResultMetadata.Threads] = (threads == 0 ? Environment.ProcessorCount : threads).ToString(CultureInfo.InvariantCulture),
            [ResultMetadata.KernelTier] = KernelInfo.Tier,
            [ResultMetadata.ResultSha256] = ResultHash.Of(tensors),
            [ResultMetadata.Created] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        if (data.Count > 0)
        {
            metadata[ResultMetadata.DataSha256] = string.Join(' ', data.Select(Session.Sha256));
        }

        return metadata;
    }
}
