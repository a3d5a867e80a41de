using Interp.Analysis;

namespace Interp.Analysis.Tests.Tables;

public sealed class ResultTableTests
{
    private static readonly Column[] Columns =
        [new("i", ColumnType.Int32), new("x", ColumnType.Float64), new("name", ColumnType.Text)];

    [Fact]
    public void Rows_come_back_as_they_were_added()
    {
        var table = new ResultTable("t", Columns);
        object?[][] rows = [[1, 0.5, "a"], [null, null, null], [-7, double.NegativeInfinity, ""], [1, 2.0, "a"]];
        foreach (object?[] row in rows)
        {
            table.Add(row);
        }

        Assert.Equal(rows, table.Rows.Select(r => r.ToArray()));
        Assert.Equal(["a", null, "", "a"], table.Values("name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Rows[4]);
    }

    [Fact]
    public void Columns_are_typed_and_know_their_nulls()
    {
        ResultTable table = Of((1, 0.5, "a"), (null, null, null), (3, double.NaN, "b"), (4, 1, "a"));
        Assert.Equal([1, 0, 3, 4], table.Int32("i").Values.ToArray());
        Assert.Equal([0, TextColumn.NullCode, 1, 0], table.Text("name").Codes.ToArray());
        Assert.Equal(["a", "b"], table.Text("name").Texts);
        Assert.Equal(0b1101, Assert.Single(table.Float64("x").Validity.ToArray()));
        Assert.Equal(1, table.Float64("x").NullCount);
        Assert.Contains("it holds Float64, not Int32", Assert.Throws<ArgumentException>(() => table.Int32("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_does_not_fit_changes_nothing()
    {
        ResultTable table = Of((1, 0.5, "a"));
        Assert.Throws<ArgumentException>(() => table.Add(1, 2, "a"));
        Assert.Throws<ArgumentException>(() => table.Add(1, 0.5));
        Assert.Equal([1, 0.5, "a"], Assert.Single(table.Rows));
        Assert.Equal(1, table.Column(0).Count);
    }

    internal static ResultTable Of(params (int?, double?, string?)[] rows)
    {
        var table = new ResultTable("t", Columns);
        foreach ((int? i, double? x, string? name) in rows)
        {
            table.Add(i, x, name);
        }

        return table;
    }
}
