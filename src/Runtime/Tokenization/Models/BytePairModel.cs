namespace Interp.Runtime.Tokenization;

/// <summary>What a byte-pair model does beside merging.</summary>
internal sealed record BytePairOptions
{
    /// <summary>Token of characters that are not in the vocabulary; without one they vanish.</summary>
    public string? Unknown { get; init; }

    /// <summary>A run of unknown characters is one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Unknown characters are tokens of their bytes where all of these are there.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A word that is in the vocabulary is one token, even if no merges lead to it.</summary>
    public bool WholeWords { get; init; }

    /// <summary>Stands in front of every character but a word's first.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>Stands behind a word's last character.</summary>
    public string EndSuffix { get; init; } = "";
}

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): of all neighbors the pair with the lowest rank is merged first, of equal ones the
/// leftmost. SentencePiece's BPE is the same with ranks that come from the scores of the merged pieces, which may be equal.
/// </summary>
internal sealed class BytePairModel : ITokenModel
{
    private readonly BytePairOptions _options;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly int? _unknown;

    /// <param name="kind">What kind it is, for people.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Rank and result of each pair that is merged.</param>
    /// <param name="options">What it does beside merging.</param>
    public BytePairModel(
        string kind, Vocabulary vocabulary, Dictionary<(int Left, int Right), (int Rank, int Id)> merges, BytePairOptions options)
    {
        (Kind, Vocabulary, _merges, _options) = (kind, vocabulary, merges, options);
        _unknown = options.Unknown is null ? null : vocabulary.Id(options.Unknown);
    }

    /// <summary>A model over letters for bytes.</summary>
    public static BytePairModel ByteLevel(
        Vocabulary vocabulary, IEnumerable<(string Left, string Right)> merges, string place, bool wholeWords, string? unknown) => new(
            "byte-level BPE",
            vocabulary,
            Ranks(merges, vocabulary, "", place),
            new BytePairOptions { WholeWords = wholeWords, Unknown = unknown is not null && vocabulary.Id(unknown) is not null ? unknown : null });

    public string Kind { get; }

    public Vocabulary Vocabulary { get; }

    public void Encode(string word, List<int> ids)
    {
        if (_options.WholeWords && Vocabulary.Id(word) is { } whole)
        {
            ids.Add(whole);
            return;
        }

        List<int> symbols = Symbols(word);
        if (symbols.Count > 1)
        {
            Merge(symbols);
        }

        ids.AddRange(symbols);
    }

    /// <summary>Merges as rows of text, in order of rank.</summary>
    /// <exception cref="InvalidInputException">A part of a merge, or what it leads to, is not in the vocabulary.</exception>
    public static Dictionary<(int Left, int Right), (int Rank, int Id)> Ranks(
        IEnumerable<(string Left, string Right)> merges, Vocabulary vocabulary, string continuingPrefix, string place)
    {
        var ranks = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        int rank = 0;
        foreach ((string left, string right) in merges)
        {
            string rest = right.Length >= continuingPrefix.Length ? right[continuingPrefix.Length..] : "";
            ranks[(Id(left), Id(right))] = (rank++, Id(left + rest));
        }

        return ranks;

        int Id(string token) => vocabulary.Id(token) ?? throw new InvalidInputException(
            $"{place}: merges: merge {rank}: token {OneLine.Quote(token)} is not in the vocabulary");
    }

    private List<int> Symbols(string word)
    {
        var symbols = new List<int>(word.Length);
        int? unknown = null;
        for (int i = 0, length; i < word.Length; i += length)
        {
            length = char.IsSurrogate(word[i]) ? 2 : 1;
            bool last = i + length >= word.Length, plain = (i == 0 || _options.ContinuingPrefix.Length == 0) && (!last || _options.EndSuffix.Length == 0);
            ReadOnlySpan<char> character = word.AsSpan(i, length);
            string? named = plain ? null : string.Concat(i > 0 ? _options.ContinuingPrefix : "", character, last ? _options.EndSuffix : "");
            if (Vocabulary.Lookup.TryGetValue(plain ? character : named, out int id))
            {
                Flush();
                symbols.Add(id);
            }
            else if (!_options.ByteFallback || !ByteTokens.TryAdd(named ?? character.ToString(), Vocabulary, symbols))
            {
                if (_options.Unknown is not null && !(_options.FuseUnknown && unknown is not null))
                {
                    Flush();
                    unknown = _unknown ?? throw Unknown.Missing(_options.Unknown);
                }
            }
        }

        Flush();
        return symbols;

        void Flush()
        {
            if (unknown is { } id)
            {
                symbols.Add(id);
                unknown = null;
            }
        }
    }

    private void Merge(List<int> symbols)
    {
        Dictionary<(int Left, int Right), (int Rank, int Id)> merges = _merges;
        int count = symbols.Count;
        int[] next = new int[count], previous = new int[count];
        bool[] gone = new bool[count];
        var queue = new PriorityQueue<(int At, int Id), (int Rank, int At)>();
        for (int i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            Enqueue(i);
        }

        while (queue.TryDequeue(out (int At, int Id) merge, out _))
        {
            int at = merge.At, right = gone[at] ? -1 : next[at];

            // What was queued before a neighbor changed is passed over.
            if (right < 0 || !merges.TryGetValue((symbols[at], symbols[right]), out (int Rank, int Id) now) || now.Id != merge.Id)
            {
                continue;
            }

            symbols[at] = merge.Id;
            gone[right] = true;
            next[at] = next[right];
            if (next[at] >= 0)
            {
                previous[next[at]] = at;
            }

            if (previous[at] >= 0)
            {
                Enqueue(previous[at]);
            }

            Enqueue(at);
        }

        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (!gone[i])
            {
                symbols[kept++] = symbols[i];
            }
        }

        symbols.RemoveRange(kept, count - kept);

        void Enqueue(int at)
        {
            if (next[at] >= 0 && merges.TryGetValue((symbols[at], symbols[next[at]]), out (int Rank, int Id) merge))
            {
                queue.Enqueue((at, merge.Id), (merge.Rank, at));
            }
        }
    }
}
