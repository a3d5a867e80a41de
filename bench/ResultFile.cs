using System.Runtime.InteropServices;
using Interp.Runtime;

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
        string directory = Path.Combine("bench", "results", KernelInfo.Processor);
        Directory.CreateDirectory(directory);
        file = new StreamWriter(Path.Combine(directory, name + ".md"));
        Write($"{KernelInfo.Processor}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, "
            + $"{DateTime.UtcNow:yyyy-MM-dd}; medians of alternating runs");
        Write("");
    }

    internal void Write(string line)
    {
        Console.WriteLine(line);
        file?.WriteLine(line);
    }

    public void Dispose() => file?.Dispose();
}
