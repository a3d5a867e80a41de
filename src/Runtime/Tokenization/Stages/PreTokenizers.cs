namespace Interp.Runtime.Tokenization;

/// <summary>Cuts a piece of text into smaller ones: words, mostly.</summary>
internal delegate IReadOnlyList<TextPiece> PreTokenizer(TextPiece text);

/// <summary>What becomes of the delimiters at which a text is split.</summary>
internal enum SplitBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a piece of its own.</summary>
    Isolated,

    /// <summary>Each ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each begins the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Neighboring ones are one piece.</summary>
    Contiguous,
}

/// <summary>When a prefix is put in front of a text.</summary>
internal enum PrefixScheme
{
    /// <summary>In front of every piece between added tokens.</summary>
    Always,

    /// <summary>In front of the whole text only.</summary>
    First,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>The pre-tokenizers of Hugging Face's tokenizers library.</summary>
internal static class PreTokenizers
{
    private static readonly Lazy<Pattern> WordsAndSigns = new(() => new Pattern(@"[\w\u200C\u200D]+|[^\w\s\u200C\u200D]+"));
    private static readonly Lazy<Pattern> Gpt2Words = new(() => new Pattern(ByteLevel.Words));

    /// <summary>Several, each on the pieces of the one before.</summary>
    public static PreTokenizer Sequence(IReadOnlyList<PreTokenizer> parts) => text =>
        parts.Aggregate((IReadOnlyList<TextPiece>)[text], (pieces, split) => [.. pieces.SelectMany(piece => split(piece))]);

    /// <summary>BERT's words: split at white space, punctuation alone.</summary>
    public static IReadOnlyList<TextPiece> Bert(TextPiece text) =>
        [.. WhitespaceSplit(text).SelectMany(piece => Split(piece, LibraryCharacters.IsPunctuation, SplitBehavior.Isolated))];

    public static IReadOnlyList<TextPiece> WhitespaceSplit(TextPiece text) => Split(text, CodePoints.IsWhiteSpace, SplitBehavior.Removed);

    /// <summary>Words, and runs of what is neither word nor white space.</summary>
    public static IReadOnlyList<TextPiece> Whitespace(TextPiece text) => Split(text, WordsAndSigns.Value, SplitBehavior.Removed, invert: true);

    public static PreTokenizer Delimiter(int delimiter) => text => Split(text, code => code == delimiter, SplitBehavior.Removed);

    public static PreTokenizer Punctuation(SplitBehavior behavior) => text => Split(text, LibraryCharacters.IsPunctuation, behavior);

    public static PreTokenizer Digits(bool individual) =>
        text => Split(text, LibraryCharacters.IsNumber, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    public static PreTokenizer Split(Pattern pattern, SplitBehavior behavior, bool invert) => text => Split(text, pattern, behavior, invert);

    /// <summary>Pieces of a number of code points; the last one has what is left.</summary>
    public static PreTokenizer FixedLength(int length) => text =>
        [.. Enumerable.Range(0, (text.Length + length - 1) / length).Select(i => text.Slice(i * length, Math.Min(text.Length, (i + 1) * length)))];

    /// <summary>GPT-2's words in letters for bytes.</summary>
    /// <param name="prefix">A space is put in front where there is none.</param>
    /// <param name="words">Text is split into words; otherwise it stays whole.</param>
    public static PreTokenizer ByteLevelWords(bool prefix, bool words) => text =>
    {
        TextPiece whole = prefix && !text.StartsWith(' ') ? text.Prepend([' ']) : text;
        IReadOnlyList<TextPiece> pieces = words ? Split(whole, Gpt2Words.Value, SplitBehavior.Isolated, invert: false) : [whole];
        return [.. pieces.Select(Normalizers.ByteLevelLetters)];
    };

    /// <summary>SentencePiece's words: spaces are a visible mark that begins the word behind it.</summary>
    public static PreTokenizer Metaspace(int mark, PrefixScheme scheme, bool split) => text =>
    {
        TextPiece marked = text.Map((code, to) => to.Add(code == ' ' ? mark : code));
        if (!marked.StartsWith(mark) && (scheme == PrefixScheme.Always || (scheme == PrefixScheme.First && marked.Length > 0 && marked.Origin(0) == 0)))
        {
            marked = marked.Prepend([mark]);
        }

        return split ? Split(marked, code => code == mark, SplitBehavior.MergedWithNext) : [marked];
    };

    private static List<TextPiece> Split(TextPiece text, Func<int, bool> isDelimiter, SplitBehavior behavior)
    {
        var parts = new List<Part>();
        int last = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (isDelimiter(text[i]))
            {
                if (last < i)
                {
                    parts.Add(new Part(last, i, false));
                }

                parts.Add(new Part(i, last = i + 1, true));
            }
        }

        if (last < text.Length)
        {
            parts.Add(new Part(last, text.Length, false));
        }

        return Pieces(text, parts, behavior);
    }

    private static List<TextPiece> Split(TextPiece text, Pattern pattern, SplitBehavior behavior, bool invert)
    {
        var parts = new List<Part>();
        int last = 0;
        foreach ((int start, int end) in pattern.Find(text.Codes))
        {
            if (last != start)
            {
                parts.Add(new Part(last, start, invert));
            }

            parts.Add(new Part(start, last = end, !invert));
        }

        if (last < text.Length)
        {
            parts.Add(new Part(last, text.Length, invert));
        }

        return Pieces(text, parts, behavior);
    }

    private static List<TextPiece> Pieces(TextPiece text, List<Part> parts, SplitBehavior behavior)
    {
        List<Part> kept = behavior switch
        {
            SplitBehavior.Removed => parts.FindAll(part => !part.IsDelimiter),
            SplitBehavior.MergedWithPrevious => Merge(parts, (delimiter, previous) => delimiter && !previous),
            SplitBehavior.MergedWithNext => MergeNext(parts),
            SplitBehavior.Contiguous => Merge(parts, (delimiter, previous) => delimiter == previous),
            _ => parts,
        };
        return [.. kept.Where(part => part.End > part.Start).Select(part => text.Slice(part.Start, part.End))];
    }

    private static List<Part> Merge(List<Part> parts, Func<bool, bool, bool> joins)
    {
        var merged = new List<Part>();
        bool previous = false;
        foreach (Part part in parts)
        {
            if (merged.Count > 0 && joins(part.IsDelimiter, previous))
            {
                merged[^1] = merged[^1] with { End = part.End };
            }
            else
            {
                merged.Add(part);
            }

            previous = part.IsDelimiter;
        }

        return merged;
    }

    private static List<Part> MergeNext(List<Part> parts)
    {
        var merged = new List<Part>();
        bool next = false;
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            if (merged.Count > 0 && parts[i].IsDelimiter && !next)
            {
                merged[^1] = merged[^1] with { Start = parts[i].Start };
            }
            else
            {
                merged.Add(parts[i]);
            }

            next = parts[i].IsDelimiter;
        }

        merged.Reverse();
        return merged;
    }

    private readonly record struct Part(int Start, int End, bool IsDelimiter);
}
