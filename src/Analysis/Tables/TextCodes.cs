namespace Interp.Analysis;

/// <summary>
/// One numbering of the texts of a column whose rows come in batches, each with a numbering of its own: by first appearance in
/// row order, so that it depends on the rows alone.
/// </summary>
public sealed class TextCodes
{
    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private TextColumn? _column;
    private int[] _map = [];

    /// <summary>The distinct texts, in order of first appearance.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>Names the batch that codes are translated of.</summary>
    /// <param name="column">The column of the batch.</param>
    public void Begin(TextColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        int known = ReferenceEquals(column, _column) ? Math.Min(_map.Length, column.Texts.Count) : 0;
        _column = column;
        if (_map.Length < column.Texts.Count)
        {
            Array.Resize(ref _map, Math.Max(column.Texts.Count, _map.Length * 2));
        }

        _map.AsSpan(known).Fill(TextColumn.NullCode);
    }

    /// <summary>Translates codes of the batch; a text that was not met before gets the next number.</summary>
    /// <param name="codes">Codes of the batch; <see cref="TextColumn.NullCode"/> stays.</param>
    /// <param name="destination">Receives as many codes.</param>
    public void Translate(ReadOnlySpan<int> codes, Span<int> destination)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            int code = codes[i];
            destination[i] = code < 0 ? TextColumn.NullCode : _map[code] is >= 0 and int known ? known : Number(code);
        }
    }

    private int Number(int code)
    {
        string text = _column!.Texts[code];
        if (!_codes.TryGetValue(text, out int number))
        {
            _codes[text] = number = _texts.Count;
            _texts.Add(text);
        }

        return _map[code] = number;
    }
}
