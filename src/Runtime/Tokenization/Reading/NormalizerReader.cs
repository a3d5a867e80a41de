using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>Reads the normalizer of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <summary>The normalizer that an object describes.</summary>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static Normalizer Read(JsonFields fields)
    {
        Normalizer normalizer = fields.RequiredText("type") switch
        {
            "Sequence" => Normalizers.Sequence([.. fields.Objects("normalizers").Select(Read)]),
            "BertNormalizer" => Bert(fields, null),
            "Strip" => Normalizers.Strip(fields.Flag("strip_left") ?? true, fields.Flag("strip_right") ?? true),
            "StripAccents" => Normalizers.StripAccents,
            "NFC" => Normalizers.Form(UnicodeForm.C),
            "NFD" => Normalizers.Form(UnicodeForm.D),
            "NFKC" => Normalizers.Form(UnicodeForm.KC),
            "NFKD" => Normalizers.Form(UnicodeForm.KD),
            "Lowercase" => Normalizers.Lowercase,
            "Nmt" => Normalizers.Nmt,
            "Prepend" => Normalizers.Prepend(fields.RequiredText("prepend")),
            "Replace" => Normalizers.Replace(ReadPattern(fields), fields.RequiredText("content")),
            "Precompiled" => Precompiled(fields),
            "ByteLevel" => Normalizers.ByteLevelLetters,
            var type => throw fields.Wrong(
                "type", "one of Sequence, BertNormalizer, Strip, StripAccents, NFC, NFD, NFKC, NFKD, Lowercase, Nmt, Prepend, Replace, Precompiled, ByteLevel", type),
        };
        fields.Done();
        return normalizer;
    }

    /// <summary>BERT's normalizer; what tokenizer_config.json says beside it counts, as with its own tokenizer class.</summary>
    public static Normalizer Bert(JsonFields fields, TokenizerConfig? config)
    {
        bool lower = fields.Flag("lowercase") ?? true, chinese = fields.Flag("handle_chinese_chars") ?? true;
        bool? accents = fields.Flag("strip_accents");
        lower = config?.LowerCase ?? lower;
        return Normalizers.Bert(
            fields.Flag("clean_text") ?? true, config?.ChineseCharacters ?? chinese, config?.StripAccents ?? accents ?? lower, lower);
    }

    /// <summary>A pattern: a text as it is, or a regular expression.</summary>
    public static Pattern ReadPattern(JsonFields fields)
    {
        JsonFields pattern = fields.RequiredObject("pattern");
        (string? text, string? expression) = (pattern.Text("String"), pattern.Text("Regex"));
        pattern.Done();
        try
        {
            return (text, expression) switch
            {
                ({ Length: > 0 }, null) => Pattern.Literal(text),
                (null, not null) => new Pattern(expression),
                _ => throw new InvalidInputException("expected a field String that is not empty, or a field Regex"),
            };
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{pattern.Place}: {e.Message}", e);
        }
    }

    private static Normalizer Precompiled(JsonFields fields)
    {
        string text = fields.RequiredText("precompiled_charsmap");
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length)
            ? new PrecompiledMap(bytes[..length], $"{fields.Place}: precompiled_charsmap").MapGraphemes
            : throw fields.Wrong("precompiled_charsmap", "base64", OneLine.Quote(text));
    }
}
