using System.Diagnostics;
using System.Globalization;
using Interp.Export;

namespace Interp.Bench.Tables;

/// <summary>Patching rows to Arrow files: megabytes of the uncompressed table per second, and memory above the process's before.</summary>
internal static class WriteRunner
{
    internal const string Header = "| rows | compression | s | MB/s of the table | MiB above | MB of the file |\n|---|---|---|---|---|---|";

    private const int Rows = 10_000_000;

    /// <summary>The table; each line is of a process of its own.</summary>
    internal static IEnumerable<string> Table(int rounds)
    {
        yield return Header;
        foreach (Compression compression in Enum.GetValues<Compression>())
        {
            string[][] measured = [.. Enumerable.Range(0, rounds).Select(_ => Child(compression))];
            string[] median = measured.OrderBy(m => double.Parse(m[1], CultureInfo.InvariantCulture)).ElementAt(rounds / 2);
            double memory = measured.Max(m => double.Parse(m[3], CultureInfo.InvariantCulture));
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"| {Rows} | {compression} | {median[1]} | {median[2]} | {memory:0.0} | {long.Parse(median[4], CultureInfo.InvariantCulture) / 1e6:0} |");
        }
    }

    private static string[] Child(Compression compression)
    {
        string path = Path.Combine(Directory.GetCurrentDirectory(), $"write-{Environment.ProcessId}.arrow");
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["write-child", $"{Rows}", path, $"{compression}"]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? line.Split(' ') : throw new InvalidOperationException($"the child ended with {process.ExitCode}");
    }
}
