using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Interp.Hooks;

public sealed partial class HookMap
{
    /// <summary>
    /// Reads one name: canonical (<c>blocks.5.attn.hook_z</c>), shorthand (<c>z5</c>, <c>resid_pre-1</c>, <c>scale4ln1</c>,
    /// <c>embed</c>), word alias (<c>value3</c>) or a name of TransformerLens 3's bridge. Negative layers count from the top.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidInputException">
    /// The name is unknown (the nearest ones are told), or the model does not have the point (why is told).
    /// </exception>
    public HookPoint Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        HookPoint? point = ByName(name) ?? ByShorthand(name);
        return point is { } found ? Require(found) : throw Unknown(name);
    }

    /// <summary>Reads a site and a layer, as in <c>("z", 5)</c>, <c>("resid_pre", -1)</c> or <c>("normalized", 27, "ln2")</c>.</summary>
    /// <param name="site">Short name or word alias.</param>
    /// <param name="layer">Layer; negative counts from the top.</param>
    /// <param name="norm"><c>ln1</c> or <c>ln2</c>, for <c>scale</c> and <c>normalized</c>.</param>
    /// <exception cref="InvalidInputException">The point does not exist.</exception>
    public HookPoint Parse(string site, int layer, string? norm = null)
    {
        ArgumentNullException.ThrowIfNull(site);
        string text = site + layer.ToString(CultureInfo.InvariantCulture) + norm;
        return Parse(text);
    }

    /// <summary>The point that a query names.</summary>
    /// <param name="query">A point by value or by name.</param>
    /// <exception cref="InvalidInputException">The point does not exist.</exception>
    public HookPoint Resolve(HookQuery query) => query.Point is { } point ? Require(point) : Parse(query.Text ?? "");

    /// <summary>The points that queries name; texts may be globs. In firing order, without duplicates.</summary>
    /// <param name="queries">Points by value, by name or by glob.</param>
    /// <exception cref="InvalidInputException">A query names nothing.</exception>
    public IReadOnlyList<HookPoint> ResolveAll(IEnumerable<HookQuery> queries)
    {
        ArgumentNullException.ThrowIfNull(queries);
        HashSet<HookPoint> named = [];
        foreach (HookQuery query in queries)
        {
            named.UnionWith(query.Point is { } point ? [Require(point)] : Matches(query.Text ?? ""));
        }

        return [.. AllPoints.Where(named.Contains)];
    }

    /// <summary>
    /// The points that patterns name, in firing order, without duplicates. A pattern is a name, a shorthand, a site for all
    /// layers (<c>z</c>) or a glob over canonical names (<c>*</c>, <c>?</c>). Points that fire only on request are named by
    /// globs whose last part holds no <c>*</c>.
    /// </summary>
    /// <param name="patterns">The patterns.</param>
    /// <exception cref="InvalidInputException">A pattern names nothing.</exception>
    public IReadOnlyList<HookPoint> Match(IEnumerable<string> patterns) => ResolveAll(patterns.Select(p => (HookQuery)p));

    private HookPoint[] Matches(string pattern)
    {
        if (pattern.Contains('*', StringComparison.Ordinal) || pattern.Contains('?', StringComparison.Ordinal))
        {
            bool broad = pattern[(pattern.LastIndexOf('.') + 1)..].Contains('*', StringComparison.Ordinal);
            HookPoint[] found =
            [
                .. (broad ? Points : AllPoints).Where(p => FileSystemName.MatchesSimpleExpression(pattern, Name(p), ignoreCase: false)),
            ];
            return found.Length > 0 ? found : throw Unknown(pattern);
        }

        string site = HookAliases.Site(pattern);
        HookRow? row = HookTable.Rows.FirstOrDefault(r => r.PerLayer && r.Site == site);
        if (row is null)
        {
            return [Parse(pattern)];
        }

        HookPoint[] layers = [.. AllPoints.Where(p => p.Kind == row.Kind)];
        return layers.Length > 0 ? layers : [Require(new HookPoint(row.Kind, 0))];
    }

    /// <summary>A canonical or bridge name, whether or not this model has the point.</summary>
    private HookPoint? ByName(string name)
    {
        Match match = LayerInName().Match(name);
        int layer = -1;
        if (match.Success && !int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out layer))
        {
            return null;
        }

        string template = match.Success ? "blocks.{l}." + name[match.Length..] : name;
        HookRow? row = HookTable.Rows.FirstOrDefault(r => r.Name == template || (!r.PerLayer && "embed." + r.Name == template));
        HookKind? kind = row?.Kind ?? HookAliases.Bridge(template, Outline.GatedMlp);
        return kind is { } k ? new HookPoint(k, match.Success && layer < 0 ? layer + Outline.NLayers : layer) : null;
    }

    private HookPoint? ByShorthand(string name)
    {
        Match match = Shorthand().Match(name);
        if (!match.Success)
        {
            return null;
        }

        string site = HookAliases.Site(match.Groups["site"].Value), type = match.Groups["type"].Value;
        bool layered = int.TryParse(match.Groups["layer"].Value, CultureInfo.InvariantCulture, out int layer);
        if (site is "scale" or "normalized")
        {
            string norm = layered ? HookAliases.Norm(type) ?? "ln?" : Outline.HasMlmHead ? "mlm_head.ln" : "ln_final";
            site = norm + "." + site;
            if (norm == "ln?")
            {
                throw new InvalidInputException($"hook '{name}': which norm? write {name}ln1 or {name}ln2");
            }
        }
        else if (HookAliases.Norm(type) is not null)
        {
            return null;
        }

        HookRow? row = HookTable.Rows.FirstOrDefault(r => r.Site == site && r.PerLayer == layered);
        return row is null ? null : new HookPoint(row.Kind, !layered ? -1 : layer < 0 ? layer + Outline.NLayers : layer);
    }

    private InvalidInputException Unknown(string name)
    {
        IEnumerable<string> known = AllPoints.SelectMany(p => new[] { Name(p), p.Layer < 0 ? p.Site : $"{p.Site}{p.Layer}" });
        bool isShort = !name.Contains('.', StringComparison.Ordinal);
        IReadOnlyList<string> nearest = NearestNames.Find(name, isShort ? known : AllPoints.Select(Name));
        return new InvalidInputException($"hook '{name}': no such hook point; nearest: {string.Join(", ", nearest)}");
    }

    [GeneratedRegex(@"^blocks\.(-?\d+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerInName();

    [GeneratedRegex(
        @"^(?<site>[a-z]+(?:_[a-z]+)*)(?<layer>-?\d+)?(?<type>ln1|ln2|a|m|attn|mlp)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Shorthand();
}
