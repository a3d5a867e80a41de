using System.Diagnostics;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli.Tests.Output;

/// <summary>What takes a process of its own: being killed, other vector units, assemblies that must not be loaded.</summary>
public sealed class ChildProcessTests
{
    private static readonly string[] Pair = ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw"];

    [Fact]
    public void The_hash_of_the_result_is_the_same_for_every_kernel_tier_engine_and_number_of_threads()
    {
        using var work = new Workspace();
        string model = work.PutModel();
        HashSet<string> hashes = [], tiers = [];
        foreach ((string name, string value) in new[]
                 {
                     ("DOTNET_EnableAVX512", "1"), ("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0"), ("DOTNET_EnableHWIntrinsic", "0"),
                 })
        {
            foreach (string[] means in new string[][] { ["--threads", "1", "--engine", "lanes"], ["--threads", "2", "--engine", "naive"] })
            {
                string file = work.At($"{tiers.Count}-{hashes.Count}.arrow");
                Run(
                    [
                        "patch", "--model", model, "--clean-tokens", "1 2 3 4 5", "--corrupted-tokens", "1 7 3 9 5", "--answer-token", "6", "--wrong-token", "8",
                        "--sites", "resid_pre,mlp_out,z,pattern", .. means, "--out", file,
                    ],
                    (name, value));
                IReadOnlyDictionary<string, string> metadata = ResultFile.Read(file).Metadata;
                hashes.Add(metadata[ResultMetadata.ResultSha256]);
                tiers.Add(metadata[ResultMetadata.KernelTier]);
            }
        }

        Assert.Single(hashes);
        Assert.Contains("scalar", tiers);
        Assert.True(tiers.Count > 1, "no tier was switched off");
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_nothing_under_the_final_name()
    {
        using var work = new Workspace();
        string row = $$"""{"clean": "{{Tool.Clean}}", "corrupted": "{{Tool.Corrupted}}", "answer": "met", "wrong": "saw"}""";
        string data = work.Put("d.jsonl", string.Join('\n', Enumerable.Repeat(row, 4000)));
        foreach (string file in new[] { work.At("p.arrow"), work.At("p.csv") })
        {
            using Process process = Start(
                ["patch", "--model", "demo", "--data", data, "--sites", "z", "--by", "layer,head,pos", "--engine", "naive", "--out", file]);
            var waited = Stopwatch.StartNew();
            while (!HasLines(file + ".partial") && waited.Elapsed < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            Assert.False(process.HasExited, "the sweep ended before it could be killed");

            // While one writes it nobody else does, whatever the sweep.
            Tool.Refuses(["patch", "--model", "demo", .. Pair, "--out", file], file, $"process {process.Id} is writing it");
            process.Kill();
            process.WaitForExit();
            Assert.True(File.Exists(file + ".partial"), "measurements were noted before");
            Assert.False(File.Exists(file));

            // Nothing is locked any more, and what was measured belongs to that run alone.
            byte[] journal = File.ReadAllBytes(file + ".partial");
            Tool.Refuses(["patch", "--model", "demo", .. Pair, "--out", file], file + ".partial: it belongs to another run", "prompts");
            Tool.Refuses(["patch", "--model", "demo", .. Pair, "--out", file, "--resume"], file + ".partial: it belongs to another run", "prompts");
            Assert.Equal(journal, File.ReadAllBytes(file + ".partial"));
            Tool.Demo("run", "--prompt", "Mary", "--out", file).Succeeded();
            Assert.All(work.Entries, entry => Assert.Contains(entry, new[] { "d.jsonl", Path.GetFileName(file), Path.GetFileName(file) + ".partial" }));
            File.Delete(file);
            File.Delete(file + ".partial");
        }
    }

    // A journal without a line belongs to nobody yet; the first ones are written in one piece.
    private static bool HasLines(string journal) => new FileInfo(journal) is { Exists: true, Length: > 0 };

    [Fact]
    public void Commands_that_write_to_one_folder_at_once_lose_nothing()
    {
        using var work = new Workspace();
        string folder = work.At("results");
        string[][] commands =
        [
            ["run", "--model", "demo", "--prompt", Tool.Clean], ["lens", "--model", "demo", "--prompt", Tool.Clean],
            ["decompose", "--model", "demo", "--prompt", Tool.Clean, "--answer", "met"], ["info", "--model", "demo"],
        ];
        Process[] processes = [.. commands.Select(command => Start([.. command, "--out", folder]))];
        foreach (Process process in processes)
        {
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, error);
            process.Dispose();
        }

        ResultFolder results = ResultFolder.Open(folder);
        Assert.Equal(
            ["components", "hooks", "lens", "model", "prompts", "tokens"], results.ReadAll().Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(7, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public async Task A_process_that_is_told_to_end_keeps_what_is_finished_and_leaves_nothing_else()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There is no such signal.");
        }

        using var work = new Workspace();
        string row = $$"""{"clean": "{{Tool.Clean}}", "corrupted": "{{Tool.Corrupted}}", "answer": "met", "wrong": "saw"}""";
        string data = work.Put("d.jsonl", string.Join('\n', Enumerable.Repeat(row, 4000)));
        string file = work.Put("p.csv", "the whole result of before"), part = work.At("p.incomplete.csv"), page = work.At("p.html");
        using Process process = Start(
            [
                "patch", "--model", "demo", "--data", data, "--sites", "z", "--by", "layer,head,pos", "--engine", "naive", "--out", file, "--report", page,
            ]);
        var waited = Stopwatch.StartNew();
        while (!File.Exists(file + ".partial") && waited.Elapsed < TimeSpan.FromMinutes(1))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.False(process.HasExited, "the sweep ended before it could be told to end");
        using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Interrupted, process.ExitCode);
        Assert.Contains("stopped after", error, StringComparison.Ordinal);
        Assert.Contains("p.csv.partial: what was measured; the same call with --resume goes on from there", error, StringComparison.Ordinal);
        Assert.All(work.Entries, entry => Assert.Contains(entry, new[] { "d.jsonl", "p.csv", "p.csv.partial", "p.incomplete.csv", "p.html" }));
        Assert.Equal("the whole result of before", File.ReadAllText(file));

        // A cell is finished when all of its prompts are: whether the first one was is a matter of time.
        Assert.Equal(File.Exists(part), File.Exists(page));
        Assert.Equal(!File.Exists(page), error.Contains("no report, because nothing was finished", StringComparison.Ordinal));
    }

    [Fact]
    public void Commands_that_write_no_arrow_file_do_not_load_its_library()
    {
        // A copy of the program whose Arrow assemblies are empty: it can only run where they are not loaded.
        using var work = new Workspace();
        string program = Directory.CreateDirectory(work.At("program")).FullName;
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
        }

        CopyFolder(Path.Combine(AppContext.BaseDirectory, "runtimes"), Path.Combine(program, "runtimes"));
        foreach (string file in Directory.GetFiles(program, "Apache.Arrow*.dll"))
        {
            File.WriteAllBytes(file, []);
        }

        foreach (string[] command in new string[][]
                 {
                     ["info", "--model", "demo"], ["run", "--model", "demo", "--prompt", "Mary", "--json"], ["patch", "--model", "demo", .. Pair],
                     ["run", "--model", "demo", "--prompt", "Mary", "--out", work.At("t.csv")],
                 })
        {
            using Process process = Start(command, folder: program);
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, error);
        }

        using Process arrow = Start(["run", "--model", "demo", "--prompt", "Mary", "--out", work.At("t.arrow")], folder: program);
        arrow.WaitForExit();
        Assert.NotEqual(ExitCode.Done, arrow.ExitCode);
    }

    private static void Run(string[] arguments, params (string, string)[] environment)
    {
        using Process process = Start(arguments, environment);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }

    private static Process Start(string[] arguments, (string Name, string Value)[]? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(folder ?? AppContext.BaseDirectory, "interp.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("INTERP_KERNEL_TIER");
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static void CopyFolder(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => f.Contains("linux-x64", StringComparison.Ordinal)))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
