using Interp.Onnx.Format;

namespace Interp.Onnx;

/// <summary>
/// Finds sites by what exporters leave of names: the names of initializers, the paths in the names of nodes, and the module
/// scopes in their metadata. Rules that say nothing, or several things, are passed over.
/// </summary>
internal sealed class SiteNames
{
    private const int LongestScopes = 8192;

    private readonly Index[] _rules;
    private readonly Index _own;

    /// <summary>Reads the names of sites.</summary>
    /// <param name="sites">The sites.</param>
    public SiteNames(IReadOnlyList<Site> sites)
    {
        // The name of a bias is the weakest: equal biases, such as those that are all 0, are often stored once.
        _own = new(sites, site => site.Constants.FirstOrDefault()?.Names ?? []);
        _rules = [new(sites, WeightNames), new(sites, NodePath), new(sites, Scopes), new(sites, BiasNames)];
    }

    /// <summary>Finds the site of a module.</summary>
    /// <typeparam name="T">The kind of site.</typeparam>
    /// <param name="module">The module's full name.</param>
    /// <param name="prefix">What an exporter may leave out at its beginning.</param>
    /// <returns>Null when no rule finds exactly one.</returns>
    public T? Find<T>(string module, string prefix)
        where T : Site => _rules.Select(rule => rule.Find<T>(module, prefix)).FirstOrDefault(site => site is not null);

    /// <summary>Finds a site by the whole name of its weight.</summary>
    /// <typeparam name="T">The kind of site.</typeparam>
    /// <param name="weight">The name.</param>
    /// <returns>Null when there is not exactly one.</returns>
    public T? FindWhole<T>(string weight)
        where T : Site => _own.FindWhole<T>(weight);

    /// <summary>The path in a node's name, with dots; null when there is none.</summary>
    /// <param name="node">The node.</param>
    public static string? PathOf(OnnxNode node)
    {
        int end = node.Name.LastIndexOf('/');
        return end > 0 ? node.Name[..end].TrimStart('/').Replace('/', '.') : null;
    }

    private static IEnumerable<string> WeightNames(Site site) =>
        site.Constants.FirstOrDefault() is { } weight && !(site is NormSite { Gain: null })
            ? Without(weight.Names, ".weight", ".gamma")
            : [];

    private static IEnumerable<string> BiasNames(Site site) => site switch
    {
        LinearSite { Bias: { } bias } => Without(bias.Values.Names, ".bias", ".beta"),
        NormSite { Bias: { } bias } => Without(bias.Names, ".bias", ".beta"),
        _ => [],
    };

    private static IEnumerable<string> NodePath(Site site) => PathOf(site.Node) is { } path ? [path] : [];

    // "['', 'model', 'model.layers.0', 'linear']", and ": cls/model: cls/model.layers.0: cls/linear: op" in older files.
    private static IEnumerable<string> Scopes(Site site)
    {
        foreach (StringStringEntryProto entry in site.Node.Metadata.Where(m => m.Value.Length <= LongestScopes))
        {
            string[] scopes = entry.Key switch
            {
                "pkg.torch.onnx.name_scopes" => [.. entry.Value.Trim('[', ']').Split(',').Select(s => s.Trim().Trim('\'', '"'))],
                "namespace" => [.. entry.Value.Split('/').Select(s => s.Split(':')[0].Trim())],
                _ => [],
            };
            foreach (string scope in scopes.Where(s => s.Length > 0))
            {
                yield return scope;
            }
        }
    }

    private static IEnumerable<string> Without(IEnumerable<string> names, params string[] endings) =>
        from name in names
        from ending in endings
        where name.EndsWith(ending, StringComparison.Ordinal)
        select name[..^ending.Length];

    /// <summary>Sites by the names that one rule gives them.</summary>
    private sealed class Index
    {
        private const int DeepestPath = 32;
        private const int LongestName = 512;

        private readonly Dictionary<string, List<Site>> _whole = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<Site>> _endings = new(StringComparer.Ordinal);

        public Index(IEnumerable<Site> sites, Func<Site, IEnumerable<string>> names)
        {
            foreach (Site site in sites)
            {
                foreach (string name in names(site).Where(n => n.Length <= LongestName).Distinct())
                {
                    Add(_whole, name, site);
                    string rest = name;
                    for (int i = 0; i < DeepestPath; i++)
                    {
                        Add(_endings, rest, site);
                        int dot = rest.IndexOf('.', StringComparison.Ordinal);
                        if (dot < 0)
                        {
                            break;
                        }

                        rest = rest[(dot + 1)..];
                    }
                }
            }
        }

        public T? Find<T>(string module, string prefix)
            where T : Site
        {
            if (One<T>(_endings, module) is { } site)
            {
                return site;
            }

            if (!module.StartsWith(prefix, StringComparison.Ordinal))
            {
                return null;
            }

            for (int from = module.IndexOf('.', StringComparison.Ordinal) + 1;
                from > 0 && from <= prefix.Length;
                from = module.IndexOf('.', from) + 1)
            {
                if (One<T>(_whole, module[from..]) is { } shorter)
                {
                    return shorter;
                }
            }

            return null;
        }

        public T? FindWhole<T>(string name)
            where T : Site => One<T>(_whole, name);

        private static T? One<T>(Dictionary<string, List<Site>> index, string name)
            where T : Site
        {
            T[] sites = index.TryGetValue(name, out List<Site>? found) ? [.. found.OfType<T>()] : [];
            return sites.Length > 0 && sites.All(sites[0].SameWeights) ? sites[0] : null;
        }

        private static void Add(Dictionary<string, List<Site>> index, string name, Site site)
        {
            if (!index.TryGetValue(name, out List<Site>? sites))
            {
                index.Add(name, sites = []);
            }

            sites.Add(site);
        }
    }
}
