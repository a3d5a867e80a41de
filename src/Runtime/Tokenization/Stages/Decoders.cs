using System.Text;

namespace Interp.Runtime.Tokenization;

/// <summary>Turns tokens back into parts of a text, which are put together behind the last decoder.</summary>
internal delegate IReadOnlyList<string> Decoder(IReadOnlyList<string> tokens);

/// <summary>The decoders of Hugging Face's tokenizers library.</summary>
internal static class Decoders
{
    /// <summary>Several, one behind the other.</summary>
    public static Decoder Sequence(IReadOnlyList<Decoder> parts) => tokens => parts.Aggregate(tokens, (current, decode) => decode(current));

    public static IReadOnlyList<string> Fuse(IReadOnlyList<string> tokens) => [string.Concat(tokens)];

    /// <summary>Letters for bytes, read as one text.</summary>
    public static IReadOnlyList<string> Bytes(IReadOnlyList<string> tokens) =>
        [Encoding.UTF8.GetString([.. tokens.SelectMany(token => ByteLevel.ToBytes(token) ?? Encoding.UTF8.GetBytes(token))])];

    /// <summary>Runs of tokens such as <c>&lt;0x0A&gt;</c>, read as text; what is none becomes one replacement character a byte.</summary>
    public static IReadOnlyList<string> ByteFallback(IReadOnlyList<string> tokens)
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        List<string> parts = [];
        List<byte> bytes = [];
        foreach (string token in tokens)
        {
            if (ByteTokens.Value(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }

            Flush();
            parts.Add(token);
        }

        Flush();
        return parts;

        void Flush()
        {
            if (bytes.Count == 0)
            {
                return;
            }

            try
            {
                parts.Add(strict.GetString([.. bytes]));
            }
            catch (DecoderFallbackException)
            {
                parts.AddRange(Enumerable.Repeat("\uFFFD", bytes.Count));
            }

            bytes.Clear();
        }
    }

    /// <summary>SentencePiece's marks become spaces; those of the first token go where the tokenizer puts one in front.</summary>
    public static Decoder Metaspace(string mark, bool prefix) => tokens =>
        [.. tokens.Select((token, i) => token.Replace(mark, i == 0 && prefix ? "" : " ", StringComparison.Ordinal))];

    public static Decoder WordPiece(string prefix, bool cleanUp) => Each((token, i) =>
    {
        string part = i == 0 ? token
            : prefix.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..]
            : prefix.Length == 0 ? token : " " + token;
        return cleanUp ? CleanUp(part) : part;
    });

    /// <summary>A suffix at ends of words becomes a space, but at the end of the text.</summary>
    public static Decoder WordSuffix(string suffix) => tokens =>
        [.. tokens.Select((token, i) => suffix.Length == 0 ? token : token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];

    /// <summary>Connectionist temporal classification: equal neighbors are one, padding goes.</summary>
    public static Decoder Ctc(string pad, string delimiter, bool cleanUp) => tokens =>
    [
        .. tokens.Where((token, i) => i == 0 || token != tokens[i - 1])
            .Select(token => pad.Length == 0 ? token : token.Replace(pad, "", StringComparison.Ordinal))
            .Select(token => cleanUp ? CleanUp(token).Replace(delimiter, " ", StringComparison.Ordinal) : token)
            .Where(token => token.Length > 0),
    ];

    /// <summary>Takes some of a character from the start and end of each token.</summary>
    public static Decoder Strip(int content, int start, int stop) => Each((token, _) =>
    {
        int[] codes = CodePoints.Of(token);
        int from = 0, to = codes.Length;
        while (from < Math.Min(start, codes.Length) && codes[from] == content)
        {
            from++;
        }

        while (codes.Length - to < stop && to > from && codes[to - 1] == content)
        {
            to--;
        }

        return CodePoints.Text(codes.AsSpan(from, to - from));
    });

    public static Decoder Replace(Pattern pattern, string content)
    {
        int[] codes = CodePoints.Of(content);
        return Each((token, _) => TextPiece.Of(token).Replace(pattern, codes).ToString());
    }

    private static Decoder Each(Func<string, int, string> change) => tokens => [.. tokens.Select(change)];

    // English contractions and punctuation, as the library lists them.
    private static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
}
