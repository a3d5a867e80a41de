using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Export.Tests;

/// <summary>Activations that go to disk as they come, and are read back mapped into memory.</summary>
public sealed class ActivationTests
{
    private static readonly TransformerModel Model = DemoModel.Create();
    private static readonly IReadOnlyList<int>[] Prompts = [Model.Tokenize("Mary met John . Mary"), Model.Tokenize("Anna met John")];

    [Theory]
    [InlineData("z0", "z1")]
    [InlineData("resid_pre0", "resid_post1")]
    [InlineData("embed", "resid_pre1")]
    public void Every_value_comes_back_to_the_bit(params string[] hooks)
    {
        using var folder = new Folder();
        HookPoint[] points = [.. hooks.Select(Model.Hooks.Parse)];
        ActivationCache[] caches = Write(folder.At("a.arrow"), points);
        using ActivationFile file = ActivationFile.Open(folder.At("a.arrow"));
        long row = 0;
        for (int prompt = 0; prompt < Prompts.Length; prompt++)
        {
            foreach (HookPoint point in points)
            {
                int heads = Model.Hooks.Heads(point);
                for (int position = 0; position < Prompts[prompt].Count; position++)
                {
                    for (int head = 0; head < Math.Max(1, heads); head++, row++)
                    {
                        int? named = heads == 0 ? null : head;
                        Assert.Equal(
                            new ActivationRow(
                                prompt, Model.Hooks.Name(point), point.Layer < 0 ? null : point.Layer, position,
                                Model.TokenText(Prompts[prompt][position]), named),
                            file[row]);
                        float[] expected = caches[prompt].Row(point, position, head).ToArray();
                        Assert.Equal(expected, file.Values(row).ToArray());
                        Assert.Equal(expected, file.Values(prompt, Model.Hooks.Name(point), position, named).ToArray());
                    }
                }
            }
        }

        Assert.Equal(row, file.Count);
        Assert.Equal(["a.arrow"], folder.Entries);
    }

    [Fact]
    public void The_hash_is_in_the_file_and_tells_values_apart()
    {
        using var folder = new Folder();
        Write(folder.At("a.arrow"), [Hook.Z(0)]);
        Write(folder.At("b.arrow"), [Hook.Z(0)]);
        Write(folder.At("c.arrow"), [Hook.Z(1)]);
        string[] hashes = [.. new[] { "a", "b", "c" }.Select(name =>
        {
            using ActivationFile file = ActivationFile.Open(folder.At(name + ".arrow"));
            Assert.Equal("cache --x", file.Metadata[ResultMetadata.Command]);
            return file.Metadata[ResultMetadata.ResultSha256];
        })];
        Assert.All(hashes, hash => Assert.Matches("^[0-9a-f]{64}$", hash));
        Assert.DoesNotContain(new string('0', 64), hashes);
        Assert.Equal(hashes[0], hashes[1]);
        Assert.NotEqual(hashes[0], hashes[2]);
        Assert.Equal(File.ReadAllBytes(folder.At("a.arrow")), File.ReadAllBytes(folder.At("b.arrow")));
    }

    [Fact]
    public void Points_of_several_widths_are_refused_by_name()
    {
        string message = Refused([Hook.Z(0), Hook.ResidPre(0)]);
        Assert.Contains("blocks.0.attn.hook_z has 32, blocks.0.hook_resid_pre has 160", message, StringComparison.Ordinal);
        Assert.Contains("rows are as long as their prompt, ", Refused([Hook.Pattern(0)]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_none_of_activations_is_refused()
    {
        using var folder = new Folder();
        ResultFile.Write(folder.At("table.arrow"), RandomTables.Of([new("i", ColumnType.Int32)], [[1]]));
        File.WriteAllText(folder.At("text.arrow"), "no arrow file at all, but longer than a few bytes");
        foreach (string name in new[] { "table.arrow", "text.arrow" })
        {
            Assert.Contains(
                $"{name}: expected an uncompressed Arrow file of activations",
                Assert.Throws<InvalidInputException>(() => ActivationFile.Open(folder.At(name))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_value_that_is_not_there_is_told()
    {
        using var folder = new Folder();
        Write(folder.At("a.arrow"), [Hook.Z(0)]);
        using ActivationFile file = ActivationFile.Open(folder.At("a.arrow"));
        Assert.Contains(
            "no blocks.1.attn.hook_z of prompt 0 at position 0, head 1; the file has blocks.0.attn.hook_z",
            Assert.Throws<InvalidInputException>(() => file.Values(0, "blocks.1.attn.hook_z", 0, 1).Length).Message, StringComparison.Ordinal);
    }

    private static string Refused(HookPoint[] points)
    {
        using var folder = new Folder();
        string message = Assert.Throws<InvalidInputException>(() => Write(folder.At("a.arrow"), points)).Message;
        Assert.Empty(folder.Entries);
        return message;
    }

    private static ActivationCache[] Write(string path, HookPoint[] points)
    {
        RunResult run = Model.Run(new TokenBatch(Prompts), new RunOptions { Observe = [.. points.Select(p => (HookQuery)p)] });
        using var writer = new ActivationWriter(
            path, Model, points, Prompts, new Dictionary<string, string> { [ResultMetadata.Command] = "cache --x" });
        for (int i = 0; i < Prompts.Length; i++)
        {
            writer.Write(i, Prompts[i], run.Cache(i));
        }

        writer.Finish();
        return [.. Prompts.Select((_, i) => run.Cache(i))];
    }
}
