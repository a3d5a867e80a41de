using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a table is computed from, as whoever computes it knows it; hashes are computed when the table is written.</summary>
/// <param name="model">The model.</param>
/// <param name="seed">Seed of what is drawn at random; null = nothing is.</param>
internal sealed class TableOrigin(ModelIdentity model, int? seed)
{
    private readonly StringBuilder _prompts = new();
    private PromptPair? _last;

    /// <summary>Another prompt; the same one again counts once.</summary>
    public void Add(PromptPair pair)
    {
        if (ReferenceEquals(pair, _last))
        {
            return;
        }

        _last = pair;
        pair.AppendTo(_prompts);
    }

    /// <summary>The entries of <see cref="ResultMetadata"/> that follow from this.</summary>
    public IReadOnlyDictionary<string, string> Metadata()
    {
        var metadata = new Dictionary<string, string>
        {
            [ResultMetadata.Version] = typeof(TableOrigin).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
            [ResultMetadata.ModelSha256] = model.Sha256,
            [ResultMetadata.KernelTier] = KernelInfo.Tier,
        };
        if (model.DerivedFrom is { } origin)
        {
            metadata[ResultMetadata.ModelDerivedFrom] = origin;
        }

        if (_prompts.Length > 0)
        {
            metadata[ResultMetadata.DataSha256] = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_prompts.ToString())));
        }

        if (seed is { } drawn)
        {
            metadata[ResultMetadata.Seed] = drawn.ToString(CultureInfo.InvariantCulture);
        }

        return metadata;
    }
}
