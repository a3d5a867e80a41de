using CsCheck;
using Interp.Analysis;

namespace Interp.Export.Tests;

/// <summary>What is written comes back: types, values to the bit, nulls, texts, metadata.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<Compression> Compressions => [.. Enum.GetValues<Compression>()];

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Any_table_comes_back(Compression compression) => Gen.Select(RandomTables.Table, Gen.Int[1, 80]).Sample((table, size) =>
    {
        using var folder = new Folder();
        string file = folder.At("t.arrow");
        using (TableWriter writer = ResultFile.Create(file, compression))
        {
            writer.Write(RandomTables.Of(table.Columns, []));
            foreach (IReadOnlyList<object?>[] rows in table.Rows.Chunk(size))
            {
                writer.Write(RandomTables.Of(table.Columns, rows.Select(r => r.ToArray())));
            }

            writer.Finish(new Dictionary<string, string> { ["interp.command"] = "patch 'ä'" });
        }

        ResultTable read = ResultFile.Read(file);
        Assert.Equal(table.Columns, read.Columns);
        Assert.Equal(table.Count, read.Count);
        for (int i = 0; i < table.Columns.Count; i++)
        {
            Assert.Equal(Bits(table, i), Bits(read, i));
        }

        Assert.Equal("random", read.Name);
        Assert.Equal("patch 'ä'", read.Metadata[ResultMetadata.Command]);
        Assert.Equal(ResultHash.Of(table), read.Metadata[ResultMetadata.ResultSha256]);
        Assert.Equal(ResultHash.Of(table), ResultHash.Of(read));
        Assert.Equal(["t.arrow"], folder.Entries);
    }, iter: 40);

    [Fact]
    public void Records_come_back()
    {
        using var folder = new Folder();
        PatchingRow[] rows =
        [
            new(0, "a", null, "z", "blocks.0.attn.hook_z", 0, 1, null, null, null, null, null, "logit-diff", 1, -1, 0.5, 0.75),
            new(1, null, "g", "resid_pre", "blocks.0.hook_resid_pre", 0, null, 3, null, null, "subject", null, "logit-diff", 1, 1, 1, null),
        ];
        ResultTable table = TableSchemas.Patching.Create();
        foreach (PatchingRow row in rows)
        {
            table.AddRow(row);
        }

        ResultFile.Write(folder.At("p.feather"), table);
        Assert.Equal(rows, ResultFile.Read<PatchingRow>(folder.At("p.feather")));
        Assert.Contains(
            "expected the column token for ComponentRow",
            Assert.Throws<InvalidInputException>(() => ResultFile.Read<ComponentRow>(folder.At("p.feather"))).Message, StringComparison.Ordinal);
    }

    public sealed record Own(int Layer, long Count, long? Missing, float Value, bool Ok, DayOfWeek Day);

    [Fact]
    public void Records_of_ones_own_come_back_with_the_same_hash()
    {
        using var folder = new Folder();
        Own[] rows = [new(1, 1L << 40, null, 0.3f, true, DayOfWeek.Friday), new(2, -8, long.MinValue, float.NegativeInfinity, false, DayOfWeek.Monday)];
        ResultTable<Own> table = ResultTable.Of("own", rows);
        using (TableWriter writer = ResultFile.Create(folder.At("own.arrow")))
        {
            writer.Write(table);
            writer.Finish(table.Metadata);
        }

        ResultTable read = ResultFile.Read(folder.At("own.arrow"));
        Assert.Equal(rows, read.As<Own>());
        Assert.Equal(rows, table);
        Assert.Equal([1L << 40, -8], read.Int64("count").Values.ToArray());
        Assert.Equal(ResultHash.Of(table), ResultHash.Of(read));
    }

    [Fact]
    public void A_table_that_is_larger_than_memory_may_be_comes_back_from_its_batches()
    {
        // More than the 8 MiB that stay in memory, so the spool's file is used; 3 batches and a rest.
        Column[] columns = [new("i", ColumnType.Int32), new("x", ColumnType.Float64), new("t", ColumnType.Text)];
        using var folder = new Folder();
        using (TableWriter writer = ResultFile.Create(folder.At("t.arrow")))
        {
            var batches = new TableBatches(new ResultTable("t", columns), writer);
            for (int i = 0; i < 700_000; i++)
            {
                batches.Table.Add(i % 3 == 0 ? null : i, i * 0.5, i % 7 == 0 ? null : $"text {i / 100_000}");
                batches.Pass();
            }

            Assert.Equal(0, batches.Finish().Count);
            writer.Finish(new Dictionary<string, string>());
            Assert.Equal(700_000, writer.Rows);
        }

        ResultTable read = ResultFile.Read(folder.At("t.arrow"));
        Assert.Equal(700_000, read.Count);
        for (int i = 0; i < read.Count; i++)
        {
            Assert.True(
                Equals(read.Column(0)[i], i % 3 == 0 ? null : i) && Equals(read.Column(1)[i], i * 0.5)
                && Equals(read.Column(2)[i], i % 7 == 0 ? null : $"text {i / 100_000}"), $"row {i}");
        }
    }

    [Fact]
    public void The_same_rows_are_the_same_bytes_however_they_come() => RandomTables.Table.Sample(table =>
    {
        // Batches of a file are those of the run, so the bytes are compared for one batch; the hash for any.
        using var folder = new Folder();
        ResultFile.Write(folder.At("a.arrow"), table);
        ResultFile.Write(folder.At("b.arrow"), ResultFile.Read(folder.At("a.arrow")));
        Assert.Equal(File.ReadAllBytes(folder.At("a.arrow")), File.ReadAllBytes(folder.At("b.arrow")));
    }, iter: 40);

    private static IEnumerable<object?> Bits(ResultTable table, int column) => Enumerable.Range(0, table.Count)
        .Select(row => table.Column(column)[row] is double x ? BitConverter.DoubleToInt64Bits(x) : table.Column(column)[row]);
}
