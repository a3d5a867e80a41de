using System.Runtime.InteropServices;

namespace Interp.Bench;

/// <summary>Writes lines to the console and to bench/results/&lt;cpu&gt;/&lt;name&gt;.md of the repository, if that is where it runs.</summary>
internal sealed class ResultFile : IDisposable
{
    private readonly StreamWriter? file;

    /// <param name="name">Name of the results; null = they are no whole, and go to the console only.</param>
    internal ResultFile(string? name)
    {
        if (name is null || !Directory.Exists("bench"))
            return;
        string directory = Path.Combine("bench", "results", Cpu());
        Directory.CreateDirectory(directory);
        file = new StreamWriter(Path.Combine(directory, name + ".md"));
        Write($"{Cpu()}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, "
            + $"{DateTime.UtcNow:yyyy-MM-dd}; medians of alternating runs");
        Write("");
    }

    internal void Write(string line)
    {
        Console.WriteLine(line);
        file?.WriteLine(line);
    }

    public void Dispose() => file?.Dispose();

    private static string Cpu()
    {
        const string Facts = "/proc/cpuinfo";
        string? model = File.Exists(Facts)
            ? File.ReadLines(Facts).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1]
            : null;
        string name = (model ?? RuntimeInformation.ProcessArchitecture.ToString()).Trim();
        return string.Join('-', name.Split([' ', '/', '(', ')', '@'], StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
    }
}
