namespace Interp.Runtime.Tokenization;

/// <summary>Whether special tokens frame a text.</summary>
public enum BosMode
{
    /// <summary>As the tokenizer's own configuration says.</summary>
    Auto,

    /// <summary>Put the beginning-of-sequence token in front.</summary>
    Always,

    /// <summary>Put nothing in front or behind.</summary>
    Never,
}

/// <summary>Turns text into token ids and back.</summary>
public abstract class TextTokenizer
{
    /// <summary>What kind of tokenizer it is, for people.</summary>
    public abstract string Kind { get; }

    /// <summary>The files that it comes from, for people; null for one that comes from none.</summary>
    public virtual string? Source => null;

    /// <summary>What a user should know about how the files were read; empty when all went as usual.</summary>
    public virtual IReadOnlyList<string> Remarks => [];

    /// <summary>Number of token ids.</summary>
    public abstract int VocabSize { get; }

    /// <summary>Beginning-of-sequence token, or null.</summary>
    public abstract int? BosId { get; }

    /// <summary>End-of-sequence token, or null.</summary>
    public abstract int? EosId { get; }

    /// <summary>Whether <see cref="BosMode.Auto"/> puts the beginning-of-sequence token in front.</summary>
    public abstract bool AddsBosByDefault { get; }

    /// <summary>Token ids of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bos">Whether special tokens frame it.</param>
    /// <exception cref="InvalidInputException">A special token is asked for that the tokenizer does not have.</exception>
    public abstract IReadOnlyList<int> Encode(string text, BosMode bos = BosMode.Auto);

    /// <summary>Token ids of one text or of a pair of texts in one sequence, each with its token type (segment).</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text, or null.</param>
    /// <param name="bos">Whether special tokens frame the texts.</param>
    /// <exception cref="InvalidInputException">The tokenizer knows no pairs, or a special token is asked for that it does not have.</exception>
    public virtual (IReadOnlyList<int> Ids, IReadOnlyList<int> Types) EncodePair(string first, string? second, BosMode bos = BosMode.Auto)
    {
        if (second is not null)
        {
            throw new InvalidInputException($"the {Kind} tokenizer knows no pairs of texts");
        }

        IReadOnlyList<int> ids = Encode(first, bos);
        return (ids, new int[ids.Count]);
    }

    /// <summary>The text of token ids; special tokens that frame it are left out.</summary>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="InvalidInputException">An id is out of range.</exception>
    public abstract string Decode(IReadOnlyList<int> ids);

    /// <summary>What one token contributes to a text, special tokens by name.</summary>
    /// <param name="id">Token id.</param>
    /// <exception cref="InvalidInputException">The id is out of range.</exception>
    public abstract string TokenText(int id);

    /// <summary>Refuses ids that the vocabulary does not have.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The id.</returns>
    /// <exception cref="InvalidInputException">The id is out of range.</exception>
    protected int RequireId(int id) => (uint)id < (uint)VocabSize
        ? id
        : throw new InvalidInputException($"token id {id} is out of range, expected 0..{VocabSize - 1}");
}
