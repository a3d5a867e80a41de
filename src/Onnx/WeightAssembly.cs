using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// Puts the sites of a graph into the modules of a family: by name where names say it, else by structure. Whatever both say
/// must agree, and no site may be left over: a graph with one more map is another model than the one that would run.
/// </summary>
internal sealed class WeightAssembly
{
    private readonly Stream _stream;
    private readonly BlockStructure _structure;
    private readonly SiteNames _names;
    private readonly FamilyLayout _layout;
    private readonly ModelConfig _config;
    private readonly OnnxWeights _weights;
    private readonly HashSet<Site> _used = [];

    private WeightAssembly(Stream stream, BlockStructure structure, SiteNames names, FamilyLayout layout, ModelConfig config)
    {
        (_stream, _structure, _names, _layout, _config) = (stream, structure, names, layout, config);
        _weights = new OnnxWeights(stream.Graph.File);
    }

    private string File => _stream.Graph.File.Path;

    /// <summary>Gives the weights names.</summary>
    /// <param name="stream">The graph's stream with all sites.</param>
    /// <param name="structure">Their roles.</param>
    /// <param name="names">Their names.</param>
    /// <param name="layout">The family's modules.</param>
    /// <param name="config">The resolved configuration.</param>
    /// <exception cref="InvalidInputException">A site fits nowhere, or names and structure contradict each other.</exception>
    public static OnnxWeights Create(
        Stream stream, BlockStructure structure, SiteNames names, FamilyLayout layout, ModelConfig config)
    {
        var assembly = new WeightAssembly(stream, structure, names, layout, config);
        // Attention of a kind that cannot be followed leaves the names; of a kind that can, every layer is met.
        if (structure.Layers > 0 ? config.NLayers != structure.Layers : config.NLayers > stream.Sites.Count)
        {
            throw new InvalidInputException($"{assembly.File}: expected {config.NLayers} layers of attention as the "
                + $"configuration says, "
                + $"found {structure.Layers} that could be followed");
        }

        foreach (Module module in layout.Modules)
        {
            for (int layer = 0; layer < (module.PerLayer ? config.NLayers : 1); layer++)
            {
                assembly.Add(module, layer);
            }
        }

        assembly.RefuseLeftOver();
        foreach (Site site in assembly._used)
        {
            assembly._weights.Use(site);
        }

        GraphCheck.ConstantsAreKnown(stream, config);
        GraphCheck.EpsilonAgrees(stream, config);
        GraphCheck.TiedWeightsAgree(stream, structure, config);
        return assembly._weights;
    }

    private void Add(Module module, int layer)
    {
        string path = module.At(layer);
        switch (module.Role)
        {
            case Role.TokenEmbedding or Role.PositionEmbedding or Role.TokenTypeEmbedding:
                if (Find<EmbeddingSite>(module, layer) is { Site: EmbeddingSite embedding })
                {
                    // A graph that counts from 0 may leave out the rows that no position uses: it has one row for each position.
                    bool counted = module.Role == Role.PositionEmbedding && embedding.Table.Rows == _config.NCtx;
                    int unused = !counted ? 0 : _config.Family == "opt" ? 2 : _config.PaddingId + 1 ?? 0;
                    _weights.AddEmbedding(path + ".weight", embedding, unused);
                }

                break;
            case Role.EmbedNorm or Role.Norm1 or Role.Norm2 or Role.AttentionWriteNorm or Role.FeedForwardWriteNorm
                or Role.FinalNorm or Role.HeadNorm or Role.QueryNorm or Role.KeyNorm:
                if (Find<NormSite>(module, layer) is { Site: NormSite norm })
                {
                    if (module.EachHead)
                    {
                        _weights.AddNormsOfHeads(path, norm, _config.DHead);
                        break;
                    }

                    _weights.AddNorm(path + ".weight", module.BiasAt(layer), norm, _config.DModel, module.LessOne);
                }

                break;
            default:
                IReadOnlyList<Part> parts = Parts(module, layer);
                if (parts.Count > 0)
                {
                    _used.UnionWith(parts.Select(p => p.Site));
                    _weights.AddLinear(path + ".weight", module.BiasAt(layer), parts, module.InputsFirst, module.Biased);
                }

                break;
        }
    }

    private IReadOnlyList<Part> Parts(Module module, int layer)
    {
        Part? one = Find<LinearSite>(module, layer);
        IReadOnlyList<Part> whole = one is { } part ? [part] : [];
        if (module.Role == Role.FeedForwardBoth)
        {
            return Placed(Role.FeedForwardIn, Role.FeedForwardLinear) ?? whole;
        }

        if (module.Role != Role.QueryKeyValue
            || Placed(Role.Query, Role.Key, Role.Value) is not [Part query, Part key, Part value])
        {
            return whole;
        }

        if (module.Order == HeadOrder.Concatenated)
        {
            return [query, key, value];
        }

        int group = _config.NHeads / _config.NKeyValueHeads, size = _config.DHead;
        return
        [
            .. Enumerable.Range(0, _config.NKeyValueHeads).SelectMany(head => new Part[]
            {
                new(query.Site, query.Start + (head * group * size), group * size),
                new(key.Site, key.Start + (head * size), size),
                new(value.Site, value.Start + (head * size), size),
            }),
        ];

        IReadOnlyList<Part>? Placed(params Role[] roles)
        {
            Part[] parts = [.. roles.Select(role => _structure.Find(role, layer)).OfType<Part>()];
            return parts.Length == roles.Length ? parts : null;
        }
    }

    private Part? Find<T>(Module module, int layer)
        where T : Site
    {
        T? named = _names.Find<T>(module.At(layer), _layout.Prefix)
            ?? (module.OwnAt(layer) is { } own ? _names.FindWhole<T>(own) : null);
        Part? placed = _structure.Find(module.Role, layer) is { Site: T } part ? part : null;
        if (named is not null && placed is { } other && other.Site != named && !named.SameWeights(other.Site))
        {
            throw new InvalidInputException($"{File}: {OneLine.Quote(module.At(layer))}: by its name it is "
                + $"{named.Node.Label}, by its "
                + $"place in the graph {other.Site.Node.Label}; expected the same");
        }

        // The place is preferred where both agree: it knows the columns, and which of two equal sites this is.
        Part? found = placed ?? (named is null ? null : new Part(named));
        if (found is { } use)
        {
            _used.Add(use.Site);
        }

        return found;
    }

    private void RefuseLeftOver()
    {
        Site[] sites = [.. _stream.Sites.Where(s => s is not AttentionSite)];
        if (sites.OrderBy(s => s.Node.Order).FirstOrDefault(s => !_used.Contains(s)) is { } left)
        {
            string weight = left.Constants.FirstOrDefault() is { } constant
                ? $" with the weight {OneLine.Quote(constant.Tensor.Name)} {OneLine.Shape(constant.Tensor.Shape)}"
                : "";
            throw new InvalidInputException($"{File}: {left.Node.Label}{weight} has no place in a {_config.Family} model of "
                + $"{_config.NLayers} layers; recognised were {_used.Count} of {sites.Length} parts");
        }
    }
}
