using System.Globalization;
using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>What heads are without, or apart from, a task: tables <c>heads</c> and <c>composition</c>.</summary>
public static class HeadFigures
{
    /// <summary>A score of every head, layers by heads.</summary>
    /// <param name="heads">Table <c>heads</c>.</param>
    /// <param name="score">Name of the score; null = the first of the table.</param>
    /// <exception cref="InvalidInputException">The table has no such score.</exception>
    public static GenericChart Scores(ResultTable heads, string? score = null)
    {
        var reader = new TableReader(heads);
        IReadOnlyList<string> names = Names(heads, "score_name");
        string wanted = score ?? names[0];
        IReadOnlyList<object?>[] rows = [.. reader.Rows.Where(r => reader.Text(r, "score_name") == wanted)];
        if (rows.Length == 0)
        {
            throw new InvalidInputException($"score '{wanted}': expected one of table {heads.Name} ({string.Join(", ", names)})");
        }

        int layers = Count(reader, rows, "layer"), width = Count(reader, rows, "head");
        double?[][] values = [.. Enumerable.Range(0, layers).Select(_ => new double?[width])];
        double?[][][] more = [.. Enumerable.Range(0, layers).Select(_ => Enumerable.Range(0, width).Select(_ => new double?[2]).ToArray())];
        foreach (IReadOnlyList<object?> row in rows)
        {
            (int y, int x) = (reader.Int(row, "layer") ?? 0, reader.Int(row, "head") ?? 0);
            values[y][x] = reader.Number(row, "value");
            more[y][x] = [reader.Number(row, "ci_low"), reader.Number(row, "ci_high")];
        }

        return new Heatmap
        {
            X = Labels("H", width),
            Y = Labels("L", layers),
            Values = values,
            XTitle = "head",
            YTitle = "layer",
            ValueTitle = "score",
            More = more,
            MoreNames = ["95 % from", "to"],
            Hover = "<br>95 % from %{customdata[0]:.3~g} to %{customdata[1]:.3~g}",
        }.Chart();
    }

    /// <summary>How strongly heads read what earlier heads write, writers by readers.</summary>
    /// <param name="composition">Table <c>composition</c>.</param>
    /// <param name="input">Through which input: q, k or v.</param>
    /// <exception cref="InvalidInputException">The table has no such input.</exception>
    public static GenericChart Composition(ResultTable composition, string input = "k")
    {
        var reader = new TableReader(composition);
        IReadOnlyList<object?>[] rows = [.. reader.Rows.Where(r => reader.Text(r, "input") == input)];
        if (rows.Length == 0)
        {
            throw new InvalidInputException($"input '{input}': expected one of table {composition.Name} ({string.Join(", ", Names(composition, "input"))})");
        }

        (string From, string To, double? Value)[] pairs =
        [
            .. rows.Select(r => (Head(reader, r, "src_layer", "src_head"), Head(reader, r, "layer", "head"), reader.Number(r, "value"))),
        ];
        string[] from = [.. pairs.Select(p => p.From).Distinct()], to = [.. pairs.Select(p => p.To).Distinct()];
        double?[][] values = [.. from.Select(_ => new double?[to.Length])];
        Dictionary<string, int> row = from.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => n.i);
        Dictionary<string, int> column = to.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => n.i);
        foreach ((string source, string target, double? value) in pairs)
        {
            values[row[source]][column[target]] = value;
        }

        return new Heatmap
        {
            X = to,
            Y = from,
            Values = values,
            XTitle = "reader",
            YTitle = "writer",
            ValueTitle = "composition",
            Scale = Palette.Sequential,
        }.Chart();
    }

    /// <summary>The names in a column, in order of appearance.</summary>
    internal static IReadOnlyList<string> Names(ResultTable table, string column) =>
        table.Has(column) ? [.. table.Values(column).OfType<string>().Distinct()] : [];

    private static int Count(TableReader reader, IEnumerable<IReadOnlyList<object?>> rows, string column) =>
        rows.Max(r => reader.Int(r, column) ?? 0) + 1;

    private static string Head(TableReader reader, IReadOnlyList<object?> row, string layer, string head) =>
        string.Create(CultureInfo.InvariantCulture, $"L{reader.Int(row, layer)}H{reader.Int(row, head)}");

    private static string[] Labels(string letter, int count) =>
        [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{letter}{i}"))];
}
