using System.Globalization;
using CsCheck;
using Interp.Analysis;

namespace Interp.Cli.Tests.Output;

public sealed class TableFileTests
{
    private static readonly Column[] Columns =
        [new("i", ColumnType.Int32), new("x", ColumnType.Float64), new("name", ColumnType.Text)];

    [Fact]
    public void Csv_quotes_what_needs_it_and_leaves_null_empty()
    {
        ResultTable table = Table((1, 0.1, "a,b"), (null, null, null), (2, double.NaN, "say \"hi\"\n"),
            (3, double.NegativeInfinity, " Mary"), (4, 1e-300, ""));
        using var writer = new StringWriter();
        CsvWriter.Write(table, writer);
        Assert.Equal(
            "i,x,name\n1,0.1,\"a,b\"\n,,\n2,NaN,\"say \"\"hi\"\"\n\"\n3,-Infinity,\" Mary\"\n4,1E-300,\"\"\n", writer.ToString());
    }

    [Fact]
    public void Json_lines_name_every_column_and_write_non_numbers_as_text()
    {
        ResultTable table = Table((1, 0.5, "ä\n"), (null, null, null), (2, double.NaN, "x"), (3, double.PositiveInfinity, "x"));
        using var writer = new StringWriter();
        JsonLinesWriter.Write(table, writer);
        Assert.Equal(
            """
            {"i":1,"x":0.5,"name":"ä\n"}
            {"i":null,"x":null,"name":null}
            {"i":2,"x":"NaN","name":"x"}
            {"i":3,"x":"Infinity","name":"x"}

            """,
            writer.ToString());
    }

    [Fact]
    public void Csv_brings_the_same_texts_and_the_same_bits_back() =>
        Gen.Select(Gen.Double, Gen.String).Array[1, 8].Sample(ComesBack);

    [Fact]
    public void Rows_do_not_depend_on_where_they_go()
    {
        using var work = new Workspace();
        string[] arguments = ["run", "--prompt", Tool.Clean, "--top-k", "3"];
        string file = work.At("t.jsonl");
        Outcome outcome = Tool.Demo(arguments[0], [.. arguments[1..], "--json", "--out", file]).Succeeded();
        Assert.Equal(outcome.Output, File.ReadAllText(file));
        Assert.Contains("table tokens, 3 rows", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["t.jsonl"], work.Entries);
    }

    [Fact]
    public void An_existing_file_is_replaced_as_a_whole()
    {
        using var work = new Workspace();
        string file = work.Put("t.csv", new string('x', 100_000));
        Assert.Empty(Tool.Demo("run", "--prompt", "Mary", "--top-k", "1", "--quiet", "--out", file).Succeeded().Output);
        Assert.StartsWith(
            "prompt,pos,token,rank,top_token,top_id,logit,prob\n0,1,Mary,0,", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(file).Length);
        Assert.Equal(["t.csv"], work.Entries);
    }

    [Theory]
    [InlineData("nowhere/t.csv", "there is no folder")]
    [InlineData("nowhere/t.arrow", "there is no folder")]
    [InlineData("t.safetensors", "expected .arrow, .feather, .csv or .jsonl")]
    [InlineData("t.txt", "found '.txt'")]
    public void A_place_that_cannot_be_written_is_refused_before_the_model_is_loaded(string name, string words)
    {
        using var work = new Workspace();
        Tool.Refuses(["run", "--model", "/nowhere", "--tokens", "1", "--out", work.At(name)], words);
        Assert.Empty(work.Entries);
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var work = new Workspace();
        string file = work.Put("t.csv", "old");
        Assert.Throws<InvalidInputException>(() => AtomicFile.Write(file, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("disk full");
        }));
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal(["t.csv"], work.Entries);
    }

    private static void ComesBack((double X, string Name)[] rows)
    {
        ResultTable table = Table([.. rows.Select(r => ((int?)7, (double?)r.X, (string?)r.Name))]);
        using var writer = new StringWriter();
        CsvWriter.Write(table, writer);
        string[][] read = [.. new CsvParser("t", writer.ToString()).Rows().Skip(1).Select(r => r.Fields)];
        Assert.Equal(rows.Select(r => r.Name), read.Select(fields => fields[2]));
        Assert.Equal(rows.Select(r => Bits(r.X)), read.Select(f => Bits(double.Parse(f[1], CultureInfo.InvariantCulture))));

        // There are many NaN and one spelling.
        static long Bits(double x) => BitConverter.DoubleToInt64Bits(double.IsNaN(x) ? double.NaN : x);
    }

    private static ResultTable Table(params (int?, double?, string?)[] rows)
    {
        var table = new ResultTable("t", Columns);
        foreach ((int? i, double? x, string? name) in rows)
        {
            table.Add(i, x, name);
        }

        return table;
    }
}
