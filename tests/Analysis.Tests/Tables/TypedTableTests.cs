namespace Interp.Analysis.Tests.Tables;

/// <summary>A table of records is the list of its records, whatever the types of their properties.</summary>
public sealed class TypedTableTests
{
    public enum Side
    {
        Left,
        Right,
    }

    public sealed record Every(
        int Layer, short Small, byte Tiny, long Large, uint Count, double Value, float Single, string Name, bool Ok, Side Side, int? NoLayer, long? NoLarge,
        float? NoSingle, string? NoName, bool? NoOk, Side? NoSide);

    public readonly record struct Dated(int Layer, DateTime When);

    private static readonly Every[] Rows =
    [
        new(1, -2, 3, 1L << 40, uint.MaxValue, 0.1, 0.3f, "a", true, Side.Right, null, null, null, null, null, null),
        new(-5, 6, 7, -8, 9, double.NaN, float.NegativeInfinity, "", false, Side.Left, 1, long.MinValue, 0.5f, "b", false, Side.Right),
    ];

    [Fact]
    public void Every_kind_of_property_comes_back_from_the_table()
    {
        ResultTable<Every> table = ResultTable.Of("every", Rows);
        Assert.Equal(Rows, table);
        Assert.Equal(Rows[1], table[1]);
        Assert.Equal(2, table.Count);
        Assert.Equal("layer:Int32 small:Int32 tiny:Int32 large:Int64 count:Int64 value:Float64 single:Float64 name:Text ok:Text side:Text",
            string.Join(' ', table.Columns.Take(10).Select(c => $"{c.Name}:{c.Type}")));
        Assert.Throws<ArgumentOutOfRangeException>(() => table[2]);
    }

    [Fact]
    public void Text_formats_have_whole_64_bit_integers()
    {
        ResultTable<Every> table = ResultTable.Of("every", Rows);
        using var json = new StringWriter();
        JsonLinesWriter.Write(table, json);
        Assert.Contains("\"large\":1099511627776,\"count\":4294967295", json.ToString(), StringComparison.Ordinal);
        using var csv = new StringWriter();
        CsvWriter.Write(table, csv);
        Assert.Contains(",1099511627776,4294967295,", csv.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_property_that_no_column_holds_is_named()
    {
        string message = Assert.Throws<InvalidInputException>(() => ResultTable.Of("dated", [new Dated(1, DateTime.UnixEpoch)])).Message;
        Assert.Equal("Dated.When: expected an integer, a float, a string, a bool or an enum, found DateTime", message);
    }

    [Fact]
    public void A_name_that_the_enum_does_not_have_is_refused_when_it_is_read()
    {
        var table = new ResultTable("sides", new Column("layer", ColumnType.Int32), new Column("side", ColumnType.Text));
        table.Add(1, "Middle");
        Assert.Contains(
            "expected one of Left, Right, found 'Middle'", Assert.Throws<InvalidInputException>(() => table.As<Sided>()[0]).Message, StringComparison.Ordinal);
    }

    public readonly record struct Sided(int Layer, Side Side);
}
