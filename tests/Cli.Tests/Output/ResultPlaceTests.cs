using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli.Tests.Output;

/// <summary>Files, folders and stdout: the same table everywhere, with where it comes from.</summary>
public sealed class ResultPlaceTests
{
    private static readonly string[] Pair = ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw"];

    [Theory]
    [InlineData("none")]
    [InlineData("zstd")]
    [InlineData("lz4")]
    public void An_arrow_file_has_the_rows_of_the_json_lines(string compression)
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Demo("patch", [.. Pair, "--json", "--out", work.At("p.arrow"), "--compression", compression]);
        PatchingRow[] rows = [.. ResultFile.Read<PatchingRow>(work.At("p.arrow"))];
        Assert.Equal(outcome.Rows.Length, rows.Length);
        Assert.Equal(
            outcome.Rows.Select(r => (r.GetProperty("hook").GetString(), r.GetProperty("head").ToString(), r.GetProperty("effect").GetDouble())),
            rows.Select(r => ((string?)r.Hook, r.Head.ToString()!, r.Effect!.Value)));
        Assert.Contains("p.arrow: table patching, ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["p.arrow"], work.Entries);
    }

    [Fact]
    public void Metadata_says_where_the_table_comes_from()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", $$"""{"clean": "{{Tool.Clean}}", "corrupted": "{{Tool.Corrupted}}", "answer": "met", "wrong": "saw"}""");
        Tool.Demo("patch", "--data", data, "--seed", "7", "--threads", "1", "--sites", "z", "--out", work.At("p.arrow")).Succeeded();
        ResultTable table = ResultFile.Read(work.At("p.arrow"));
        IReadOnlyDictionary<string, string> metadata = table.Metadata;
        Assert.Equal(
            [
                "interp.command", "interp.complete", "interp.created", "interp.data_sha256", "interp.kernel_tier", "interp.model_sha256",
                "interp.result_sha256", "interp.rows_done", "interp.rows_expected", "interp.schema_version", "interp.seed", "interp.table", "interp.threads", "interp.version",
            ],
            metadata.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("patching", metadata[ResultMetadata.Table]);
        Assert.Equal($"patch --model demo --data {data} --seed 7 --threads 1 --sites z --out {work.At("p.arrow")}", metadata[ResultMetadata.Command]);
        Assert.Equal("7", metadata[ResultMetadata.Seed]);
        Assert.Equal(
            ("true", $"{table.Count}", $"{table.Count}"),
            (metadata[ResultMetadata.Complete], metadata[ResultMetadata.RowsDone], metadata[ResultMetadata.RowsExpected]));
        Assert.Equal("1", metadata[ResultMetadata.Threads]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(data))), metadata[ResultMetadata.DataSha256]);
        Assert.Equal(ResultHash.Of(table), metadata[ResultMetadata.ResultSha256]);
    }

    [Theory]
    [InlineData("--threads", "1", "--threads", "2")]
    [InlineData("--engine", "naive", "--engine", "lanes")]
    [InlineData("--memory", "1MB", "--memory", "1GB")]
    public void The_hash_of_the_result_does_not_depend_on_means(string one, string first, string other, string second)
    {
        using var work = new Workspace();
        Assert.Equal(Hash("a.arrow", one, first), Hash("b.arrow", other, second));

        string Hash(string name, params string[] means)
        {
            Tool.Demo("patch", [.. Pair, "--sites", "z,resid_pre,pattern", "--by", "layer,pos", .. means, "--out", work.At(name)]).Succeeded();
            return ResultFile.Read(work.At(name)).Metadata[ResultMetadata.ResultSha256];
        }
    }

    [Theory]
    [InlineData("patch", "prompts", "patching", "patching_summary")]
    [InlineData("info", "model", "hooks")]
    [InlineData("weights", "ov", "qk", "composition")]
    public void A_folder_gets_every_table_and_a_manifest(string command, params string[] tables)
    {
        using var work = new Workspace();
        Tool.Demo(command, [.. command == "patch" ? Pair : [], "--out", work.At("results")]).Succeeded();
        ResultFolder folder = ResultFolder.Open(work.At("results"));
        Assert.Equal(tables, folder.Manifest.Tables.Select(t => t.Name));
        Assert.Equal(tables, folder.ReadAll().Select(t => t.Name));
        Assert.All(folder.ReadAll(), t => Assert.Equal(folder.Manifest.Find(t.Name)!.Metadata, t.Metadata));
        Assert.All(folder.ReadAll(), t => Assert.Equal(TableSchemas.Find(t.Name)!.Columns, t.Columns));
        Assert.Equal(tables.Length + 1, Directory.GetFiles(work.At("results")).Length);
    }

    [Fact]
    public void A_folder_gathers_the_tables_of_several_commands()
    {
        using var work = new Workspace();
        Tool.Run("demo", "--out", work.At("results")).Succeeded();
        Tool.Demo("lens", "--prompt", Tool.Clean, "--out", work.At("results")).Succeeded();
        ResultFolder folder = ResultFolder.Open(work.At("results"));
        Assert.Equal(
            ["prompts", "patching", "ablation", "components", "lens", "flow", "flow_agreement", "flow_edges", "mixing", "paths"],
            folder.Manifest.Tables.Select(t => t.Name));
        Assert.All(folder.ReadAll(), t => Assert.Equal(ResultHash.Of(t), t.Metadata[ResultMetadata.ResultSha256]));
        Assert.Equal("demo", folder.Read("patching").Metadata[ResultMetadata.Command].Split(' ')[0]);
        Assert.Equal(9, folder.Read("lens").As<LensRow>().Max(r => r.Pos) + 1);
    }

    [Fact]
    public void Summary_alone_goes_to_a_file_and_both_to_a_folder()
    {
        using var work = new Workspace();
        string[] input = ["--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--sites", "z", "--summary"];
        Tool.Demo("ablate", [.. input, "--out", work.At("s.arrow")]).Succeeded();
        Tool.Demo("ablate", [.. input, "--out", work.At("both") + "/"]).Succeeded();
        ResultTable summary = ResultFile.Read(work.At("s.arrow"));
        Assert.Equal("ablation_summary", summary.Name);
        Assert.Equal(ResultHash.Of(summary), ResultHash.Of(ResultFolder.Open(work.At("both")).Read("ablation_summary")));
        Assert.Equal(8, ResultFolder.Open(work.At("both")).Read("ablation").Count);
        Assert.All(summary.As<SummaryRow>(), r => Assert.Equal(("z", 1, "zero"), (r.Site, r.N, r.With)));
    }

    [Fact]
    public void Stdout_takes_text_or_an_arrow_stream()
    {
        string[] run = ["run", "--model", "demo", "--prompt", "Mary", "--top-k", "2", "--out", "-"];
        Assert.StartsWith("prompt,pos,token,", Tool.Run([.. run, "--format", "csv"]).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(2, Tool.Run([.. run, "--format", "jsonl"]).Rows.Length);
        (Outcome outcome, byte[] bytes) = Tool.RunForBytes([.. run, "--format", "arrow-stream"]);
        Assert.Empty(outcome.Succeeded().Output);
        using var reader = new Apache.Arrow.Ipc.ArrowStreamReader(new MemoryStream(bytes));
        Assert.Equal(2, reader.ReadNextRecordBatch().Length);
        Assert.Equal("tokens", reader.Schema.Metadata[ResultMetadata.Table]);
        Assert.Equal(64, reader.Schema.Metadata[ResultMetadata.ResultSha256].Length);
    }

    [Theory]
    [InlineData("--out -: expected --format beside it", "--out", "-")]
    [InlineData("found 'arrow'", "--out", "-", "--format", "arrow")]
    [InlineData("--json: stdout is taken", "--out", "-", "--format", "csv", "--json")]
    [InlineData("--format: it says what --out - writes", "--format", "csv")]
    [InlineData("--format: it says what --out - writes", "--format", "csv", "--out", "x.csv")]
    [InlineData("--compression: expected --out", "--compression", "zstd")]
    [InlineData("text is not compressed", "--compression", "zstd", "--out", "x.csv")]
    [InlineData("--compression: csv is text", "--compression", "zstd", "--out", "-", "--format", "csv")]
    [InlineData("expected one of none, zstd, lz4, found 'gzip'", "--compression", "gzip", "--out", "x.arrow")]
    [InlineData("found an empty text", "--out", "")]
    public void Options_that_contradict_each_other_are_refused(string words, params string[] options) =>
        Tool.Refuses(["run", "--model", "/nowhere", "--tokens", "1", .. options], words);

    [Fact]
    public void A_folder_that_is_a_file_or_has_a_broken_manifest_is_refused_before_the_model_is_loaded()
    {
        using var work = new Workspace();
        string[] run = ["run", "--model", "/nowhere", "--tokens", "1", "--out"];
        Tool.Refuses([.. run, work.Put("taken", "") + "/"], "expected a folder, found a file");
        Directory.CreateDirectory(work.At("old"));
        File.WriteAllText(Path.Combine(work.At("old"), "manifest.json"), "{");
        Tool.Refuses([.. run, work.At("old")], "not the manifest of a folder of tables");
        Tool.Refuses([.. run, work.At("new/deep")], "/nowhere");
        Assert.Equal(["old", "taken"], work.Entries);
    }

    [Fact]
    public void Activations_go_to_one_file_or_to_a_folder_with_one_for_each_site()
    {
        using var work = new Workspace();
        string[] prompts = ["--prompt", "Mary met John", "--prompt", "Anna"];
        Tool.Demo("cache", [.. prompts, "--hooks", "z0", "z1", "--out", work.At("z.arrow")]).Succeeded();
        Tool.Demo("cache", [.. prompts, "--hooks", "z0", "z1", "resid_pre1", "--out", work.At("acts")]).Succeeded();
        ResultFolder folder = ResultFolder.Open(work.At("acts"));
        Assert.Equal([("cache_resid_pre", 160), ("cache_z", 32)], folder.Manifest.Activations.Select(a => (a.Name, a.Width)).Order());
        using ActivationFile alone = ActivationFile.Open(work.At("z.arrow"));
        using ActivationFile part = ActivationFile.Open(folder.PathFor("cache_z"));
        Assert.Equal(alone.Count, part.Count);
        Assert.Equal(alone.Metadata[ResultMetadata.ResultSha256], part.Metadata[ResultMetadata.ResultSha256]);
        Assert.Equal(alone.Values(1, "blocks.1.attn.hook_z", 1, 2).ToArray(), part.Values(1, "blocks.1.attn.hook_z", 1, 2).ToArray());
        Tool.Refuses(["cache", "--model", "demo", .. prompts, "--hooks", "z0", "resid_pre1", "--out", work.At("x.arrow")], "one table has rows of one width");
    }
}
