using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Interp.Architecture.Tests;

/// <summary>The Python of the documentation and of samples/python runs on what interp writes, where Python has what it needs.</summary>
public sealed partial class PythonTests
{
    private static readonly string[] Pair =
        ["--model", "demo", "--clean", "Mary met John in Paris . then Mary", "--corrupted", "Anna met John in Paris . then Mary", "--answer", "met", "--wrong", "saw"];

    [Fact]
    public async Task Snippets_and_samples_run_with_pandas()
    {
        Assert.SkipUnless(Python(Repository.Root, "-c", "import pandas, pyarrow").Code == 0, "python3 has no pandas with pyarrow here");
        string work = Directory.CreateTempSubdirectory("interp-python-").FullName;
        try
        {
            foreach ((string folder, string direction) in new[] { ("results", "denoise"), ("noise", "noise") })
            {
                Child child = await Child.Run(
                    "src/Cli", "interp", ["patch", .. Pair, "--sites", "resid_pre,z", "--direction", direction, "--out", Path.Combine(work, folder)]);
                Assert.True(child.ExitCode == 0, child.ToString());
            }

            string[] snippets =
                [.. from page in Repository.Pages from Match block in Snippet().Matches(Repository.Read(page)) select block.Groups[1].Value];
            Assert.True(snippets.Length >= 3, "the readme and docs/results.md have Python");
            foreach (string snippet in snippets)
            {
                Succeeds(Python(work, "-c", snippet), snippet);
            }

            (int Code, string Output) sample = Python(work, Path.Combine(Repository.Root, "samples", "python", "read_results.py"), "results", "noise");
            Succeeds(sample, "read_results.py");
            Assert.Contains("L0H2", sample.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Succeeds((int Code, string Output) run, string what) => Assert.True(run.Code == 0, $"{what}\n{run.Output}");

    private static (int Code, string Output) Python(string folder, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("python3", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "no python3");
        }
    }

    [GeneratedRegex(@"^```python[ \t]*\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
