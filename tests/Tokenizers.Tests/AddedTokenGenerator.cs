using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random added tokens: all flags, in and outside of the vocabulary, overlapping, prefixes of one another.</summary>
internal static class AddedTokenGenerator
{
    private static readonly string[] Contents =
    [
        "<s>", "</s>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[MASK]", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|", "<|im", "[", "<s", "s>", "end",
        "token", "tokenizer", "the", "The", "hello world", "new\nline", " lead", "trail ", "a b", "cafe\u0301", "café", "É1", "ﬁx", "İx", "ß1", "中文", "中", "x中", "👍1", "<é>", "▁x",
        "##ing", "AA", "AAA", "AAAA", "a", "1", "12", "123", ".", "..", "'s", "<0x0A>", "Ａ1", "_", "<unk>", "[UNK]",
    ];

    // The reference ends the process where a normalized token is normalized to nothing, or where a token of white space strips to its left.
    private static readonly string[] WhiteSpace = ["  ", "    ", "\n", "\n\n", "\t", "\u200B", "\u0301", "👍🏽", "\u3000"];

    /// <summary>Added tokens.</summary>
    /// <param name="draw">The choices.</param>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="lexicon">Words that occur.</param>
    public static JsonArray Next(Draw draw, IReadOnlyDictionary<string, int> vocabulary, Lexicon lexicon)
    {
        List<string> contents = [.. draw.Shuffled(Contents).Take(draw.Weighted((3, 0), (5, draw.Between(1, 4)), (3, draw.Between(5, 12))))];
        if (draw.Chance(0.3))
        {
            contents.AddRange(draw.Shuffled(WhiteSpace).Take(draw.Between(1, 3)));
        }

        if (draw.Chance(0.3))
        {
            contents.AddRange(draw.Shuffled(vocabulary.Keys).Where(Visible).Take(draw.Between(1, 3)));
        }

        if (draw.Chance(0.2))
        {
            contents.Add(lexicon.Word(draw) + "1");
        }

        JsonArray tokens = [];
        int next = vocabulary.Count;
        bool flagged = draw.Chance(0.6);
        foreach (string content in draw.Shuffled(contents.Distinct()))
        {
            bool special = draw.Chance(0.5), visible = Visible(content);
            tokens.Add(new JsonObject
            {
                ["id"] = vocabulary.TryGetValue(content, out int id) ? id : next++,
                ["content"] = content,
                ["single_word"] = flagged && draw.Chance(0.35),
                ["lstrip"] = flagged && visible && draw.Chance(0.35),
                ["rstrip"] = flagged && draw.Chance(0.35),
                ["normalized"] = visible && (flagged ? draw.Chance(0.5) : !special),
                ["special"] = special,
            });
        }

        if (tokens.Count > 0 && draw.Chance(0.05))
        {
            // Ids that do not agree with the vocabulary: the reference goes by its own count.
            tokens[draw.Below(tokens.Count)]!["id"] = draw.Between(0, next + 5);
        }

        return tokens;
    }

    private static bool Visible(string content) => content.Any(c => c is > ' ' and < (char)127);
}
