using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli;

/// <summary>What a file of results says of where it came from.</summary>
internal static class FileMetadata
{
    /// <summary>Version of the layout of result files.</summary>
    private const string SchemaVersion = "1";

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
            ["interp.table"] = table,
            ["interp.schema_version"] = SchemaVersion,
            ["interp.version"] = Version,
            ["interp.command"] = session.CommandLine,
            ["interp.model_sha256"] = model.Sha256,
            ["interp.seed"] = session.Seed.ToString(CultureInfo.InvariantCulture),
            ["interp.threads"] = (threads == 0 ? Environment.ProcessorCount : threads).ToString(CultureInfo.InvariantCulture),
            ["interp.kernel_tier"] = KernelInfo.Tier,
            ["interp.result_sha256"] = Sha256(tensors),
            ["interp.created"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        if (data.Count > 0)
        {
            metadata["interp.data_sha256"] = string.Join(' ', data.Select(Session.Sha256));
        }

        return metadata;
    }

    /// <summary>SHA-256 over names, shapes and values, so that two machines can compare.</summary>
    private static string Sha256(IReadOnlyList<NamedTensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedTensor tensor in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}[{string.Join(',', tensor.Shape)}]\n"));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.FloatData.Span));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.IntegerData.Span));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
