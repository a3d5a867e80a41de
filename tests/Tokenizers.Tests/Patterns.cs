namespace Interp.Tokenizers.Tests;

/// <summary>Regular expressions that tokenizer.json files of published models have, and some short ones.</summary>
internal static class Patterns
{
    /// <summary>Patterns of pre-tokenizers of published models.</summary>
    public static readonly string[] Published =
    [
        // GPT-2.
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",

        // GPT-4 (cl100k) as written for other libraries, with possessive quantifiers and with plain ones; Llama 3.
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",

        // Qwen2.
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",

        // GPT-4o (o200k), Mistral's Tekken.
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",

        // DeepSeek: numbers, East Asian letters, the rest, one after another.
        @"\p{N}{1,3}",
        "[一-龥\u3040-ゟ゠-ヿ]+",
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" + "\r\n" + @"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[" + "\r\n" + @"]*|\s*[" + "\r\n" + @"]+|\s+(?!\S)|\s+",

        // Bloom, CLIP, Falcon.
        @" ?[^(\s|[.,!?…。，、।۔،])]+",
        @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
        "[0-9][0-9][0-9]",
    ];

    /// <summary>Short patterns: classes, boundaries, alternatives, matches of no width.</summary>
    public static readonly string[] Short =
    [
        @"\s+", @"\s", @"\d", @"\d+", @"\w+", @"\w+|[^\w\s]+", @"[aeiou]", @"[^a-z]", @"\p{P}", @"\p{Han}+", @"\p{Hiragana}|\p{Katakana}", @"[A-Z][a-z]+", "(?=[A-Z])", @"\b",
        "(?<= )a", "ab?c*", "(?i)the", "(?i:ss|st)", @"[\p{L}&&[^e]]+", @"\R", "▁", " ", "e", @"\.", "[[:punct:]]", "[[:alpha:]]+", @"\p{Lu}", @"\X", "^.", ".$", "(.)\\1", @"\h+", "a{2,}",
        @"[\r\n]+", @"(?:\p{Nd}|\p{Nl})+", @"\S+", @"\s+$", @"^\s+", "Ġ", @"(?m:.)", @"(?m:^a)", @"\p{M}+", @"[^\p{Ll}\p{M}]",
    ];

    /// <summary>What normalizers of published models replace. The reference may end the process at a match of no width.</summary>
    public static readonly (string Pattern, string Content)[] Replacements =
    [
        (" {2,}", " "), (" {2,}", "▁"), (@"\s+", " "), ("[\u0300-\u036F]", ""), ("``|''", "\""), (@"(?<=\S)\s+", "_"), (@"\n", " "), ("\\p{Cc}", ""), ("a+", "b"), ("^ ", ""), ("e", "é"),
        ("(?i)h", "H"), (@"\d", "0"), ("[^\\x00-\\x7F]", "?"),
    ];
}
