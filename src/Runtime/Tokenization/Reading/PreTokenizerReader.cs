namespace Interp.Runtime.Tokenization;

/// <summary>Reads the pre-tokenizer of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    /// <summary>The pre-tokenizer that an object describes.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="prefixSpace">What tokenizer_config.json says of a space in front of a text; null where it says nothing.</param>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static PreTokenizer Read(JsonFields fields, bool? prefixSpace)
    {
        PreTokenizer split = fields.RequiredText("type") switch
        {
            "Sequence" => PreTokenizers.Sequence([.. fields.Objects("pretokenizers").Select(part => Read(part, prefixSpace))]),
            "BertPreTokenizer" => PreTokenizers.Bert,
            "ByteLevel" => ByteLevel(fields, prefixSpace),
            "CharDelimiterSplit" => PreTokenizers.Delimiter(Character(fields, "delimiter")),
            "Metaspace" => Metaspace(fields),
            "Whitespace" => PreTokenizers.Whitespace,
            "WhitespaceSplit" => PreTokenizers.WhitespaceSplit,
            "Punctuation" => PreTokenizers.Punctuation(Behavior(fields) ?? SplitBehavior.Isolated),
            "Digits" => PreTokenizers.Digits(fields.Flag("individual_digits") ?? false),
            "Split" => PreTokenizers.Split(
                NormalizerReader.ReadPattern(fields), Behavior(fields) ?? throw fields.Missing("behavior", "a text"), fields.Flag("invert") ?? false),
            "FixedLength" => PreTokenizers.FixedLength(
                fields.Integer("length") is null or > 0 ? fields.Integer("length") ?? 5 : throw fields.Wrong("length", "at least 1", $"{fields.Integer("length")}")),
            var type => throw fields.Wrong(
                "type", "one of Sequence, BertPreTokenizer, ByteLevel, CharDelimiterSplit, Metaspace, Whitespace, WhitespaceSplit, Punctuation, Digits, Split, FixedLength", type),
        };
        fields.Done();
        return split;
    }

    /// <summary>When Metaspace puts its mark in front of a text. Older files say so by add_prefix_space.</summary>
    public static PrefixScheme Scheme(JsonFields fields)
    {
        bool? prefix = fields.Flag("add_prefix_space");
        PrefixScheme scheme = fields.Text("prepend_scheme") switch
        {
            null => prefix == false ? PrefixScheme.Never : PrefixScheme.Always,
            "always" => PrefixScheme.Always,
            "first" => PrefixScheme.First,
            "never" => PrefixScheme.Never,
            var found => throw fields.Wrong("prepend_scheme", "always, first or never", found),
        };
        return prefix != false || scheme == PrefixScheme.Never
            ? scheme
            : throw new InvalidInputException($"{fields.Place}: add_prefix_space is false, which prepend_scheme contradicts");
    }

    /// <summary>A field that is one character.</summary>
    public static int Character(JsonFields fields, string name)
    {
        string text = fields.RequiredText(name);
        return CodePoints.Of(text) is [int code] ? code : throw fields.Wrong(name, "one character", text);
    }

    private static PreTokenizer ByteLevel(JsonFields fields, bool? prefixSpace)
    {
        fields.Pass("trim_offsets");
        bool prefix = fields.Flag("add_prefix_space") ?? true;
        return PreTokenizers.ByteLevelWords(prefixSpace ?? prefix, fields.Flag("use_regex") ?? true);
    }

    private static PreTokenizer Metaspace(JsonFields fields)
    {
        fields.Pass("str_rep");
        return PreTokenizers.Metaspace(Character(fields, "replacement"), Scheme(fields), fields.Flag("split") ?? true);
    }

    private static SplitBehavior? Behavior(JsonFields fields) => fields.Text("behavior") is not { } name ? null
        : Enum.TryParse(name, out SplitBehavior behavior) && Enum.GetName(behavior) == name ? behavior
        : throw fields.Wrong("behavior", $"one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}", name);
}
