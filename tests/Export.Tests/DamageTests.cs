using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Export.Tests;

/// <summary>A file in which anything was changed is refused, or what is read of it is the same: values, names, metadata.</summary>
public sealed class DamageTests
{
    private static readonly Dictionary<string, string> Metadata = new()
    {
        [ResultMetadata.Command] = "patch --model demo",
        [ResultMetadata.Seed] = "7",
        [ResultMetadata.Created] = "2026-01-02T03:04:05Z",
        [ResultMetadata.ModelSha256] = new string('a', 64),
    };

    // One bit of every third byte of the file.
    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Zstd)]
    public void A_flipped_bit_of_a_table_is_found_or_changes_nothing(Compression compression)
    {
        using var folder = new Folder();
        string good = folder.At("good.arrow"), bad = folder.At("bad.arrow");
        ResultFile.Write(good, Table(20), compression);
        string expected = Text(ResultFile.Read(good));
        byte[] bytes = File.ReadAllBytes(good);
        int refused = 0;
        for (int at = 0; at < bytes.Length; at += 3)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(bad, changed);
            try
            {
                Assert.True(Text(ResultFile.Read(bad)) == expected, $"byte {at}: what was read is something else");
            }
            catch (InvalidInputException exception)
            {
                Assert.StartsWith(bad, exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        // The rest is padding, and bytes that no reader looks at.
        Assert.True(refused > bytes.Length / 9, $"{refused} of {bytes.Length / 3} refused");
    }

    [Fact]
    public void A_flipped_bit_of_activations_is_found_or_changes_nothing()
    {
        using var folder = new Folder();
        string good = folder.At("good.arrow"), bad = folder.At("bad.arrow");
        TransformerModel model = DemoModel.Create();
        IReadOnlyList<int> tokens = model.Tokenize("Mary met");
        HookPoint[] points = [Hook.Z(0)];
        using (var writer = new ActivationWriter(good, model, points, [tokens], Metadata))
        {
            writer.Write(0, tokens, model.Run(new TokenBatch([tokens]), new RunOptions { Observe = ["z0"] }).Cache(0));
            writer.Finish();
        }

        string expected = Activations(good);
        byte[] bytes = File.ReadAllBytes(good);
        int refused = 0;
        for (int at = 0; at < bytes.Length; at += 11)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(bad, changed);
            try
            {
                Assert.True(Activations(bad) == expected, $"byte {at}: what was read is something else");
            }
            catch (InvalidInputException exception)
            {
                Assert.StartsWith(bad, exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.True(refused > bytes.Length / 33, $"{refused} of {bytes.Length / 11} refused");
    }

    [Fact]
    public void Tables_and_manifest_of_a_folder_that_do_not_fit_are_refused()
    {
        using var folder = new Folder();
        ResultFolder.Create(folder.Path).Write([Table(5)]);
        string manifest = folder.At(Manifest.FileName), text = File.ReadAllText(manifest);
        foreach ((string from, string to, string words) in new[]
                 {
                     ("--model demo", "--model dema", "expected interp.command = 'patch --model dema', found 'patch --model demo'"),
                     ("\"rows\": 5", "\"rows\": 4", "expected 4 rows, found 5"), ("\"name\": \"x\"", "\"name\": \"y\"", "its columns, found others"),
                     ("\"interp.seed\": \"7\"", "\"interp.seel\": \"7\"", "interp.see"),
                 })
        {
            File.WriteAllText(manifest, text.Replace(from, to, StringComparison.Ordinal));
            Assert.NotEqual(text, File.ReadAllText(manifest));
            string message = Assert.Throws<InvalidInputException>(() => ResultFolder.Open(folder.Path).ReadAll()).Message;
            Assert.Contains(words, message, StringComparison.Ordinal);
        }

        // Another table of that name, whole in itself.
        File.WriteAllText(manifest, text);
        ResultFile.Write(folder.At("t.arrow"), Table(6));
        Assert.Contains("expected 5 rows, found 6", Assert.Throws<InvalidInputException>(() => ResultFolder.Open(folder.Path).Read("t")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_ours_without_its_hash_is_refused_and_one_of_others_is_read()
    {
        using var folder = new Folder();
        ResultTable table = Table(3);
        Write(Metadata);
        Assert.Contains(
            "expected interp.result_sha256 among its metadata", Assert.Throws<InvalidInputException>(() => ResultFile.Read(folder.At("x.arrow"))).Message,
            StringComparison.Ordinal);
        Write([]);
        Assert.Equal(1, ResultFile.Read(folder.At("x.arrow")).Count);

        void Write(Dictionary<string, string> metadata)
        {
            var schema = new Apache.Arrow.Schema([new Apache.Arrow.Field("x", Apache.Arrow.Types.DoubleType.Default, true)], metadata);
            using FileStream stream = File.Create(folder.At("x.arrow"));
            using var writer = new Apache.Arrow.Ipc.ArrowFileWriter(stream, schema);
            writer.WriteRecordBatch(new Apache.Arrow.RecordBatch(schema, [new Apache.Arrow.DoubleArray.Builder().Append(1).Build()], 1));
            writer.WriteEnd();
        }
    }

    private static ResultTable Table(int rows)
    {
        var table = new ResultTable("t", new("i", ColumnType.Int32), new("x", ColumnType.Float64), new("name", ColumnType.Text)) { Metadata = Metadata };
        for (int i = 0; i < rows; i++)
        {
            table.Add(i % 4 == 0 ? null : i, i * 0.25, i % 5 == 0 ? null : $"name {i % 3}");
        }

        return table;
    }

    /// <summary>Everything that a reader sees of a table.</summary>
    private static string Text(ResultTable table) => string.Join(
        '\n',
        [
            table.Name, string.Join(';', table.Columns), string.Join(';', table.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)),
            .. table.Rows.Select(row => string.Join(';', row)),
        ]);

    private static string Activations(string path)
    {
        using ActivationFile file = ActivationFile.Open(path);
        return string.Join(
            '\n',
            [
                $"{file.Width} {file.Count}", string.Join(';', file.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)),
                .. Enumerable.Range(0, (int)file.Count).Select(row => $"{file[row]} {Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(file.Values(row)))}"),
            ]);
    }
}
