using Interp.Runtime.Tokenization;

namespace Interp.Runtime;

/// <summary>One token a word, words separated by spaces; the first word of the vocabulary begins every text.</summary>
/// <param name="words">The vocabulary.</param>
internal sealed class WordTokenizer(IReadOnlyList<string> words) : TextTokenizer
{
    /// <inheritdoc/>
    public override string Kind => "words";

    /// <inheritdoc/>
    public override int VocabSize => words.Count;

    /// <inheritdoc/>
    public override int? BosId => 0;

    /// <inheritdoc/>
    public override int? EosId => null;

    /// <inheritdoc/>
    public override bool AddsBosByDefault => true;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text, BosMode bos = BosMode.Auto)
    {
        ArgumentNullException.ThrowIfNull(text);
        IEnumerable<int> ids = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id);
        return bos == BosMode.Never ? [.. ids] : [0, .. ids];
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids) =>
        string.Join(' ', ids.Where(id => RequireId(id) != 0).Select(id => words[id]));

    /// <inheritdoc/>
    public override string TokenText(int id) => words[RequireId(id)];

    private int Id(string word)
    {
        for (int id = 0; id < words.Count; id++)
        {
            if (words[id] == word)
            {
                return id;
            }
        }

        throw new InvalidInputException(
            $"word '{word}': the demo model knows {words.Count} words; nearest: {string.Join(", ", NearestNames.Find(word, words))}");
    }
}
