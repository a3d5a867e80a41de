namespace Interp.Analysis;

/// <summary>A column of texts: the distinct texts in the order in which they first came, and for each row the number of its text.</summary>
public sealed class TextColumn : TableColumn<int>
{
    /// <summary>The code of a row that holds null.</summary>
    public const int NullCode = -1;

    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private string? _last;
    private int _lastCode;

    /// <summary>The distinct texts.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>For each row the index of its text in <see cref="Texts"/>; <see cref="NullCode"/> where it holds null.</summary>
    public ReadOnlySpan<int> Codes => Raw;

    /// <inheritdoc/>
    public override object? this[int row] => Text(row);

    /// <summary>The text of a row, or null.</summary>
    /// <param name="row">0-based row.</param>
    public string? Text(int row) => Raw[row] is >= 0 and int code ? _texts[code] : null;

    internal string? At(int row) => Text(row);

    internal override bool Fits(object? value) => value is null or string;

    internal override void AddObject(object? value) => Add((string?)value);

    internal override void AddNull() => Append(NullCode, false);

    internal void Add(string? text)
    {
        if (text is null)
        {
            AddNull();
            return;
        }

        // Neighbouring rows mostly have the same text, and then it is mostly the same object.
        if (!ReferenceEquals(text, _last))
        {
            if (!_codes.TryGetValue(text, out _lastCode))
            {
                _codes[text] = _lastCode = _texts.Count;
                _texts.Add(text);
            }

            _last = text;
        }

        Append(_lastCode);
    }
}
