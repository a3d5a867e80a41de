using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>
/// One site of a sweep's table as heatmaps: rows are layers, columns what the sweep told apart besides (heads, positions, neurons).
/// Where it told apart more, there is one heatmap for each value of the rest, a slice.
/// </summary>
internal sealed class SweepGrid
{
    private static readonly string[] Splits = ["site", "with", "window", "renormalize"];

    // What may be told apart besides layers; of several the first is the columns.
    private static readonly string[] Axes = ["head", "neuron", "src_pos", "src_span", "pos", "span"];

    private static readonly object Absent = "";

    private readonly TokenLabels _labels;
    private readonly Dictionary<SweepPlace, SweepStat> _stats = [];
    private readonly Dictionary<int, Dictionary<SweepPlace, SweepValue>> _values = [];
    private readonly object?[] _rows, _columns;
    private readonly object?[][] _slices;
    private readonly string[] _axes;
    private readonly Dictionary<object, int> _rowAt, _columnAt;
    private readonly Dictionary<string, int> _sliceAt;

    private SweepGrid(string name, TableReader summary, IReadOnlyList<IReadOnlyList<object?>> rows, TokenLabels labels)
    {
        (Name, _labels) = (name, labels);
        string[] used = [.. Axes.Where(a => rows.Any(r => Key(summary, r, a) is not null))];
        // The position of a span is that of its prompt; the span is what the prompts share.
        _axes = [.. used.Where(a => !(a == "pos" && used.Contains("span")) && !(a == "src_pos" && used.Contains("src_span")))];
        _rows = Distinct(summary, rows, "layer");
        _columns = _axes.Length > 0 ? Distinct(summary, rows, _axes[0]) : [null];
        _slices =
        [
            .. rows.Select(r => _axes.Skip(1).Select(a => Key(summary, r, a)).ToArray()).DistinctBy(Joined)
                .OrderBy(s => s, Comparer<object?[]>.Create(Compare)),
        ];
        (_rowAt, _columnAt) = (Indices(_rows), Indices(_columns));
        _sliceAt = _slices.Select((s, i) => (Key: Joined(s), i)).ToDictionary(s => s.Key, s => s.i, StringComparer.Ordinal);
        foreach (IReadOnlyList<object?> row in rows)
        {
            _stats[Place(summary, row)] = new SweepStat(
                summary.Number(row, "mean"), summary.Number(row, "ci_low"), summary.Number(row, "ci_high"), summary.Number(row, "q"),
                summary.Int(row, "n") ?? 0);
        }
    }

    /// <summary>The site, with whatever else tells this sweep from others in the table.</summary>
    public string Name { get; }

    /// <summary>What was measured, such as <c>logit-diff</c>.</summary>
    public string? Metric { get; private set; }

    /// <summary>
    /// Whether positions of the prompts do not correspond, by their numbers, and no summary says how they do: then there are no means.
    /// </summary>
    public bool Apart { get; private set; }

    /// <summary>Prompts of which single effects are known.</summary>
    public IReadOnlyList<int> Prompts => [.. _values.Keys.Order()];

    /// <summary>Largest number of prompts behind a cell.</summary>
    public int N => _stats.Values.Select(s => s.N).DefaultIfEmpty().Max();

    /// <summary>Number of slices, at least one.</summary>
    public int Slices => _slices.Length;

    /// <summary>Number of rows times columns.</summary>
    public int Cells => _rows.Length * _columns.Length;

    /// <summary>Whether rows or columns are positions.</summary>
    public bool HasPositions => _axes.Any(a => a is "pos" or "src_pos");

    /// <summary>What the columns are.</summary>
    public string ColumnTitle => _axes.Length > 0 ? Title(_axes[0]) : "all";

    /// <summary>What the slices are.</summary>
    public string SliceTitle => string.Join(", ", _axes.Skip(1).Select(Title));

    /// <summary>All cells.</summary>
    public IReadOnlyDictionary<SweepPlace, SweepStat> Stats => _stats;

    /// <summary>Reads the sites of a sweep.</summary>
    /// <param name="table">One row per cell and prompt, or null.</param>
    /// <param name="summary">One row per cell; null = made of the other.</param>
    /// <param name="labels">Tokens of the prompts.</param>
    public static IReadOnlyList<SweepGrid> Read(ResultTable? table, ResultTable? summary, TokenLabels labels)
    {
        var means = new TableReader(summary ?? SweepSummary.Of(table!));
        Dictionary<string, SweepGrid> grids = new(StringComparer.Ordinal);
        foreach (var group in means.Rows.GroupBy(r => Split(means, r)))
        {
            grids[group.Key] = new SweepGrid(group.Key, means, [.. group], labels);
        }

        if (table is not null)
        {
            var rows = new TableReader(table);
            foreach (IReadOnlyList<object?> row in rows.Rows)
            {
                if (grids.TryGetValue(Split(rows, row), out SweepGrid? grid))
                {
                    grid.Add(rows, row);
                }
            }
        }

        if (summary is null)
        {
            foreach (SweepGrid grid in grids.Values)
            {
                grid.Apart = grid.HasPositions && LengthsDiffer(table!);
            }
        }

        return [.. grids.Values];
    }

    /// <summary>Whether prompts have rows up to positions of different number.</summary>
    private static bool LengthsDiffer(ResultTable table)
    {
        var rows = new TableReader(table);
        Dictionary<int, int> last = [];
        foreach (IReadOnlyList<object?> row in rows.Rows)
        {
            if (rows.Int(row, "prompt") is { } prompt && (rows.Int(row, "pos") ?? rows.Int(row, "src_pos")) is { } position)
            {
                last[prompt] = Math.Max(last.GetValueOrDefault(prompt), position);
            }
        }

        return last.Values.Distinct().Count() > 1;
    }

    /// <summary>The effect of a cell in one prompt.</summary>
    public SweepValue? Value(int prompt, SweepPlace place) =>
        _values[prompt].TryGetValue(place, out SweepValue value) ? value : null;

    /// <summary>Labels of the rows.</summary>
    public IReadOnlyList<string> RowLabels =>
        [.. _rows.Select(r => r is int layer ? string.Create(CultureInfo.InvariantCulture, $"L{layer}") : "all")];

    /// <summary>Labels of the columns, with the tokens that the prompts share.</summary>
    public IReadOnlyList<string> ColumnLabels(IReadOnlyList<int> prompts) =>
        [.. _columns.Select(c => _axes.Length > 0 ? Label(_axes[0], c, prompts) : "all")];

    /// <summary>Label of a slice.</summary>
    public string SliceLabel(int slice, IReadOnlyList<int> prompts) =>
        string.Join(", ", _slices[slice].Select((value, i) => $"{Title(_axes[i + 1])} {Label(_axes[i + 1], value, prompts)}"));

    /// <summary>What people call a cell: <c>L9H6</c>, <c>L3, position 4 ␣John</c>.</summary>
    public string CellLabel(SweepPlace place)
    {
        string row = RowLabels[place.Row], column = ColumnLabels(Prompts)[place.Column];
        string name = _axes switch
        {
            [] => row,
            ["head" or "neuron", ..] => row + column,
            _ => $"{row}, {ColumnTitle} {column}",
        };
        return _axes.Length > 1 ? $"{name}, {SliceLabel(place.Slice, Prompts)}" : name;
    }

    private void Add(TableReader reader, IReadOnlyList<object?> row)
    {
        Metric ??= reader.Text(row, "metric");
        if (reader.Int(row, "prompt") is { } prompt)
        {
            if (!_values.TryGetValue(prompt, out Dictionary<SweepPlace, SweepValue>? cells))
            {
                _values[prompt] = cells = [];
            }

            cells[Place(reader, row)] = new SweepValue(
                reader.Number(row, "effect"), reader.Number(row, "clean"), reader.Number(row, "corrupted"), reader.Number(row, "patched"));
        }
    }

    private SweepPlace Place(TableReader reader, IReadOnlyList<object?> row)
    {
        string slice = _axes.Length > 1 ? Joined([.. _axes.Skip(1).Select(a => Key(reader, row, a))]) : "";
        return new SweepPlace(
            _rowAt[Key(reader, row, "layer") ?? Absent], _axes.Length > 0 ? _columnAt[Key(reader, row, _axes[0]) ?? Absent] : 0,
            _sliceAt[slice]);
    }

    private string Label(string axis, object? value, IReadOnlyList<int> prompts) => value switch
    {
        null => "–",
        int position when axis is "pos" or "src_pos" => TokenLabels.Position(position, _labels.Token(prompts, position)),
        int head when axis == "head" => string.Create(CultureInfo.InvariantCulture, $"H{head}"),
        int neuron => string.Create(CultureInfo.InvariantCulture, $"N{neuron}"),
        _ => VisibleText.Label((string)value),
    };

    private static string Title(string axis) => axis switch
    {
        "pos" => "position",
        "src_pos" => "source position",
        "src_span" => "source span",
        _ => axis,
    };

    private static object? Key(TableReader reader, IReadOnlyList<object?> row, string axis) =>
        (object?)reader.Int(row, axis) ?? reader.Text(row, axis);

    private static object?[] Distinct(TableReader reader, IEnumerable<IReadOnlyList<object?>> rows, string axis) =>
        [.. rows.Select(r => Key(reader, r, axis)).Distinct().OrderBy(v => v as int? ?? -1)];

    private static Dictionary<object, int> Indices(object?[] values) =>
        values.Select((value, i) => (Key: value ?? Absent, i)).ToDictionary(v => v.Key, v => v.i);

    private static string Joined(object?[] values) => string.Join('\u001f', values);

    private static int Compare(object?[]? x, object?[]? y) => x!.Zip(y!)
        .Select(p => Comparer<int>.Default.Compare(p.First as int? ?? -1, p.Second as int? ?? -1)).FirstOrDefault(c => c != 0);

    private static string Split(TableReader reader, IReadOnlyList<object?> row) => string.Join(", ", Splits
        .Select(c => (Name: c, Value: Key(reader, row, c)))
        .Where(c => c.Value is not null)
        .Select(c => c.Name switch { "site" => c.Value!, "with" => $"with {c.Value}", _ => $"{c.Name} {c.Value}" }));
}
