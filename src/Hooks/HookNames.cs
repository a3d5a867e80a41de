using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Interp.Hooks;

/// <summary>What users call hook points, beside the canonical names. Derived from <see cref="HookTable"/>.</summary>
internal static partial class HookNames
{
    private const string BlockPrefix = "blocks.{l}.";

    /// <summary>Rows inside a block by the end of their name: <c>attn.hook_z</c>.</summary>
    private static readonly FrozenDictionary<string, HookKind> InBlock = HookTable.Rows.Where(r => r.PerLayer)
        .ToFrozenDictionary(r => r.Name[BlockPrefix.Length..], r => r.Kind);

    private static readonly FrozenDictionary<string, HookKind> OutsideBlocks = HookTable.Rows.Where(r => !r.PerLayer)
        .ToFrozenDictionary(r => r.Name, r => r.Kind);

    private static readonly FrozenDictionary<string, HookKind> Sites = HookTable.Rows
        .ToFrozenDictionary(r => r.Site, r => r.Kind);

    private static readonly FrozenDictionary<string, string> WordAliases = new Dictionary<string, string>
    {
        ["attn"] = "pattern",
        ["attn_logits"] = "attn_scores",
        ["query"] = "q",
        ["key"] = "k",
        ["value"] = "v",
        ["mlp_pre"] = "pre",
        ["mlp_post"] = "post",
    }.ToFrozenDictionary();

    /// <summary>The names of the bridge of TransformerLens 3 whose meaning is the same in every model.</summary>
    private static readonly FrozenDictionary<string, HookKind> BridgeInBlock = new Dictionary<string, HookKind>
    {
        ["hook_in"] = HookKind.ResidPre,
        ["attn.q.hook_out"] = HookKind.Q,
        ["attn.k.hook_out"] = HookKind.K,
        ["attn.v.hook_out"] = HookKind.V,
        ["attn.o.hook_in"] = HookKind.Z,
        ["attn.hook_out"] = HookKind.AttnOut,
        ["mlp.hook_out"] = HookKind.MlpOut,
        ["mlp.out.hook_in"] = HookKind.Post,
    }.ToFrozenDictionary();

    /// <summary>Reads a name without asking whether the model has the point or enough layers.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="outline">The model; some names mean different things in different models.</param>
    /// <param name="kind">What the name stands for.</param>
    /// <param name="layer">The layer as typed, which may be negative; null when there was none.</param>
    public static bool TryRead(string text, ModelOutline outline, out HookKind kind, out int? layer)
    {
        kind = default;
        layer = null;
        Match path = BlockPath().Match(text);
        if (path.Success)
        {
            string rest = path.Groups["rest"].Value;
            layer = LayerOf(path);
            return layer is not null && (InBlock.TryGetValue(rest, out kind) || TryBridge(rest, outline, out kind));
        }

        if (OutsideBlocks.TryGetValue(text, out kind) || TryEmbedding(text, outline, out kind))
        {
            return true;
        }

        Match shorthand = Shorthand().Match(text);
        if (!shorthand.Success)
        {
            return false;
        }

        layer = LayerOf(shorthand);
        bool layerFits = layer is not null || !shorthand.Groups["layer"].Success;
        return layerFits && TrySite(shorthand.Groups["site"].Value, shorthand.Groups["type"].Value, layer, outline, out kind);
    }

    /// <summary>Reads a short name and the part of the block it is in.</summary>
    /// <param name="site">Short name: <c>z</c>, <c>scale</c>, <c>ln1.scale</c>.</param>
    /// <param name="type">Part of the block (<c>ln1</c>, <c>a</c>, <c>m</c>), or empty.</param>
    /// <param name="layer">The layer, or null.</param>
    /// <param name="outline">The model.</param>
    /// <param name="kind">What the name stands for.</param>
    public static bool TrySite(string site, string type, int? layer, ModelOutline outline, out HookKind kind)
    {
        string name = WordAliases.GetValueOrDefault(site, site);
        if (name is "scale" or "normalized" && layer is null)
        {
            string norm = outline is { HasFinalNorm: false, HasMlmHead: true } ? "mlm_head.ln" : "ln_final";
            return Sites.TryGetValue($"{norm}.{name}", out kind) && type.Length == 0;
        }

        if (type is "ln1" or "ln2" or "ln1_post" or "ln2_post" or "q_norm" or "k_norm")
        {
            return Sites.TryGetValue($"{type}.{name}", out kind);
        }

        return Sites.TryGetValue(name, out kind) && IsIn(type, kind);
    }

    private static bool IsIn(string type, HookKind kind)
    {
        string name = HookTable.Row(kind).Name;
        return type switch
        {
            "" => true,
            "a" or "attn" or "attention" => name.StartsWith(BlockPrefix + "attn.", StringComparison.Ordinal),
            "m" or "mlp" => name.StartsWith(BlockPrefix + "mlp.", StringComparison.Ordinal),
            "b" or "block" or "blocks" => name.StartsWith(BlockPrefix + "hook_", StringComparison.Ordinal),
            _ => false,
        };
    }

    /// <summary>A bridge names module inputs and outputs, so what they are depends on how the block is built.</summary>
    private static bool TryBridge(string rest, ModelOutline outline, out HookKind kind)
    {
        HookKind? found = rest switch
        {
            "hook_out" => outline.BlockPoints[^1],
            "ln2.hook_in" => StreamBefore(HookKind.Ln2Scale, outline),
            "mlp.in.hook_out" => outline.GatedMlp ? HookKind.PreLinear : HookKind.Pre,
            "mlp.gate.hook_out" when outline.GatedMlp => HookKind.Pre,
            _ => BridgeInBlock.TryGetValue(rest, out HookKind same) ? same : null,
        };
        kind = found.GetValueOrDefault();
        return found is not null;
    }

    // The stream as a norm reads it; where the block has no such norm, the middle of the block, which says why when it is not there either.
    private static HookKind StreamBefore(HookKind norm, ModelOutline outline)
    {
        HookKind last = HookKind.ResidMid;
        foreach (HookKind kind in outline.BlockPoints)
        {
            if (kind == norm)
            {
                return last;
            }

            last = kind is HookKind.ResidPre or HookKind.ResidMid or HookKind.ResidPost ? kind : last;
        }

        return outline.AttnOnly || outline.BlockPoints.Contains(HookKind.ResidMid) ? HookKind.ResidMid : HookKind.ResidPre;
    }

    private static bool TryEmbedding(string text, ModelOutline outline, out HookKind kind)
    {
        HookKind? found = text switch
        {
            "embed.hook_out" => HookKind.Embed,
            "pos_embed.hook_out" => HookKind.PosEmbed,
            "embed.hook_embed" when outline.EncoderNames => HookKind.Embed,
            "embed.hook_pos_embed" when outline.EncoderNames => HookKind.PosEmbed,
            _ => null,
        };
        kind = found.GetValueOrDefault();
        return found is not null;
    }

    private static int? LayerOf(Match match) =>
        int.TryParse(match.Groups["layer"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture, out int layer)
            ? layer
            : null;

    [GeneratedRegex(@"^blocks\.(?<layer>-?[0-9]+)\.(?<rest>.+)$")]
    private static partial Regex BlockPath();

    [GeneratedRegex(@"^(?<site>(?:ln[12](?:_post)?\.)?[a-z_.]+)(?:(?<layer>-?[0-9]+)\.?(?<type>[a-z_]*(?:[12](?:_post)?)?))?$")]
    private static partial Regex Shorthand();
}
