using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random pre-tokenizers.</summary>
internal static class PreTokenizerGenerator
{
    private static readonly string[] Behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

    /// <summary>Any pre-tokenizer, or null.</summary>
    public static JsonObject? Next(Draw draw) => draw.Chance(0.2) ? null : Any(draw, 0);

    /// <summary>A pre-tokenizer that gives words their form.</summary>
    public static JsonObject? For(Draw draw, Surface surface) => surface switch
    {
        Surface.Bytes => draw.Weighted<Func<JsonObject>>(
            (4, () => ByteLevel(draw, null)),
            (5, () => Sequence(Split(draw, draw.One(Patterns.Published), "Isolated", false), ByteLevel(draw, false))),
            (2, () => Sequence(
                Split(draw, Patterns.Published[6], "Isolated", false), Split(draw, Patterns.Published[7], "Isolated", false),
                Split(draw, Patterns.Published[8], "Isolated", false), ByteLevel(draw, false))),
            (1, () => Sequence(Split(draw, Patterns.Published[10], "Removed", true), ByteLevel(draw, null))),
            (2, () => Sequence(Punctuation(draw), ByteLevel(draw, null), Digits(draw), Split(draw, Patterns.Published[11], "Isolated", false))),
            (2, () => Sequence(Digits(draw), ByteLevel(draw, null))))(),
        Surface.Metaspace => draw.Weighted<Func<JsonObject>>(
            (5, () => Metaspace(draw)), (2, () => Sequence(Typed("WhitespaceSplit"), Metaspace(draw))), (1, () => Sequence(Digits(draw), Metaspace(draw))),
            (1, () => Sequence(Metaspace(draw), Any(draw, 1))))(),
        _ => draw.Chance(0.15) ? null : draw.Weighted<Func<JsonObject>>(
            (3, () => Typed("BertPreTokenizer")), (3, () => Typed("Whitespace")), (2, () => Typed("WhitespaceSplit")), (6, () => Any(draw, 0)))(),
    };

    private static JsonObject Any(Draw draw, int depth) => draw.Weighted<Func<JsonObject>>(
        (3, () => Typed("BertPreTokenizer")),
        (4, () => ByteLevel(draw, null)),
        (2, () => new JsonObject { ["type"] = "CharDelimiterSplit", ["delimiter"] = draw.One(" ", "e", "\n", ".", "▁", "中", "👍") }),
        (4, () => Metaspace(draw)),
        (3, () => Typed("Whitespace")),
        (3, () => Typed("WhitespaceSplit")),
        (4, () => Punctuation(draw)),
        (8, () => AnySplit(draw)),
        (3, () => Digits(draw)),
        (3, () => Typed("UnicodeScripts")),
        (2, () => FixedLength(draw)),
        (depth < 2 ? 7 : 0, () => Sequence([.. Enumerable.Range(0, draw.Between(0, 4)).Select(_ => Any(draw, depth + 1))])))();

    private static JsonObject ByteLevel(Draw draw, bool? regex)
    {
        JsonObject part = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = draw.Chance(0.4), ["trim_offsets"] = draw.Chance(0.5) };
        bool use = regex ?? draw.Chance(0.75);
        if (!use || draw.Chance(0.5))
        {
            part["use_regex"] = use;
        }

        return part;
    }

    private static JsonObject Metaspace(Draw draw)
    {
        JsonObject part = new() { ["type"] = "Metaspace", ["replacement"] = draw.Weighted((9, "▁"), (1, "_"), (1, "·")) };
        string? scheme = draw.One("always", "first", "never", null);
        if (scheme is not null)
        {
            part["prepend_scheme"] = scheme;
        }

        if (scheme is null || draw.Chance(0.2))
        {
            part["add_prefix_space"] = scheme is null ? draw.Chance(0.6) : scheme != "never";
        }

        if (draw.Chance(0.6))
        {
            part["split"] = draw.Chance(0.6);
        }

        if (draw.Chance(0.05))
        {
            part["str_rep"] = part["replacement"]!.GetValue<string>();
        }

        return part;
    }

    private static JsonObject Punctuation(Draw draw)
    {
        JsonObject part = Typed("Punctuation");
        if (draw.Chance(0.85))
        {
            part["behavior"] = draw.One(Behaviors);
        }

        return part;
    }

    private static JsonObject AnySplit(Draw draw)
    {
        string behavior = draw.One(Behaviors);
        bool invert = draw.Chance(0.3);
        return draw.Chance(0.2)
            ? Split(new JsonObject { ["String"] = draw.One(" ", "e", ".", "th", "▁", "\n", "  ", "(") }, behavior, invert)
            : Split(draw, draw.Chance(0.5) ? draw.One(Patterns.Published) : draw.One(Patterns.Short), behavior, invert);
    }

    private static JsonObject Split(Draw draw, string pattern, string behavior, bool invert) =>
        Split(new JsonObject { ["Regex"] = pattern }, draw.Chance(0.9) ? behavior : draw.One(Behaviors), invert);

    private static JsonObject Split(JsonObject pattern, string behavior, bool invert) =>
        new() { ["type"] = "Split", ["pattern"] = pattern, ["behavior"] = behavior, ["invert"] = invert };

    private static JsonObject Digits(Draw draw) => new() { ["type"] = "Digits", ["individual_digits"] = draw.Chance(0.5) };

    // The reference ends the process at a length of 0.
    private static JsonObject FixedLength(Draw draw)
    {
        JsonObject part = Typed("FixedLength");
        if (draw.Chance(0.8))
        {
            part["length"] = draw.Between(1, 7);
        }

        return part;
    }

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject Sequence(params JsonNode?[] parts) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(parts) };
}
