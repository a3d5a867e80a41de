using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis;

/// <summary>What a tokenizer makes of words: which are one token, and whether they stay one in a text.</summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="bos">Whether special tokens frame prompts.</param>
public sealed class TokenWords(TextTokenizer tokenizer, BosMode bos = BosMode.Auto)
{
    private readonly Dictionary<string, int> _idByText = Texts(tokenizer);

    /// <summary>Token ids of a prompt.</summary>
    public IReadOnlyList<int> Prompt(string text) => tokenizer.Encode(text, bos);

    /// <summary>The token whose text is a word, a leading space being part of it; null when there is none.</summary>
    public int? Token(string word) => _idByText.TryGetValue(word, out int id) ? id : null;

    /// <summary>Whether a word is one token and stays it when it continues a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="word">The word; a leading space is part of it.</param>
    public bool Continues(string text, string word) =>
        Token(word) is { } id && tokenizer.Encode(text + word, BosMode.Never).SequenceEqual([.. tokenizer.Encode(text, BosMode.Never), id]);

    /// <summary>Ids of tokens that are words of letters, with a leading space or without, ascending; of equal texts the first.</summary>
    public IReadOnlyList<int> Plain() =>
        [.. _idByText.Where(e => e.Key.TrimStart(' ') is { Length: > 0 } word && word.All(char.IsAsciiLetter)).Select(e => e.Value).Order()];

    /// <summary>The words that are one token.</summary>
    /// <param name="kind">Kind of data, for the error.</param>
    /// <param name="what">What the words are.</param>
    /// <param name="words">The words.</param>
    /// <param name="least">How many are needed.</param>
    /// <exception cref="InvalidInputException">There are too few; the message shows some that are not.</exception>
    internal string[] Single(string kind, string what, IReadOnlyList<string> words, int least)
    {
        // A word is met in the middle of a prompt, where tokenizers that put a space in front of a text do not.
        string[] single = [.. words.Where(w => Continues("The", w))];
        if (single.Length >= least)
        {
            return single;
        }

        throw new InvalidInputException(
            $"{kind}: expected at least {least} {what} that are one token of this tokenizer, found {single.Length} of {words.Count}; "
            + $"missing: {string.Join(", ", words.Except(single).Take(5).Select(w => $"'{w}'"))}, ...");
    }

    private static Dictionary<string, int> Texts(TextTokenizer tokenizer)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            if (id != tokenizer.BosId && id != tokenizer.EosId)
            {
                ids.TryAdd(tokenizer.TokenText(id), id);
            }
        }

        return ids;
    }
}
