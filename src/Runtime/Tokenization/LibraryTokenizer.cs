namespace Interp.Runtime.Tokenization;

/// <summary>How a tokenizer frames a text and what its ids mean, beside what the library knows.</summary>
/// <param name="Kind">What kind it is, for people.</param>
/// <param name="Pieces">Token of each id, as the vocabulary has it; null where an id is not used.</param>
/// <param name="Special">Ids that frame a text and are left out of decoded text.</param>
/// <param name="Bos">Beginning-of-sequence token.</param>
/// <param name="Eos">End-of-sequence token.</param>
/// <param name="Prefix">Ids put in front by default.</param>
/// <param name="Suffix">Ids put behind by default.</param>
/// <param name="PieceText">What a piece contributes to a text.</param>
internal sealed record TokenizerTraits(
    string Kind,
    IReadOnlyList<string?> Pieces,
    IReadOnlySet<int> Special,
    int? Bos,
    int? Eos,
    IReadOnlyList<int> Prefix,
    IReadOnlyList<int> Suffix,
    Func<string, string> PieceText);

/// <summary>A tokenizer of Microsoft.ML.Tokenizers with the framing that the checkpoint asks for.</summary>
internal sealed class LibraryTokenizer(
    Func<string, IReadOnlyList<int>> encode, Func<IEnumerable<int>, string?> decode, TokenizerTraits traits) : TextTokenizer
{
    /// <inheritdoc/>
    public override string Kind => traits.Kind;

    /// <inheritdoc/>
    public override int VocabSize => traits.Pieces.Count;

    /// <inheritdoc/>
    public override int? BosId => traits.Bos;

    /// <inheritdoc/>
    public override int? EosId => traits.Eos;

    /// <inheritdoc/>
    public override bool AddsBosByDefault => traits.Bos is { } bos && traits.Prefix.Contains(bos);

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text, BosMode bos = BosMode.Auto)
    {
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlyList<int> ids = [];
        try
        {
            ids = text.Length == 0 ? [] : encode(text);
        }
        catch (Exception e) when (e is not InvalidInputException)
        {
            // A vocabulary that contradicts itself, or a pattern of words that takes forever, shows only here.
            throw new InvalidInputException($"{traits.Kind} tokenizer: cannot read the text ({e.Message.ReplaceLineEndings(" ")})", e);
        }

        return bos switch
        {
            BosMode.Never => ids,
            BosMode.Auto => [.. traits.Prefix, .. ids, .. traits.Suffix],
            _ when AddsBosByDefault => [.. traits.Prefix, .. ids, .. traits.Suffix],
            _ => [traits.Bos ?? throw new InvalidInputException("bos always: the tokenizer names no beginning-of-sequence token"), .. ids],
        };
    }

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids) =>
        decode(ids.Where(id => !traits.Special.Contains(RequireId(id)))) ?? "";

    /// <inheritdoc/>
    public override string TokenText(int id) => traits.Pieces[RequireId(id)] is { } piece
        ? traits.Special.Contains(id) ? piece : traits.PieceText(piece)
        : $"<{id}>";
}
