using System.Text.Json;
using System.Text.RegularExpressions;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// tokenizer.json, the format of Hugging Face tokenizers: byte-level BPE, SentencePiece-style BPE with byte fallback,
/// Unigram, and WordPiece. What a file asks for beyond that is named, not passed over.
/// </summary>
internal static class TokenizerJson
{
    private const string SomeText = "It's 12 words,\n\tor  so. ";

    // A file's own pattern may take forever on some texts.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(2);

    /// <summary>Builds the tokenizer, or tells which part of the file is not read.</summary>
    public static TextTokenizer? TryBuild(JsonElement root, string path, TokenizerConfig config, out string? notRead)
    {
        notRead = null;
        JsonElement model = root.TryGetProperty("model", out JsonElement m) && m.ValueKind == JsonValueKind.Object
            ? m
            : throw new InvalidInputException($"{path}: expected a field 'model', found none");
        Dictionary<string, int> added = Added(root);
        (int[]? prefix, int[]? suffix) = Frame(root);
        string type = Type(model) ?? (model.TryGetProperty("merges", out _) ? "BPE" : "");
        bool byteFallback = model.TryGetProperty("byte_fallback", out JsonElement fallback) && fallback.ValueKind == JsonValueKind.True;
        switch (type)
        {
            case "BPE" when IsByteLevel(root):
                if (Type(root, "normalizer") is not (null or "NFC"))
                {
                    notRead = $"normalizer {Type(root, "normalizer")}";
                    return null;
                }

                if (Words(root) is not { } words)
                {
                    notRead = $"pre_tokenizer {Type(root, "pre_tokenizer")}";
                    return null;
                }

                Dictionary<string, int> vocabulary = Vocabulary(model);
                bool wholeWords = model.TryGetProperty("ignore_merges", out JsonElement ignore) && ignore.ValueKind == JsonValueKind.True;
                return TokenizerLoader.ByteLevelBpe(vocabulary, Merges(model), words, added, config, prefix, suffix, wholeWords, Textual(root),
                    Type(root, "normalizer") is null ? null : CanonicalForms.Compose);
            case "BPE" when byteFallback || DummyPrefix(root):
                return TokenizerLoader.SentencePiece(BpeModel(model, added, Textual(root), byteFallback, DummyPrefix(root)), "SentencePiece BPE", config, prefix, suffix);
            case "Unigram":
                return TokenizerLoader.SentencePiece(UnigramModel(model, added, Textual(root), byteFallback, DummyPrefix(root)), "Unigram", config, prefix, suffix);
            case "WordPiece":
                Dictionary<string, int> byWord = Vocabulary(model);
                bool lower = !root.TryGetProperty("normalizer", out JsonElement n) || n.ValueKind != JsonValueKind.Object
                    || !n.TryGetProperty("lowercase", out JsonElement l) || l.ValueKind != JsonValueKind.False;
                if (n.ValueKind == JsonValueKind.Object && Unusual(n, lower) is { } setting)
                {
                    notRead = setting;
                    return null;
                }

                return TokenizerLoader.WordPiece([.. byWord.OrderBy(p => p.Value).Select(p => p.Key)], config with { LowerCase = lower });
            default:
                notRead = $"model {(type.Length == 0 ? "without a type" : type)}";
                return null;
        }
    }

    /// <summary>
    /// A SentencePiece model whose scores put merges in the file's order: a piece scores by the first merge that makes it.
    /// </summary>
    private static byte[] BpeModel(
        JsonElement model, Dictionary<string, int> added, HashSet<int> textual, bool byteFallback, bool dummyPrefix)
    {
        Dictionary<string, int> vocabulary = Vocabulary(model), rank = [];
        foreach (string merge in Merges(model))
        {
            rank.TryAdd(merge.Remove(merge.IndexOf(' ', StringComparison.Ordinal), 1), rank.Count);
        }

        string unknown = model.TryGetProperty("unk_token", out JsonElement u) && u.ValueKind == JsonValueKind.String ? u.GetString()! : "<unk>";
        var pieces = vocabulary.Concat(added.Where(p => !vocabulary.ContainsKey(p.Key))).OrderBy(p => p.Value).Select(p => new SentencePiece(
            p.Key,
            rank.TryGetValue(p.Key, out int r) ? -r : -rank.Count,
            Kind(p.Key, unknown, added, textual))).ToList();
        return SentencePieceModel.Write(pieces, unigram: false, byteFallback, dummyPrefix, Math.Max(0, pieces.FindIndex(p => p.Text == unknown)));
    }

    private static byte[] UnigramModel(
        JsonElement model, Dictionary<string, int> added, HashSet<int> textual, bool byteFallback, bool dummyPrefix)
    {
        int unknown = model.TryGetProperty("unk_id", out JsonElement u) && u.ValueKind == JsonValueKind.Number ? u.GetInt32() : 0;
        List<SentencePiece> pieces = [.. model.GetProperty("vocab").EnumerateArray().Select((pair, id) =>
        {
            string text = pair[0].GetString()!;
            return new SentencePiece(text, pair[1].GetSingle(), id == unknown ? SentencePieceModel.Unknown : Kind(text, "", added, textual));
        })];
        return SentencePieceModel.Write(pieces, unigram: true, byteFallback, dummyPrefix, unknown);
    }

    private static int Kind(string text, string unknown, Dictionary<string, int> added, HashSet<int> textual) =>
        text == unknown ? SentencePieceModel.Unknown
        : added.TryGetValue(text, out int id) ? textual.Contains(id) ? SentencePieceModel.UserDefined : SentencePieceModel.Control
        : SentencePieceModel.IsByte(text) && !text[3..].Any(char.IsAsciiLetterLower) ? SentencePieceModel.Byte
        : SentencePieceModel.Normal;

    private static Dictionary<string, int> Vocabulary(JsonElement model) =>
        model.GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());

    /// <summary>Merges as "left right"; newer files write pairs.</summary>
    private static IEnumerable<string> Merges(JsonElement model) => model.GetProperty("merges").EnumerateArray()
        .Select(merge => merge.ValueKind == JsonValueKind.Array ? $"{merge[0].GetString()} {merge[1].GetString()}" : merge.GetString()!);

    private static Dictionary<string, int> Added(JsonElement root)
    {
        Dictionary<string, int> added =
            root.TryGetProperty("added_tokens", out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array
                ? tokens.EnumerateArray().ToDictionary(t => t.GetProperty("content").GetString()!, t => t.GetProperty("id").GetInt32())
                : [];
        return added.ContainsKey("")
            ? throw new InvalidInputException("tokenizer.json: added_tokens: expected a text as content, found an empty one")
            : added;
    }

    /// <summary>Added tokens that are text like any other, such as runs of spaces, and not special.</summary>
    private static HashSet<int> Textual(JsonElement root) =>
        root.TryGetProperty("added_tokens", out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array
            ? [.. tokens.EnumerateArray().Where(t => t.TryGetProperty("special", out JsonElement special) && special.ValueKind == JsonValueKind.False)
                .Select(t => t.GetProperty("id").GetInt32())]
            : [];

    /// <summary>Ids that the post-processor puts around one text; null where it puts none.</summary>
    private static (int[]? Prefix, int[]? Suffix) Frame(JsonElement root)
    {
        foreach (JsonElement processor in Parts(root, "post_processor", "processors"))
        {
            if (Type(processor) is "RobertaProcessing" or "BertProcessing")
            {
                return ([processor.GetProperty("cls")[1].GetInt32()], [processor.GetProperty("sep")[1].GetInt32()]);
            }

            if (Type(processor) != "TemplateProcessing")
            {
                continue;
            }

            List<int> before = [], after = [];
            List<int> current = before;
            foreach (JsonElement part in processor.GetProperty("single").EnumerateArray())
            {
                if (part.TryGetProperty("SpecialToken", out JsonElement token))
                {
                    JsonElement entry = processor.GetProperty("special_tokens").GetProperty(token.GetProperty("id").GetString()!);
                    current.AddRange(entry.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()));
                }
                else
                {
                    current = after;
                }
            }

            return ([.. before], [.. after]);
        }

        return (null, null);
    }

    private static bool IsByteLevel(JsonElement root) =>
        Parts(root, "pre_tokenizer", "pretokenizers").Concat(Parts(root, "decoder", "decoders")).Any(p => Type(p) == "ByteLevel");

    private static bool DummyPrefix(JsonElement root) =>
        Parts(root, "normalizer", "normalizers").Any(p => Type(p) == "Prepend")
        || Parts(root, "pre_tokenizer", "pretokenizers").Any(p => Type(p) == "Metaspace"
            && (!p.TryGetProperty("prepend_scheme", out JsonElement scheme) || scheme.GetString() != "never"));

    /// <summary>A setting of BERT's normalizer that is not the usual one: accents go where upper case does.</summary>
    private static string? Unusual(JsonElement normalizer, bool lower)
    {
        foreach ((string name, bool usual) in new[] { ("strip_accents", lower), ("handle_chinese_chars", true), ("clean_text", true) })
        {
            if (normalizer.TryGetProperty(name, out JsonElement value)
                && value.ValueKind is JsonValueKind.True or JsonValueKind.False && value.GetBoolean() != usual)
            {
                return $"normalizer with {name} {value.GetRawText()}";
            }
        }

        return null;
    }

    /// <summary>The pattern of words: the file's own Split, or GPT-2's; null when the file asks for something else.</summary>
    private static Regex? Words(JsonElement root)
    {
        Regex? words = null;
        foreach (JsonElement part in Parts(root, "pre_tokenizer", "pretokenizers"))
        {
            switch (Type(part))
            {
                case "ByteLevel" when part.TryGetProperty("add_prefix_space", out JsonElement space) && space.ValueKind == JsonValueKind.True:
                    return null;
                case "ByteLevel":
                    bool own = !part.TryGetProperty("use_regex", out JsonElement use) || use.ValueKind != JsonValueKind.False;
                    words ??= own ? TokenizerLoader.Gpt2Words() : null;
                    break;
                case "Split" when words is null && part.GetProperty("pattern").TryGetProperty("Regex", out JsonElement pattern):
                    words = new Regex(pattern.GetString()!, RegexOptions.CultureInvariant, LongestMatch);
                    // The library would look for the end of an empty word forever.
                    if (words.IsMatch("") || words.Matches(SomeText).Any(m => m.Length == 0))
                    {
                        throw new InvalidInputException($"tokenizer.json: expected a pattern of words, found {OneLine.Quote(pattern.GetString()!)}, which fits an empty one");
                    }

                    break;
                default:
                    return null;
            }
        }

        return words;
    }

    private static JsonElement[] Parts(JsonElement root, string name, string list)
    {
        if (!root.TryGetProperty(name, out JsonElement part) || part.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        return Type(part) == "Sequence" ? [.. part.GetProperty(list).EnumerateArray()] : [part];
    }

    private static string? Type(JsonElement element, string? name = null)
    {
        if (name is not null && (!element.TryGetProperty(name, out element) || element.ValueKind != JsonValueKind.Object))
        {
            return null;
        }

        return element.TryGetProperty("type", out JsonElement type) ? type.GetString() : null;
    }
}
