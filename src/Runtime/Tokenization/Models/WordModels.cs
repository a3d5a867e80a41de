namespace Interp.Runtime.Tokenization;

/// <summary>WordPiece (Schuster and Nakajima 2012, as BERT has it): at each place the longest token that fits.</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="unknown">Token of words that cannot be put together.</param>
/// <param name="prefix">Stands in front of tokens that continue a word.</param>
/// <param name="longest">Words with more characters are unknown.</param>
internal sealed class WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int longest) : ITokenModel
{
    public string Kind => "WordPiece";

    public Vocabulary Vocabulary => vocabulary;

    public void Encode(string word, List<int> ids)
    {
        int first = ids.Count;
        if (word.EnumerateRunes().Count() > longest || !TryEncode(word, ids))
        {
            ids.RemoveRange(first, ids.Count - first);
            ids.Add(vocabulary.Id(unknown) ?? throw Unknown.Missing(unknown));
        }
    }

    private bool TryEncode(string word, List<int> ids)
    {
        for (int start = 0; start < word.Length;)
        {
            int end = word.Length, id = -1;
            ReadOnlySpan<char> continued = start == 0 ? word : prefix + word[start..];
            int shift = start == 0 ? 0 : prefix.Length;
            while (end > start && !vocabulary.Lookup.TryGetValue(continued[..(end - start + shift)], out id))
            {
                id = -1;
                end -= end > start + 1 && char.IsLowSurrogate(word[end - 1]) ? 2 : 1;
            }

            if (id < 0)
            {
                return false;
            }

            ids.Add(id);
            start = end;
        }

        return true;
    }
}

/// <summary>A token for every word.</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="unknown">Token of all other words.</param>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknown) : ITokenModel
{
    public string Kind => "WordLevel";

    public Vocabulary Vocabulary => vocabulary;

    public void Encode(string word, List<int> ids) =>
        ids.Add(vocabulary.Id(word) ?? vocabulary.Id(unknown) ?? throw Unknown.Missing(unknown));
}

/// <summary>Errors of texts that a vocabulary cannot express.</summary>
internal static class Unknown
{
    public static InvalidInputException Missing(string? token) => new(token is null
        ? "the tokenizer has no token for what it does not know, and the text needs one"
        : $"the tokenizer's unk_token {OneLine.Quote(token)} is not in its vocabulary, and the text needs it");
}
