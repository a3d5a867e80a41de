using System.Text.RegularExpressions;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// Byte-level BPE in which a word that is in the vocabulary is one token even if no merges lead to it, as Llama 3's tokenizer
/// asks for (<c>ignore_merges</c> of tokenizer.json).
/// </summary>
/// <param name="vocabulary">Ids by piece.</param>
/// <param name="words">The pattern of words.</param>
/// <param name="special">Ids of tokens that are found before words are.</param>
/// <param name="merge">Encodes a word by merges.</param>
internal sealed class WholeWords(
    Dictionary<string, int> vocabulary,
    Regex words,
    IReadOnlyDictionary<string, int> special,
    Func<string, IReadOnlyList<int>> merge)
{
    // Longer ones first, so that none hides behind its own beginning. Without any, a pattern that matches nothing.
    private readonly Regex specials = new(special.Count == 0
        ? "((?!))"
        : $"({string.Join('|', special.Keys.OrderByDescending(key => key.Length).Select(Regex.Escape))})");

    /// <summary>Token ids of a text.</summary>
    public IReadOnlyList<int> Encode(string text) =>
    [
        .. specials.Split(text).SelectMany(part => special.TryGetValue(part, out int id)
            ? [id]
            : words.Matches(part).SelectMany(match => Word(match.Value))),
    ];

    private IReadOnlyList<int> Word(string word) => vocabulary.TryGetValue(ByteLevel.Piece(word), out int id) ? [id] : merge(word);
}
