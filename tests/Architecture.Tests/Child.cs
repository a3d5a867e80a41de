using System.Diagnostics;

namespace Interp.Architecture.Tests;

/// <summary>A program of this repository that ran as a process of its own.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed to the error stream.</param>
internal sealed record Child(int ExitCode, string Output, string Error)
{
    /// <summary>Runs what was built of a project, in the configuration of these tests.</summary>
    /// <param name="folder">Folder of the project, relative to the root.</param>
    /// <param name="assembly">Name of its assembly.</param>
    /// <param name="arguments">Arguments.</param>
    public static async Task<Child> Run(string folder, string assembly, params IReadOnlyList<string> arguments)
    {
        // .../bin/<configuration>/<framework>/
        string[] built = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^2..];
        string path = Path.Combine([Repository.Root, folder, "bin", .. built, assembly + ".dll"]);
        Assert.True(File.Exists(path), $"{path} was not built");
        var start = new ProcessStartInfo("dotnet", [path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        using Process process = Process.Start(start)!;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return new Child(process.ExitCode, await output, await error);
    }
}
