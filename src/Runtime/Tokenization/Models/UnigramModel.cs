namespace Interp.Runtime.Tokenization;

/// <summary>
/// Unigram (Kudo 2018): of all ways to cut a word into pieces the one with the highest sum of scores; a run of characters that no
/// piece has is one unknown token.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    // Of SentencePiece: an unknown character costs this much more than the least likely piece.
    private const double UnknownPenalty = 10;

    private readonly double[] _scores;
    private readonly int _longest;
    private readonly int? _unknown;
    private readonly bool _byteFallback;
    private readonly double _unknownScore;

    /// <param name="vocabulary">The pieces. Of equal texts the last one counts.</param>
    /// <param name="scores">Log probability of each id.</param>
    /// <param name="unknown">Id of what is unknown, or null.</param>
    /// <param name="byteFallback">Unknown characters are tokens of their bytes where all of these are there.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int? unknown, bool byteFallback)
    {
        (Vocabulary, _scores, _unknown, _byteFallback) = (vocabulary, scores, unknown, byteFallback);
        _longest = Enumerable.Range(0, vocabulary.End).Max(id => vocabulary.Token(id)?.Length ?? 0);
        _unknownScore = scores.Min() - UnknownPenalty;
    }

    public string Kind => "Unigram";

    public Vocabulary Vocabulary { get; }

    public void Encode(string word, List<int> ids)
    {
        foreach (string piece in Pieces(word))
        {
            if (Vocabulary.Id(piece) is { } id)
            {
                ids.Add(id);
            }
            else if (!_byteFallback || !ByteTokens.TryAdd(piece, Vocabulary, ids))
            {
                ids.Add(_unknown ?? throw Unknown.Missing(null));
            }
        }
    }

    /// <summary>The best cut, by Viterbi's algorithm.</summary>
    private List<string> Pieces(string word)
    {
        var best = new (double Score, int Start, int Id)[word.Length + 1];
        Array.Fill(best, (0, -1, -1));
        for (int start = 0; start < word.Length;)
        {
            double until = best[start].Score;
            int width = char.IsSurrogate(word[start]) ? 2 : 1;
            bool single = false;
            for (int length = 1; length <= Math.Min(_longest, word.Length - start); length++)
            {
                if (Vocabulary.Lookup.TryGetValue(word.AsSpan(start, length), out int id))
                {
                    Reach(start + length, until + _scores[id], id);
                    single |= length == width;
                }
            }

            if (!single)
            {
                Reach(start + width, until + _unknownScore, _unknown ?? throw Unknown.Missing(null));
            }

            void Reach(int end, double score, int id)
            {
                if (best[end].Start < 0 || score > best[end].Score)
                {
                    best[end] = (score, start, id);
                }
            }

            start += width;
        }

        List<string> pieces = [];
        for (int end = word.Length, start; end > 0; end = start)
        {
            start = best[end].Start;
            for (int before = start; best[end].Id == _unknown && before > 0 && best[before].Id == _unknown; before = start)
            {
                start = best[before].Start;
            }

            pieces.Add(word[start..end]);
        }

        pieces.Reverse();
        return pieces;
    }
}
