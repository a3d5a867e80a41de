namespace Interp.Runtime.Tokenization;

/// <summary>
/// A piece of a text on its way to tokens: code points, each with the place in the original text that it came from. Whether a piece
/// begins at place 0 decides whether a prefix is put in front of it.
/// </summary>
internal sealed class TextPiece
{
    private readonly int[] _codes, _origins;

    internal TextPiece(int[] codes, int[] origins) => (_codes, _origins) = (codes, origins);

    public int Length => _codes.Length;

    public int this[int index] => _codes[index];

    /// <summary>The code points.</summary>
    public int[] Codes => _codes;

    /// <summary>A whole text.</summary>
    /// <exception cref="InvalidInputException">Half of a surrogate pair stands alone.</exception>
    public static TextPiece Of(string text)
    {
        int[] codes = CodePoints.Of(text);
        return new TextPiece(codes, [.. Enumerable.Range(0, codes.Length)]);
    }

    public int Origin(int index) => _origins[index];

    public bool All(Func<int, bool> condition) => Array.TrueForAll(_codes, code => condition(code));

    public bool StartsWith(int code) => _codes.Length > 0 && _codes[0] == code;

    public TextPiece Slice(int start, int end) =>
        start == 0 && end == Length ? this : new TextPiece(_codes[start..end], _origins[start..end]);

    /// <summary>Puts a text in front; it comes from where the first character does. Nothing is put in front of nothing.</summary>
    public TextPiece Prepend(int[] text) => Length == 0 ? this : new TextPiece(
        [.. text, .. _codes], [.. Enumerable.Repeat(_origins[0], text.Length), .. _origins]);

    /// <summary>Every code point replaced by others, or by none.</summary>
    public TextPiece Map(Action<int, List<int>> map)
    {
        var builder = new TextPieceBuilder(Length);
        var codes = new List<int>();
        for (int i = 0; i < Length; i++)
        {
            codes.Clear();
            map(_codes[i], codes);
            codes.ForEach(code => builder.Add(code, _origins[i]));
        }

        return builder.Build();
    }

    /// <summary>Only the code points that are kept.</summary>
    public TextPiece Where(Func<int, bool> kept) => All(kept) ? this : Map((code, to) =>
    {
        if (kept(code))
        {
            to.Add(code);
        }
    });

    /// <summary>Every fit of a pattern replaced by a text, which comes from where the fit ends.</summary>
    public TextPiece Replace(Pattern pattern, int[] text)
    {
        List<(int Start, int End)> found = pattern.Find(_codes);
        if (found.Count == 0)
        {
            return this;
        }

        var builder = new TextPieceBuilder(Length);
        int at = 0;
        foreach ((int start, int end) in found)
        {
            builder.Add(this, at, start);
            int origin = end > 0 ? _origins[end - 1] : 0;
            Array.ForEach(text, code => builder.Add(code, origin));
            at = end;
        }

        builder.Add(this, at, Length);
        return builder.Build();
    }

    public override string ToString() => CodePoints.Text(_codes);
}

/// <summary>Collects a piece.</summary>
internal sealed class TextPieceBuilder(int capacity)
{
    private readonly List<int> _codes = new(capacity), _origins = new(capacity);

    public int Count => _codes.Count;

    public int this[int index]
    {
        get => _codes[index];
        set => _codes[index] = value;
    }

    public int Origin(int index) => _origins[index];

    public void Add(int code, int origin)
    {
        _codes.Add(code);
        _origins.Add(origin);
    }

    public void Add(TextPiece piece, int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            Add(piece[i], piece.Origin(i));
        }
    }

    public void Insert(int at, int code, int origin)
    {
        _codes.Insert(at, code);
        _origins.Insert(at, origin);
    }

    public TextPiece Build() => new([.. _codes], [.. _origins]);
}
