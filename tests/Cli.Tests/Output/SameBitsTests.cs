using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Interp.Analysis;
using Interp.Export;
using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Output;

/// <summary>
/// Every table of every command has the same bits whatever vector unit the runtime may use: INTERP_KERNEL_TIER reaches only the kernels, so
/// these are processes of their own. INTERP_RECORD_TABLES names a file that takes the hash of each table, to compare two versions by.
/// </summary>
public sealed class SameBitsTests
{
    // One process for each: widths of 512, 256, 128 bits and no vectors at all.
    private static readonly string[] Widths = ["", "DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic"];

    [Fact]
    public async Task Every_table_of_every_command_is_the_same_at_every_width()
    {
        using var work = new Workspace();
        Tool.Demo("cache", "--prompt", Tool.Clean, "--out", work.At("reference.safetensors")).Succeeded();
        string[][] lines =
        [
            .. Commands(work.PutModel(), heads: "0.1", causal: true, vocabulary: 23),
            .. Commands(Fixtures.Require("hf/llama"), heads: "1.2", causal: true, vocabulary: 60),
            .. Commands(Fixtures.Require("hf/bert"), heads: "1.1", causal: false, vocabulary: 60),
            .. DemoCommands(work),
        ];
        Assert.Empty(TableCommands.Except(lines.Select(line => line[0])));
        string[] widths = [.. await Task.WhenAll(Widths.Select(width => Run(work, width, lines)))];
        Dictionary<string, string> expected = Tables(widths[0]);
        Assert.True(expected.Count >= lines.Length, $"{lines.Length} commands wrote {expected.Count} tables");
        if (Environment.GetEnvironmentVariable("INTERP_RECORD_TABLES") is { Length: > 0 } record)
        {
            File.WriteAllLines(record, expected.OrderBy(table => table.Key, StringComparer.Ordinal).Select(table => $"{table.Key}\t{table.Value}"));
        }

        Nothing(widths[1..].SelectMany(
            folder => Tables(folder).Except(expected).Select(table => $"{Path.GetFileName(folder)}: {table.Key}")));
        Assert.All(widths[1..], folder => Assert.Equal(expected.Keys.Order(), Tables(folder).Keys.Order()));
    }

    /// <summary>The commands that write tables or activations of a model.</summary>
    private static string[] TableCommands =>
    [
        "run", "generate", "cache", "decompose", "weights", "heads", "lens", "flow", "patch", "ablate", "knockout", "path", "verify",
    ];

    private static IEnumerable<string[]> Commands(string model, string heads, bool causal, int vocabulary)
    {
        string clean = Tokens(vocabulary, 3), corrupted = Tokens(vocabulary, 4), plan = $"{heads}.";
        string[] prompt = ["--tokens", clean], answer = [.. prompt, "--answer-token", "7", "--wrong-token", "9"];
        string[] pair = ["--clean-tokens", clean, "--corrupted-tokens", corrupted, "--answer-token", "7", "--wrong-token", "9"];
        IEnumerable<string[]> lines =
        [
            ["run", .. prompt], ["cache", .. prompt],
            ["heads", "--random", "2", "--half", "4"],
            ["lens", .. answer, "--sites", "resid,resid_mid,attn_out,mlp_out,result"],
            ["flow", .. answer, "--measure", "attention,value-norm,block-norm,alti,decompx,knockout", "--agreement", "--window", "all"],
            ["flow", .. answer, "--measure", "value-norm,alti", "--mixing"],
            ["flow", .. answer, "--routes"], ["flow", .. prompt, "--by", "head", "--measure", "value-norm"],
            .. new[] { "head", "component", "neuron", "source" }.Select(by => (string[])["decompose", .. answer, "--by", by]),
            ["decompose", .. answer, "--by", "neuron", "--top-neurons", "3"],
            .. new[] { "q", "k", "v" }.Select(part => (string[])["decompose", .. prompt, "--to", plan + part, "--src", "1"]),
            ["patch", .. pair, "--sites", "resid_pre,attn_out,z,pattern,mlp_out,result"],
            ["patch", .. pair, "--sites", "z", "--metric", "kl", "--summary"],
            .. new[] { "zero", "mean" }.Select(with => (string[])["ablate", .. answer, "--sites", "z,mlp_out", "--with", with]),
            ["knockout", .. answer, "--by", "layer,head"],
        ];
        lines = causal
            ? lines.Concat(
            [
                ["generate", .. prompt, "--max-new-tokens", "3"],
                ["decompose", .. answer, "--gain-row"], ["decompose", .. answer, "--scale", "recomputed", "--by", "source"],
                ["decompose", .. answer, "--by", "source", "--value-bias"],
                ["path", .. pair, "--from", heads[..1] is "0" ? "0.2" : "0.1", "--to", "1.0.q,1.0.k,1.0.v"],
                ["ablate", .. answer, "--sites", "resid_pre", "--with", "noise", "--draws", "2", "--noise-positions", "1,2"],
                .. new[] { "ov", "qk", "composition", "neurons" }.Select(what => (string[])["weights", "--what", what]),
                .. new[] { "ov-tokens", "qk-tokens" }.Select(what => (string[])["weights", "--what", what, "--heads", heads, "--top", "3"]),
                ["decompose", .. answer, "--process", "fold-norm"],
            ])
            : lines;
        return lines.Select(line => (string[])[line[0], "--model", model, .. line[1..]]);
    }

    private static IEnumerable<string[]> DemoCommands(Workspace work) =>
    [
        ["decompose", "--model", "demo", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--by", "source"],
        ["verify", "--model", "demo", "--reference", work.At("reference.safetensors")],
    ];

    private static string Tokens(int vocabulary, int step) =>
        string.Join(' ', Enumerable.Range(1, 9).Select(i => ((i * step * i) + 1) % vocabulary));

    /// <summary>Runs all command lines at one width.</summary>
    /// <returns>The folder that has what they wrote.</returns>
    private static async Task<string> Run(Workspace work, string switchedOff, string[][] lines)
    {
        string folder = Directory.CreateDirectory(work.At(switchedOff + "-out")).FullName, list = work.At(switchedOff + "-commands.jsonl");
        File.WriteAllLines(list, lines.Select((line, i) => JsonSerializer.Serialize(line.Concat(["--quiet", "--out", Out(line, i)]))));
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Interp.CommandProbe.dll"), list])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("INTERP_KERNEL_TIER");
        if (switchedOff.Length > 0)
        {
            start.Environment[switchedOff] = "0";
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string[] outcomes = (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n')[..^1];
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error);
        Nothing(lines.Zip(outcomes).Where(o => o.Second != "0\t").Select(o => $"{string.Join(' ', o.First)}: {o.Second}"));
        Assert.Equal(lines.Length, outcomes.Length);
        return folder;

        string Out(string[] line, int i)
        {
            string name = $"{i} {string.Join(' ', line.Where(word => !word.Contains('/', StringComparison.Ordinal)))}";
            return line[0] == "cache"
                ? Path.Combine(folder, name + ".safetensors")
                : Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        }
    }

    /// <summary>Nothing is wrong; what is, is told whole.</summary>
    private static void Nothing(IEnumerable<string> wrong)
    {
        string all = string.Join('\n', wrong);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>The hash of each table, and of the activations of each file of them.</summary>
    private static Dictionary<string, string> Tables(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Path.GetFileName(path) is not Manifest.FileName)
        .ToDictionary(path => Path.GetRelativePath(folder, path), path => Path.GetExtension(path) == ".safetensors"
            ? HashOfTensors(path)
            : ResultFile.Read(path).Metadata[ResultMetadata.ResultSha256]);

    private static string HashOfTensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TensorEntry entry in file.Entries)
        {
            hash.AppendData(file.Bytes(entry));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
