using Interp.Analysis;

namespace Interp.Export.Tests;

/// <summary>Where files appear, what stays when writing fails, and how input is refused.</summary>
public sealed class FileTests
{
    private static readonly Column[] Columns = [new("i", ColumnType.Int32), new("name", ColumnType.Text)];

    [Theory]
    [InlineData("t.arrow")]
    [InlineData("t.csv")]
    [InlineData("t.jsonl")]
    public void Nothing_appears_before_the_table_is_finished(string name)
    {
        using var folder = new Folder();
        File.WriteAllText(folder.At(name), "old");
        using (TableWriter writer = ResultFile.Create(folder.At(name)))
        {
            writer.Write(Table(3));
            Assert.Equal("old", File.ReadAllText(folder.At(name)));
        }

        Assert.Equal("old", File.ReadAllText(folder.At(name)));
        Assert.Equal([name], folder.Entries);
    }

    [Fact]
    public void Text_is_the_same_in_batches()
    {
        using var folder = new Folder();
        ResultFile.Write(folder.At("whole.csv"), Table(3));
        using (TableWriter writer = ResultFile.Create(folder.At("parts.csv")))
        {
            writer.Write(Table(1));
            writer.Write(RandomTables.Of(Columns, Table(3).Rows.Skip(1).Select(r => r.ToArray())));
            writer.Finish(new Dictionary<string, string>());
            Assert.Equal(ResultHash.Of(Table(3)), writer.Metadata[ResultMetadata.ResultSha256]);
        }

        Assert.Equal("i,name\n0,n0\n1,n1\n2,n2\n", File.ReadAllText(folder.At("parts.csv")));
        Assert.Equal(File.ReadAllText(folder.At("whole.csv")), File.ReadAllText(folder.At("parts.csv")));
    }

    [Theory]
    [InlineData("t.txt", Compression.None, "found '.txt'")]
    [InlineData("t.safetensors", Compression.None, ".safetensors holds tensors")]
    [InlineData("t.csv", Compression.Zstd, "text is not compressed")]
    [InlineData("nowhere/t.csv", Compression.None, "cannot be written")]
    [InlineData("nowhere/t.arrow", Compression.None, "cannot be written")]
    public void What_cannot_be_written_is_refused(string name, Compression compression, string words)
    {
        using var folder = new Folder();
        Assert.Contains(
            words, Assert.Throws<InvalidInputException>(() => ResultFile.Write(folder.At(name), Table(1), compression)).Message,
            StringComparison.Ordinal);
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void What_is_no_arrow_file_is_refused_by_name()
    {
        using var folder = new Folder();
        ResultFile.Write(folder.At("good.arrow"), Table(3));
        byte[] good = File.ReadAllBytes(folder.At("good.arrow"));
        foreach (byte[] bad in new byte[][] { [], [1, 2, 3], "ARROW1"u8.ToArray(), good[..^1], good[..(good.Length / 2)], good[8..] })
        {
            File.WriteAllBytes(folder.At("bad.arrow"), bad);
            InvalidInputException refused = Assert.Throws<InvalidInputException>(() => ResultFile.Read(folder.At("bad.arrow")));
            Assert.Contains("bad.arrow: expected an Arrow IPC file", refused.Message, StringComparison.Ordinal);
        }

        Assert.Contains("no such file", Assert.Throws<InvalidInputException>(() => ResultFile.Read(folder.At("none.arrow"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_keeps_the_tables_of_several_writers()
    {
        using var work = new Folder();
        string path = work.At("results");
        ResultFolder.Create(path).Write([Named("one", 2), Named("two", 3)]);
        ResultFolder.Create(path).Write([Named("two", 4), Named("three", 1)], Compression.Zstd);
        ResultFolder folder = ResultFolder.Open(path);
        Assert.Equal([("one", 2L), ("two", 4L), ("three", 1L)], folder.Manifest.Tables.Select(t => (t.Name, t.Rows)));
        Assert.Equal([2, 4, 1], folder.ReadAll().Select(t => t.Count));
        Assert.Equal(Columns, folder.Manifest.Find("one")!.Columns);
        Assert.All(folder.ReadAll(), t => Assert.Equal(t.Metadata, folder.Manifest.Find(t.Name)!.Metadata));
        Assert.Equal("x", folder.Read("three").Metadata[ResultMetadata.Command]);
        Assert.Contains(
            "expected the table four, found one, two, three",
            Assert.Throws<InvalidInputException>(() => folder.Read("four")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not the manifest")]
    [InlineData("[]", "not the manifest")]
    [InlineData("{}", "expected tables")]
    [InlineData("{\"tables\":[{\"name\":\"a\"}]}", "expected tables")]
    [InlineData("{\"tables\":[{\"name\":\"a\",\"file\":\"../a.arrow\",\"rows\":1,\"columns\":[],\"metadata\":{}}]}", "expected tables")]
    public void A_manifest_that_is_none_is_refused(string text, string words)
    {
        using var folder = new Folder();
        File.WriteAllText(folder.At(Manifest.FileName), text);
        Assert.Contains(
            words, Assert.Throws<InvalidInputException>(() => ResultFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_manifest_is_none_of_results()
    {
        using var folder = new Folder();
        Assert.Contains("with manifest.json", Assert.Throws<InvalidInputException>(() => ResultFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("found nothing", Assert.Throws<InvalidInputException>(() => ResultFolder.Open(folder.At("x"))).Message, StringComparison.Ordinal);
    }

    private static ResultTable Table(int rows) => RandomTables.Of(Columns, Enumerable.Range(0, rows).Select(i => new object?[] { i, $"n{i}" }));

    private static ResultTable Named(string name, int rows)
    {
        var table = new ResultTable(name, Columns) { Metadata = new Dictionary<string, string> { [ResultMetadata.Command] = "x" } };
        for (int i = 0; i < rows; i++)
        {
            table.Add(i, null);
        }

        return table;
    }
}
