namespace Interp.Analysis;

/// <summary>
/// The effects of a sweep, cell by cell, gathered while its rows go by: eight bytes for each row instead of the row. The
/// statistics of <see cref="SweepSummary"/> need no more.
/// </summary>
public sealed class SweepCellEffects : ITableSink
{
    private const int Null = int.MinValue;

    // Positions, and the columns that name them where they are others in each prompt.
    private static readonly (string Position, string Span)[] Named = [("pos", "span"), ("src_pos", "src_span")];

    private readonly List<(int[] Key, List<double> Effects)> _cells = [];
    private readonly Dictionary<int[], int> _known = new(new KeyComparer());
    private TextCodes?[] _texts = [];
    private int _last = -1;

    /// <summary>Name of the sweep's table; empty before the first rows.</summary>
    public string Table { get; private set; } = "";

    /// <summary>The columns that tell cells apart.</summary>
    public IReadOnlyList<Column> Index { get; private set; } = [];

    /// <summary>Number of cells.</summary>
    public int Count => _cells.Count;

    /// <summary>Number of rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose effect is null.</summary>
    public long Undefined { get; private set; }

    /// <summary>The values of <see cref="Index"/> of a cell.</summary>
    /// <param name="cell">0-based, in order of appearance.</param>
    public IReadOnlyList<object?> Key(int cell) =>
    [
        .. _cells[cell].Key.Select((value, i) => _texts[i] is { } texts
            ? value < 0 ? null : texts.Texts[value]
            : value == Null ? null : (object)value),
    ];

    /// <summary>The effects of a cell that are defined, in row order.</summary>
    /// <param name="cell">0-based, in order of appearance.</param>
    public IReadOnlyList<double> Effects(int cell) => _cells[cell].Effects;

    /// <inheritdoc/>
    public void Write(ResultTable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_texts.Length == 0)
        {
            Table = rows.Name;
            Index = [.. SummaryColumns.Index(rows.Columns)];
            _texts = [.. Index.Select(c => c.Type == ColumnType.Text ? new TextCodes() : null)];
        }

        TableColumn[] index = [.. Index.Select(c => rows.Column(rows.IndexOf(c.Name)))];
        int[][] values = [.. index.Select(Codes)];
        Float64Column effect = rows.Float64("effect");
        (int Position, TextColumn Span)[] spans =
        [
            .. from names in Named
               where rows.Has(names.Span)
               select (Index.ToList().FindIndex(c => c.Name == names.Position), rows.Text(names.Span)),
        ];
        var key = new int[index.Length];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int i = 0; i < key.Length; i++)
            {
                key[i] = values[i][row];
            }

            foreach ((int position, TextColumn span) in spans)
            {
                if (position >= 0 && !span.IsNull(row))
                {
                    key[position] = Null;
                }
            }

            List<double> effects = _cells[Find(key)].Effects;
            if (!effect.IsNull(row))
            {
                effects.Add(effect.Values[row]);
            }
        }

        Rows += rows.Count;
        Undefined += effect.NullCount;
    }

    // The rows of a cell mostly come one after the other.
    private int Find(int[] key)
    {
        if (_last >= 0 && key.AsSpan().SequenceEqual(_cells[_last].Key))
        {
            return _last;
        }

        if (!_known.TryGetValue(key, out _last))
        {
            int[] kept = [.. key];
            _known[kept] = _last = _cells.Count;
            _cells.Add((kept, []));
        }

        return _last;
    }

    private int[] Codes(TableColumn column, int place)
    {
        var codes = new int[column.Count];
        if (column is TextColumn texts)
        {
            _texts[place]!.Begin(texts);
            _texts[place]!.Translate(texts.Codes, codes);
            return codes;
        }

        ReadOnlySpan<int> numbers = ((Int32Column)column).Values;
        for (int row = 0; row < codes.Length; row++)
        {
            codes[row] = column.IsNull(row) ? Null : numbers[row];
        }

        return codes;
    }

    private sealed class KeyComparer : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = new HashCode();
            foreach (int value in obj)
            {
                hash.Add(value);
            }

            return hash.ToHashCode();
        }
    }
}
