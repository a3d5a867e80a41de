using System.Text.Json;
using CsCheck;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Tests;

namespace Interp.Export.Tests;

/// <summary>Readers that others wrote see what was written: columns, types, values to the bit, nulls, dictionaries, metadata.</summary>
public sealed class OtherReaderTests
{
    /// <summary>apache-arrow for JavaScript brings no codecs of its own.</summary>
    public static TheoryData<string, Compression> Readers => new()
    {
        { "apache-arrow", Compression.None }, { "polars", Compression.None }, { "polars", Compression.Zstd }, { "polars", Compression.Lz4 },
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public void Every_kind_of_table_is_read(string reader, Compression compression)
    {
        OtherReaders.Require();
        using var folder = new Folder();
        ResultTable[] tables = [.. TableSchemas.All.Select((schema, i) => Filled(schema, rows: 20 + i)), .. TableSchemas.All.Take(2).Select(s => s.Create())];
        string[] files = [.. tables.Select((t, i) => Put(folder, $"{i}.arrow", t, compression, batch: 7))];
        JsonElement[] seen = OtherReaders.Read(reader, files);
        for (int i = 0; i < tables.Length; i++)
        {
            OtherReaders.RequireSame(tables[i], seen[i], $"{reader}, {tables[i].Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void Random_tables_are_read(string reader, Compression compression)
    {
        OtherReaders.Require();
        using var folder = new Folder();
        List<(ResultTable Table, string File)> written = [];
        RandomTables.Table.Sample(
            table =>
            {
                // A table without columns is not counted by all readers.
                if (table.Columns.Count > 0)
                {
                    written.Add((table, Put(folder, $"{written.Count}.arrow", table, compression, batch: 1 + (written.Count % 30))));
                }
            },
            iter: 60, threads: 1);
        JsonElement[] seen = OtherReaders.Read(reader, written.Select(w => w.File));
        for (int i = 0; i < seen.Length; i++)
        {
            OtherReaders.RequireSame(written[i].Table, seen[i], $"{reader}, table {i}");
        }
    }

    [Fact]
    public void Metadata_and_dictionaries_are_read()
    {
        OtherReaders.Require();
        using var folder = new Folder();
        ResultTable table = Filled(TableSchemas.Patching, 30);
        string file = Put(folder, "p.arrow", table, Compression.None, batch: 10);
        JsonElement seen = OtherReaders.Read("apache-arrow", [file])[0];
        Assert.Equal(
            ResultFile.Read(file).Metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => (m.Key, m.Value)),
            seen.GetProperty("metadata").EnumerateObject().Select(m => (m.Name, m.Value.GetString()!)).OrderBy(m => m.Name, StringComparer.Ordinal));
        Assert.Equal("patch \"ä\"", seen.GetProperty("metadata").GetProperty(ResultMetadata.Command).GetString());
        Assert.Equal(ResultHash.Of(table), seen.GetProperty("metadata").GetProperty(ResultMetadata.ResultSha256).GetString());
        foreach (Column column in table.Columns.Where(c => c.Type == ColumnType.Text))
        {
            Assert.Equal(
                table.Values(column.Name).OfType<string>().Distinct(),
                seen.GetProperty("dictionaries").GetProperty(column.Name).EnumerateArray().Select(t => t.GetString()));
        }
    }

    [Theory]
    [InlineData("apache-arrow")]
    [InlineData("polars")]
    public void Activations_are_read(string reader)
    {
        OtherReaders.Require();
        using var folder = new Folder();
        TransformerModel model = DemoModel.Create();
        IReadOnlyList<int> tokens = model.Tokenize("Mary met John");
        RunResult run = model.Run(tokens, new RunOptions { Observe = ["z1"] });
        using (var writer = new ActivationWriter(folder.At("a.arrow"), model, [Hooks.Hook.Z(1)], [tokens], new Dictionary<string, string>()))
        {
            writer.Write(0, tokens, run.Cache());
            writer.Finish();
        }

        JsonElement seen = OtherReaders.Read(reader, [folder.At("a.arrow")])[0];
        JsonElement[] rows = [.. seen.GetProperty("rows").EnumerateArray()];
        Assert.Equal(tokens.Count * model.Config.NHeads, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            int position = i / model.Config.NHeads, head = i % model.Config.NHeads;
            Assert.Equal("blocks.1.attn.hook_z", rows[i][1].GetString());
            Assert.Equal((0, 1, position, head), (rows[i][0].GetInt32(), rows[i][2].GetInt32(), rows[i][3].GetInt32(), rows[i][5].GetInt32()));
            Assert.Equal(
                run.Cache().Row(Hooks.Hook.Z(1), position, head).ToArray().Select(x => OtherReaders.Bits(x)),
                rows[i][6].EnumerateArray().Select(v => v.GetString()));
        }
    }

    /// <summary>A table of a kind with values that try a reader: nulls, several texts, extremes.</summary>
    private static ResultTable Filled(TableSchema schema, int rows)
    {
        ResultTable table = schema.Create();
        for (int row = 0; row < rows; row++)
        {
            table.Add([.. schema.Columns.Select((c, i) => (row + i) % 5 == 0 ? null : Value(c.Type, (row * 31) + i))]);
        }

        return table;
    }

    private static object Value(ColumnType type, int seed) => type switch
    {
        ColumnType.Int32 => (seed * 7919) ^ (seed % 2 == 0 ? int.MinValue : 0),
        ColumnType.Float64 => (seed % 6) switch { 0 => double.NaN, 1 => double.NegativeInfinity, 2 => -0.0, _ => Math.Pow(-1.7, seed % 50) },
        _ => (seed % 4) switch { 0 => "", 1 => " Mary", 2 => "\u202E<b>\"ä\"</b>\n", _ => $"L{seed % 12}H{seed % 7}" },
    };

    private static string Put(Folder folder, string name, ResultTable table, Compression compression, int batch)
    {
        using TableWriter writer = ResultFile.Create(folder.At(name), compression);
        writer.Write(RandomTables.Of(table.Columns, []));
        foreach (IReadOnlyList<object?>[] rows in table.Rows.Chunk(batch))
        {
            writer.Write(RandomTables.Of(table.Columns, rows.Select(r => r.ToArray())));
        }

        writer.Finish(new Dictionary<string, string> { [ResultMetadata.Command] = "patch \"ä\"" });
        return folder.At(name);
    }
}
