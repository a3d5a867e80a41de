using System.Diagnostics;
using System.Globalization;

namespace Interp.Export.Tests;

/// <summary>Writing takes a bounded amount of memory, whatever the number of rows. Measured in a process of its own.</summary>
public sealed class MemoryTests
{
    /// <summary>
    /// 2 million rows are 160 MB as a table. A batch is 5 MB, and there are a few copies of it on the way; libraries that are loaded
    /// and the garbage collector's room are the rest. The bench writes ten million within the same bound.
    /// </summary>
    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Zstd)]
    public async Task Two_million_rows_take_less_memory_than_their_table(Compression compression)
    {
        using var folder = new Folder();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[]
                 {
                     "exec", Path.Combine(AppContext.BaseDirectory, "Interp.TableProbe.dll"), "2000000", folder.At("t.arrow"), $"{compression}",
                 })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string line = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error);
        double mebibytes = double.Parse(line.Split(' ')[3], CultureInfo.InvariantCulture);
        Assert.InRange(mebibytes, 0, 140);
        Assert.Empty(folder.Entries);
    }
}
