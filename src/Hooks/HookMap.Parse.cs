namespace Interp.Hooks;

/// <content>Reading names.</content>
public sealed partial class HookMap
{
    /// <summary>
    /// Reads the name of a hook point: canonical (<c>blocks.5.attn.hook_z</c>), TransformerLens shorthand (<c>z5</c>,
    /// <c>resid_pre-1</c>, <c>scale4ln1</c>, <c>normalized</c>), or a name of the TransformerLens 3 bridge. Negative layers
    /// count from the last.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidInputException">
    /// There is no such name, the model has no such point, or the layer is out of range; the message gives the nearest names.
    /// </exception>
    public HookPoint Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string text = name.Trim();
        return HookNames.TryRead(text, Outline, out HookKind kind, out int? layer)
            ? Locate(text, kind, layer)
            : throw Unknown(text, layer);
    }

    /// <summary>Reads the parts of a name, as in <c>("z", 5)</c> or <c>("normalized", 27, "ln2")</c>.</summary>
    /// <param name="site">Short name of the point.</param>
    /// <param name="layer">Layer; negative counts from the last.</param>
    /// <param name="norm">The norm (<c>ln1</c>, <c>ln2</c>) or part of the block (<c>a</c>, <c>m</c>) it belongs to.</param>
    /// <exception cref="InvalidInputException">As for <see cref="Parse(string)"/>.</exception>
    public HookPoint Parse(string site, int layer, string? norm = null)
    {
        ArgumentNullException.ThrowIfNull(site);
        string text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{site}{layer}{norm}");
        return HookNames.TrySite(site.Trim(), norm ?? "", layer, Outline, out HookKind kind)
            ? Locate(text, kind, layer)
            : throw Unknown(text, layer);
    }

    private HookPoint Locate(string text, HookKind kind, int? layer)
    {
        HookRow row = HookTable.Row(kind);
        RequirePresent(text, row, layer ?? 0);
        if (!row.PerLayer)
        {
            return layer is null
                ? new HookPoint(kind, -1)
                : throw new InvalidInputException($"hook '{text}': {row.Site} is outside the blocks and takes no layer");
        }

        if (layer is not int typed)
        {
            throw new InvalidInputException(
                $"hook '{text}': expected a layer, as in {row.Site}0; the model has layers 0..{Outline.NLayers - 1}");
        }

        int resolved = typed < 0 ? typed + Outline.NLayers : typed;
        return resolved >= 0 && resolved < Outline.NLayers
            ? new HookPoint(kind, resolved)
            : throw new InvalidInputException(
                $"hook '{text}': layer {typed} is out of range, the model has layers 0..{Outline.NLayers - 1}");
    }

    private void RequirePresent(string text, HookRow row, int layer)
    {
        if (!row.IsIn(Outline))
        {
            string nearest = Nearest(Name(new HookPoint(row.Kind, layer)), AllPoints.Select(Name));
            throw new InvalidInputException(
                $"hook '{text}': this model has no such point because {row.Presence.Absent}; nearest: {nearest}");
        }
    }

    private InvalidInputException Unknown(string text, int? layer)
    {
        IEnumerable<HookPoint> sameLayerFirst = AllPoints.OrderBy(point => point.Layer != layer);
        bool full = text.Contains('.', StringComparison.Ordinal) || text.Contains("hook_", StringComparison.Ordinal);
        IEnumerable<string> names = sameLayerFirst.Select(point => full ? Name(point) : ShortName(point));
        return new InvalidInputException($"hook '{text}': no such hook point; nearest: {Nearest(text, names)}");
    }

    /// <summary>The shortest name that parses to the point: <c>z5</c>, <c>scale4ln1</c>, <c>embed</c>.</summary>
    private static string ShortName(HookPoint point)
    {
        string[] parts = point.Site.Split('.');
        return point.Layer < 0 ? point.Site
            : parts.Length == 1 ? $"{parts[0]}{point.Layer}"
            : $"{parts[1]}{point.Layer}{parts[0]}";
    }

    private static string Nearest(string text, IEnumerable<string> names) =>
        string.Join(", ", NearestNames.Find(text, names));
}
