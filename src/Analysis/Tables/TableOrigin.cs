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

/// <summary>Says where a table of one's own comes from, so that its file can be traced.</summary>
public static class TableProvenance
{
    /// <summary>
    /// Fills the table's <see cref="ResultTable.Metadata"/>: version, hash of the model and of what it is derived from, hash of the prompts, seed,
    /// vector width. Interp's own results have it.
    /// </summary>
    /// <typeparam name="TTable">The kind of table.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="model">The model that its numbers were computed with.</param>
    /// <param name="pairs">The prompts; null = none.</param>
    /// <param name="seed">Seed of what is drawn at random; null = nothing is.</param>
    /// <param name="finite">Whether a row that is added later with an infinite or undefined number is refused.</param>
    /// <returns>The same table.</returns>
    public static TTable From<TTable>(
        this TTable table, TransformerModel model, IEnumerable<PromptPair>? pairs = null, int? seed = null, bool finite = false)
        where TTable : ResultTable
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(model);
        var origin = new TableOrigin(model.Identity, seed);
        foreach (PromptPair pair in pairs ?? [])
        {
            origin.Add(pair);
        }

        table.SetOrigin(origin, finite);
        return table;
    }
}
