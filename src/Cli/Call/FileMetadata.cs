using System.Globalization;
using System.Reflection;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What a file of results says of where it came from.</summary>
internal static class FileMetadata
{
    /// <summary>The version of interp.</summary>
    public static string Version { get; } = typeof(FileMetadata).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>What is the same for every file of a call. Only <c>interp.created</c> depends on the time.</summary>
    public static Dictionary<string, string> Of(Session session)
    {
        int threads = session.Provenance.Threads;
        var metadata = new Dictionary<string, string>
        {
            [ResultMetadata.SchemaVersion] = ResultMetadata.CurrentSchemaVersion,
            [ResultMetadata.Version] = Version,
            [ResultMetadata.Command] = session.CommandLine,
            [ResultMetadata.Seed] = session.Seed.ToString(CultureInfo.InvariantCulture),
            [ResultMetadata.Threads] = (threads == 0 ? Environment.ProcessorCount : threads).ToString(CultureInfo.InvariantCulture),
            [ResultMetadata.KernelTier] = KernelInfo.Tier,
            [ResultMetadata.Created] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        if (session.Provenance.Model is { } model)
        {
            metadata[ResultMetadata.ModelSha256] = model.Sha256;
            if (model.DerivedFrom is { } origin)
            {
                metadata[ResultMetadata.ModelDerivedFrom] = origin;
            }
        }

        if (session.Provenance.DataSha256 is { } data)
        {
            metadata[ResultMetadata.DataSha256] = data;
        }

        return metadata;
    }

    /// <summary>The same for a result that is a part where the work was stopped.</summary>
    public static Dictionary<string, string> OfResult(Session session)
    {
        Dictionary<string, string> metadata = Of(session);
        if (session.Stopped is { } stopped)
        {
            foreach ((string key, string value) in ResultMetadata.OfPart(stopped.Reason, stopped.RowsExpected))
            {
                metadata[key] = value;
            }
        }

        return metadata;
    }
}
