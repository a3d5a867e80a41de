using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>The parts of a tokenizer, in the order in which a text goes through them.</summary>
internal sealed record TokenizerParts
{
    /// <summary>What kind it is, for people.</summary>
    public required string Kind { get; init; }

    /// <summary>The files that it comes from.</summary>
    public required string Source { get; init; }

    /// <summary>Changes the text.</summary>
    public Normalizer? Normalizer { get; init; }

    /// <summary>Cuts it into words.</summary>
    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>Turns words into tokens.</summary>
    public required ITokenModel Model { get; init; }

    /// <summary>Tokens that are found before all that.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>What stands around texts.</summary>
    public Frame Frame { get; init; } = Frame.None;

    /// <summary>Turns tokens back into text; without one they are joined by spaces.</summary>
    public Decoder? Decoder { get; init; }

    /// <summary>What a token contributes to a text.</summary>
    public Func<string, string> PieceText { get; init; } = piece => piece;

    /// <summary>Begin-of-sequence token.</summary>
    public string? Bos { get; init; }

    /// <summary>End-of-sequence token.</summary>
    public string? Eos { get; init; }

    /// <summary>Whether the begin-of-sequence token stands in front of texts; null leaves it to the frame.</summary>
    public bool? AddBos { get; init; }

    /// <summary>Whether the end-of-sequence token stands behind texts; the frame decides unless true.</summary>
    public bool AddEos { get; init; }

    /// <summary>What a user should know about how the files were read.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>
/// A tokenizer as Hugging Face's tokenizers library (0.22) runs it: added tokens, normalizer, pre-tokenizer, model, frame; all
/// formats of tokenizer files are turned into these parts.
/// </summary>
internal sealed class TokenizerPipeline : TextTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokens _added;
    private readonly Vocabulary _vocabulary;
    private readonly Frame _frame;

    public TokenizerPipeline(TokenizerParts parts)
    {
        _parts = parts;
        _vocabulary = parts.Model.Vocabulary;
        _added = new AddedTokens(parts.Added, _vocabulary, parts.Normalizer);
        VocabSize = Math.Max(_vocabulary.End, _added.All.Select(token => token.Id + 1).DefaultIfEmpty().Max());
        BosId = Id(parts.Bos);
        EosId = Id(parts.Eos);
        _frame = Framed(parts);
        Remarks =
        [
            .. parts.Remarks,
            .. _added.All.Where(added => added.Token.WrittenId is { } written && written != added.Id).Select(added =>
                $"{parts.Source}: added token {OneLine.Quote(added.Token.Content)} is written with id {added.Token.WrittenId}; "
                + $"its id in the vocabulary is {added.Id}, as for Hugging Face's library"),
        ];
    }

    /// <inheritdoc/>
    public override string Kind => _parts.Kind;

    /// <inheritdoc/>
    public override string? Source => _parts.Source;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Remarks { get; }

    /// <inheritdoc/>
    public override int VocabSize { get; }

    /// <inheritdoc/>
    public override int? BosId { get; }

    /// <inheritdoc/>
    public override int? EosId { get; }

    /// <inheritdoc/>
    public override bool AddsBosByDefault => BosId is { } bos && _frame.Prefix.Contains(bos);

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text, BosMode bos = BosMode.Auto) => Framed(Tokens(text), null, bos).Ids;

    /// <inheritdoc/>
    public override (IReadOnlyList<int> Ids, IReadOnlyList<int> Types) EncodePair(string first, string? second, BosMode bos = BosMode.Auto) =>
        Framed(Tokens(first), second is null ? null : Tokens(second), bos);

    /// <inheritdoc/>
    public override string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        string[] tokens = [.. ids.Select(id => Token(RequireId(id))).OfType<string>().Where(token => !_added.IsSpecial(token))];
        return _parts.Decoder is { } decode ? string.Concat(decode(tokens)) : string.Join(' ', tokens);
    }

    /// <inheritdoc/>
    public override string TokenText(int id) => Token(RequireId(id)) is not { } token ? $"<{id}>"
        : _added.Content(id) is not null ? token
        : _parts.PieceText(token);

    /// <summary>Id of a token by its name; null where there is none.</summary>
    internal int? Id(string? token) => token is null ? null : _added.Id(token) ?? _vocabulary.Id(token);

    private List<int> Tokens(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        foreach ((TextPiece piece, int? token) in _added.Split(TextPiece.Of(text), _parts.Normalizer))
        {
            if (token is { } id)
            {
                ids.Add(id);
                continue;
            }

            foreach (TextPiece word in _parts.PreTokenizer is { } split ? split(piece) : [piece])
            {
                if (word.Length > 0)
                {
                    _parts.Model.Encode(word.ToString(), ids);
                }
            }
        }

        return ids;
    }

    private (List<int> Ids, List<int> Types) Framed(List<int> first, List<int>? second, BosMode bos)
    {
        if (bos == BosMode.Never)
        {
            return Frame.None.Put(first, second);
        }

        (List<int> ids, List<int> types) = _frame.Put(first, second);
        if (bos == BosMode.Always && !AddsBosByDefault)
        {
            ids.Insert(0, BosId ?? throw new InvalidInputException("bos always: the tokenizer names no beginning-of-sequence token"));
            types.Insert(0, 0);
        }

        return (ids, types);
    }

    // What add_bos_token and add_eos_token say counts more than the frame.
    private Frame Framed(TokenizerParts parts)
    {
        if (parts.AddBos is null && !parts.AddEos)
        {
            return parts.Frame;
        }

        IReadOnlyList<int> start = parts.AddBos switch
        {
            true => [BosId ?? throw Missing("add_bos_token", "bos_token", parts.Bos)],
            false => [],
            null => [.. parts.Frame.Prefix],
        };
        return Frame.Around(start, parts.AddEos ? [EosId ?? throw Missing("add_eos_token", "eos_token", parts.Eos)] : [.. parts.Frame.Suffix]);
    }

    private InvalidInputException Missing(string flag, string name, string? token) => new(
        $"{_parts.Source}: {flag} is true: expected {name} to be a token of the vocabulary, found {(token is null ? "none" : OneLine.Quote(token))}");

    private string? Token(int id) => _added.Content(id) ?? _vocabulary.Token(id);
}
