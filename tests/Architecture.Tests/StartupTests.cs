using System.Diagnostics;

namespace Interp.Architecture.Tests;

/// <summary>What a command does not need, it does not load.</summary>
public sealed class StartupTests
{
    private static readonly string[] OfReports = ["Plotly.NET.dll", "FSharp.Core.dll", "Interp.Reports.dll"];

    // What info prints for people needs no library, and no table.
    private static readonly string[] OfTables = ["Spectre.Console.dll", "Apache.Arrow.dll"];

    // The command runs from a copy of its folder in which these assemblies are empty files: loading one of them would fail.
    [Theory]
    [InlineData(0, "info", "--model", "demo")]
    [InlineData(0, "run", "--model", "demo", "--prompt", "Mary met")]
    [InlineData(1, "demo", "--report", "page.html")]
    public async Task Only_reports_load_the_assemblies_that_make_them(int code, params string[] arguments)
    {
        string[] built = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^2..];
        string source = Path.Combine([Repository.Root, "src", "Cli", "bin", .. built]);
        string folder = Directory.CreateTempSubdirectory("interp-startup-").FullName;
        try
        {
            string[] absent = arguments[0] == "info" ? [.. OfReports, .. OfTables] : OfReports;
            foreach (string path in Directory.EnumerateFileSystemEntries(source))
            {
                Put(path, Path.Combine(folder, Path.GetFileName(path)), absent);
            }

            Assert.All(absent, name => Assert.True(File.Exists(Path.Combine(folder, name))));
            var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "interp.dll"), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            };
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(code == process.ExitCode, await error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Put(string path, string target, string[] absent)
    {
        string name = Path.GetFileName(path);
        if (absent.Contains(name))
        {
            File.WriteAllBytes(target, []);
        }
        else if (name.StartsWith("interp.", StringComparison.Ordinal))
        {
            // The host follows a link to the program itself, and would run it from where it is.
            File.Copy(path, target);
        }
        else if (Directory.Exists(path))
        {
            Directory.CreateSymbolicLink(target, path);
        }
        else
        {
            File.CreateSymbolicLink(target, path);
        }
    }
}
