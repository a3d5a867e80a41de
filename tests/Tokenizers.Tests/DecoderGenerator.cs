using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random decoders.</summary>
internal static class DecoderGenerator
{
    /// <summary>Any decoder, or null.</summary>
    public static JsonObject? Next(Draw draw) => draw.Chance(0.15) ? null : Any(draw, 0);

    /// <summary>A decoder that undoes a form of words.</summary>
    public static JsonObject? For(Draw draw, Surface surface) => surface switch
    {
        Surface.Bytes => ByteLevel(draw),
        Surface.Metaspace => draw.Weighted<Func<JsonObject>>(
            (3, () => Metaspace(draw)),
            (3, () => Sequence(Replace("▁", " "), Typed("ByteFallback"), Typed("Fuse"), Strip(" ", 1, 0))),
            (2, () => Sequence(Typed("ByteFallback"), Metaspace(draw))))(),
        _ => draw.Chance(0.2) ? null : draw.Weighted<Func<JsonObject>>((3, () => WordPiece(draw)), (2, () => BpeDecoder(draw)), (2, () => Any(draw, 0)))(),
    };

    private static JsonObject Any(Draw draw, int depth) => draw.Weighted<Func<JsonObject>>(
        (3, () => BpeDecoder(draw)),
        (3, () => ByteLevel(draw)),
        (3, () => WordPiece(draw)),
        (3, () => Metaspace(draw)),
        (3, () => new JsonObject
        {
            ["type"] = "CTC",
            ["pad_token"] = draw.One("<pad>", "[UNK]", "e"),
            ["word_delimiter_token"] = draw.One("|", "the", " "),
            ["cleanup"] = draw.Chance(0.5),
        }),
        (3, () => Typed("ByteFallback")),
        (2, () => Typed("Fuse")),
        (2, () => depth == 0 && draw.Chance(0.5) ? Strip(draw.One(" ", "e", "▁", "#"), 0, 1) : Strip(draw.One(" ", "e", "▁", "#"), draw.Below(3), 0)),
        (3, () => draw.Chance(0.5)
            ? Replace(draw.One("▁", "##", "e", " ", "Ġ"), draw.One(" ", "", "▁", "xy"))
            : new JsonObject
            {
                ["type"] = "Replace",
                ["pattern"] = new JsonObject { ["Regex"] = draw.One(@"\s+", "^▁", "[aeiou]", "##|▁", "Ġ+") },
                ["content"] = draw.One(" ", "", "▁", "xy"),
            }),
        (depth < 2 ? 6 : 0, () => Sequence([.. Enumerable.Range(0, draw.Between(0, 4)).Select(_ => Any(draw, depth + 1))])))();

    private static JsonObject BpeDecoder(Draw draw) => new() { ["type"] = "BPEDecoder", ["suffix"] = draw.One("</w>", "_", "e") };

    private static JsonObject ByteLevel(Draw draw)
    {
        JsonObject part = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = draw.Chance(0.5), ["trim_offsets"] = draw.Chance(0.5) };
        if (draw.Chance(0.5))
        {
            part["use_regex"] = draw.Chance(0.5);
        }

        return part;
    }

    private static JsonObject WordPiece(Draw draw) => new() { ["type"] = "WordPiece", ["prefix"] = draw.Weighted((5, "##"), (1, "@@"), (1, "")), ["cleanup"] = draw.Chance(0.5) };

    private static JsonObject Metaspace(Draw draw)
    {
        JsonObject part = new() { ["type"] = "Metaspace", ["replacement"] = draw.Weighted((9, "▁"), (1, "_")), ["prepend_scheme"] = draw.One("always", "first", "never") };
        if (draw.Chance(0.5))
        {
            part["split"] = draw.Chance(0.5);
        }

        return part;
    }

    private static JsonObject Replace(string text, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = content };

    // The reference ends the process where a token has fewer characters than the right end asks for, or both ends want the same one.
    private static JsonObject Strip(string text, int start, int stop) => new() { ["type"] = "Strip", ["content"] = text, ["start"] = start, ["stop"] = stop };

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject Sequence(params JsonNode?[] parts) => new() { ["type"] = "Sequence", ["decoders"] = new JsonArray(parts) };
}
