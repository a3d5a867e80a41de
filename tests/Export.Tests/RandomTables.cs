using CsCheck;
using Interp.Analysis;

namespace Interp.Export.Tests;

/// <summary>Tables of any columns and values: nulls, NaN, infinities, no rows, no columns, any text.</summary>
internal static class RandomTables
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Int[0, 3].Select(i => new string('a', i)),
        Gen.Int[0, 4].Select(i => new[] { " Mary", "\u202Eright to left", "\0\n\t\"'<script>", "\U0001F600 e\u0301", "\uFFFD" }[i]),
        Gen.String.Select(s => string.Concat(s.EnumerateRunes().Select(r => r.ToString()))));

    private static readonly Gen<double> Number = Gen.OneOf(
        Gen.Double, Gen.Int[0, 5].Select(i => new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon, double.MaxValue }[i]));

    private static readonly Gen<int> Integer = Gen.OneOf(Gen.Int, Gen.Int[0, 1].Select(i => i == 0 ? int.MinValue : int.MaxValue));

    private static readonly Gen<long> Long = Gen.OneOf(Gen.Long, Gen.Int[0, 1].Select(i => i == 0 ? long.MinValue : long.MaxValue));

    public static Gen<ResultTable> Table { get; } = Gen.Select(Gen.Int[0, 3].Array[0, 6], Gen.Int[0, 70], Gen.Int[0, 3]).SelectMany(
        (types, rows, nullity) =>
        {
            Column[] columns = [.. types.Select((t, i) => new Column($"c{i}", (ColumnType)t))];
            return Cells(columns, nullity).Array[rows].Select(cells => Of(columns, cells));
        });

    public static ResultTable Of(IReadOnlyList<Column> columns, IEnumerable<object?[]> rows)
    {
        var table = new ResultTable("random", columns);
        foreach (object?[] row in rows)
        {
            table.Add(row);
        }

        return table;
    }

    private static Gen<object?[]> Cells(Column[] columns, int nullity)
    {
        Gen<object?[]> row = Gen.Const(Array.Empty<object?>());
        foreach (Column column in columns)
        {
            Gen<object?> value = column.Type switch
            {
                ColumnType.Int32 => Integer.Select(v => (object?)v),
                ColumnType.Int64 => Long.Select(v => (object?)v),
                ColumnType.Float64 => Number.Select(v => (object?)v),
                _ => Text.Select(v => (object?)v),
            };
            row = Gen.Select(row, value, Gen.Int[0, 3], (before, v, dice) => (object?[])[.. before, dice < nullity ? null : v]);
        }

        return row;
    }
}
