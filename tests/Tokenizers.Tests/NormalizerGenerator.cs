using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random normalizers.</summary>
internal static class NormalizerGenerator
{
    /// <summary>Any normalizer, or null.</summary>
    public static JsonObject? Next(Draw draw) => draw.Chance(0.3) ? null : Any(draw, 0);

    /// <summary>A normalizer that gives the model's words their form, or null where the pre-tokenizer does that.</summary>
    public static JsonObject? For(Draw draw, Surface surface, bool whole)
    {
        JsonObject? own = (surface, whole) switch
        {
            (Surface.Metaspace, true) => Sequence(Prepend("▁"), Replace(new JsonObject { ["String"] = " " }, "▁")),
            (Surface.Bytes, true) => Typed("ByteLevel"),
            _ => null,
        };
        JsonObject? other = draw.Chance(0.45) ? null : Any(draw, 0);
        return own is null ? other : other is null ? own : Sequence(other, own);
    }

    private static JsonObject Any(Draw draw, int depth) => draw.Weighted<Func<JsonObject>>(
        (5, () => Bert(draw)),
        (3, () => new JsonObject { ["type"] = "Strip", ["strip_left"] = draw.Chance(0.5), ["strip_right"] = draw.Chance(0.5) }),
        (3, () => Typed("StripAccents")),
        (3, () => Typed("NFC")),
        (3, () => Typed("NFD")),
        (3, () => Typed("NFKC")),
        (3, () => Typed("NFKD")),
        (4, () => Typed("Lowercase")),
        (3, () => Typed("Nmt")),
        (3, () => Prepend(draw.One("▁", " ", "x", "é\u0301", "__"))),
        (5, () => AnyReplace(draw)),
        (4, () => new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Charsmap.Next(draw) }),
        (2, () => Typed("ByteLevel")),
        (depth < 2 ? 6 : 0, () => Sequence([.. Enumerable.Range(0, draw.Between(0, 4)).Select(_ => Any(draw, depth + 1))])))();

    private static JsonObject Bert(Draw draw)
    {
        JsonObject normalizer = new()
        {
            ["type"] = "BertNormalizer",
            ["clean_text"] = draw.Chance(0.7),
            ["handle_chinese_chars"] = draw.Chance(0.7),
            ["strip_accents"] = draw.One<bool?>(null, null, true, false),
            ["lowercase"] = draw.Chance(0.6),
        };
        return normalizer;
    }

    private static JsonObject AnyReplace(Draw draw)
    {
        if (draw.Chance(0.6))
        {
            (string pattern, string content) = draw.One(Patterns.Replacements);
            return Replace(new JsonObject { ["Regex"] = pattern }, content);
        }

        // Only white space and marks become nothing: see the added tokens.
        return draw.Chance(0.3)
            ? Replace(new JsonObject { ["String"] = draw.One(" ", "\n", "e\u0301", "\u0301", "  ") }, "")
            : Replace(new JsonObject { ["String"] = draw.One(" ", "e", ".", "``", "th", "▁", "\n", "e\u0301", "(", "aa") }, draw.One(" ", "▁", "\"", "xyz", "é", "e"));
    }

    private static JsonObject Prepend(string text) => new() { ["type"] = "Prepend", ["prepend"] = text };

    private static JsonObject Replace(JsonObject pattern, string content) => new() { ["type"] = "Replace", ["pattern"] = pattern, ["content"] = content };

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject Sequence(params JsonNode?[] parts) => new() { ["type"] = "Sequence", ["normalizers"] = new JsonArray(parts) };
}
