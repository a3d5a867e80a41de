namespace Interp.Runtime.Tokenization;

/// <summary>A token that is found in the text before it is cut into words.</summary>
/// <param name="Content">The text that it stands for.</param>
internal sealed record AddedToken(string Content)
{
    /// <summary>Id that the file gives it; what counts is its place in the vocabulary.</summary>
    public int? WrittenId { get; init; }

    /// <summary>Frames or marks a text and is left out of decoded text.</summary>
    public bool Special { get; init; }

    /// <summary>Takes the white space in front of it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Takes the white space behind it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Is not found inside of a word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Is looked for in the normalized text, as it looks there itself.</summary>
    public bool Normalized { get; init; }
}

/// <summary>
/// The added tokens of a tokenizer: first those of the text as it is are cut out, then the pieces between are normalized and the
/// others are cut out of them. Of several that begin at a place the longest counts.
/// </summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);
    private readonly Finder _plain, _normalized;

    /// <param name="tokens">The tokens, in order.</param>
    /// <param name="vocabulary">Tokens of the vocabulary have its ids, others are counted on from its size, holes or not.</param>
    /// <param name="normalizer">What the text goes through.</param>
    /// <exception cref="InvalidInputException">Normalizing leaves nothing of a token.</exception>
    public AddedTokens(IReadOnlyList<AddedToken> tokens, Vocabulary vocabulary, Normalizer? normalizer)
    {
        List<AddedToken> kept = [];
        int next = vocabulary.Count;
        foreach (AddedToken token in tokens.Where(token => token.Content.Length > 0 && !(Id(token.Content) is { } known && _tokens[known] == token)))
        {
            int id = Id(token.Content) ?? vocabulary.Id(token.Content) ?? next++;
            _ids[token.Content] = id;
            _tokens[id] = token;
            kept.Add(token);
        }

        // Special ones come first where two look alike; what was once special stays so.
        _special.UnionWith(kept.Where(token => token.Special).Select(token => token.Content));
        List<AddedToken> ordered = [.. kept.Where(t => t.Special).DistinctBy(t => t.Content), .. kept.Where(t => !_special.Contains(t.Content))];
        _plain = new Finder(ordered.Where(t => !t.Normalized).Select(t => (CodePoints.Of(t.Content), _ids[t.Content])), _tokens);
        _normalized = new Finder(ordered.Where(t => t.Normalized).Select(t => (Normal(t), _ids[t.Content])), _tokens);

        int[] Normal(AddedToken token)
        {
            TextPiece text = TextPiece.Of(token.Content);
            int[] codes = normalizer is null ? text.Codes : normalizer(text).Codes;
            return codes.Length > 0 ? codes : throw new InvalidInputException(
                $"added_tokens: the normalizer leaves nothing of {OneLine.Quote(token.Content)}, which would be found everywhere");
        }
    }

    /// <summary>The added tokens with their ids.</summary>
    public IEnumerable<(int Id, AddedToken Token)> All => _tokens.Select(pair => (pair.Key, pair.Value));

    public int? Id(string content) => _ids.TryGetValue(content, out int id) ? id : null;

    public string? Content(int id) => _tokens.GetValueOrDefault(id)?.Content;

    public bool IsSpecial(string content) => _special.Contains(content);

    /// <summary>The pieces of a text between added tokens, normalized, and the tokens.</summary>
    public IEnumerable<(TextPiece Text, int? Token)> Split(TextPiece text, Normalizer? normalizer)
    {
        foreach ((TextPiece piece, int? token) in _plain.Split(text))
        {
            if (token is not null)
            {
                yield return (piece, token);
                continue;
            }

            foreach ((TextPiece, int?) part in _normalized.Split(normalizer is null ? piece : normalizer(piece)))
            {
                yield return part;
            }
        }
    }

    /// <summary>Finds tokens by how they begin.</summary>
    private sealed class Finder
    {
        private readonly Dictionary<int, List<(int[] Codes, int Id)>> _byFirst;
        private readonly Dictionary<int, AddedToken> _tokens;

        public Finder(IEnumerable<(int[] Codes, int Id)> patterns, Dictionary<int, AddedToken> tokens)
        {
            _tokens = tokens;
            _byFirst = patterns.GroupBy(p => p.Codes[0]).ToDictionary(g => g.Key, g => g.OrderByDescending(p => p.Codes.Length).ToList());
        }

        public IEnumerable<(TextPiece Text, int? Token)> Split(TextPiece text)
        {
            int done = 0;
            for (int at = 0; at < text.Length;)
            {
                if (Match(text.Codes, at) is not var (length, id))
                {
                    at++;
                    continue;
                }

                AddedToken token = _tokens[id];
                (int start, int end) = (at, at += length);
                if (token.SingleWord && ((start > 0 && IsWord(text[start - 1])) || (end < text.Length && IsWord(text[end]))))
                {
                    continue;
                }

                for (int first = start; token.LeftStrip && first > done && CodePoints.IsWhiteSpace(text[first - 1]); start = first)
                {
                    first--;
                }

                while (token.RightStrip && end < text.Length && CodePoints.IsWhiteSpace(text[end]))
                {
                    end++;
                }

                if (done < start)
                {
                    yield return (text.Slice(done, start), null);
                }

                yield return (text.Slice(start, end), id);
                done = end;
            }

            if (done < text.Length)
            {
                yield return (text.Slice(done, text.Length), null);
            }
        }

        private (int Length, int Id)? Match(int[] codes, int at)
        {
            if (_byFirst.TryGetValue(codes[at], out List<(int[] Codes, int Id)>? patterns))
            {
                foreach ((int[] pattern, int id) in patterns)
                {
                    if (codes.AsSpan(at).StartsWith(pattern))
                    {
                        return (pattern.Length, id);
                    }
                }
            }

            return null;
        }

        private static bool IsWord(int code) => CodePoints.IsWord(code) || CodePoints.IsJoinControl(code);
    }
}
