using System.Diagnostics;
using System.Globalization;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Bench.Tables;

/// <summary>
/// Writes patching rows to an Arrow file the way a sweep does, a record at a time, and measures time and memory. For a process of
/// its own: its peak of memory is that of the process.
/// </summary>
internal static class WriteProbe
{
    /// <summary>Bytes of a row of the uncompressed table: 12 columns of 4 bytes and 4 of 8.</summary>
    internal const int RowBytes = (12 * 4) + (4 * 8);

    private const int Layers = 32, Heads = 32, Prompts = 500;

    /// <summary>Writes rows and says how it went.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="path">The file; removed again.</param>
    /// <param name="compression">How it is compressed.</param>
    /// <returns>Rows, seconds, megabytes of the table per second, mebibytes of memory above those of the process before it wrote anything, bytes of the file.</returns>
    internal static (int Rows, double Seconds, double MegabytesPerSecond, double Mebibytes, long FileBytes) Run(
        int rows, string path, Compression compression)
    {
        long before = Peak();

        // Compiles what is timed.
        Write(200_000, path, compression);
        long start = Stopwatch.GetTimestamp();
        Write(rows, path, compression);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long file = new FileInfo(path).Length;
        File.Delete(path);
        return (rows, seconds, rows * (double)RowBytes / 1e6 / seconds, (Peak() - before) / 1048576.0, file);
    }

    /// <summary>What <see cref="Run"/> gives, as a line of text.</summary>
    internal static string Line(int rows, string path, Compression compression)
    {
        (_, double seconds, double rate, double memory, long file) = Run(rows, path, compression);
        return string.Create(CultureInfo.InvariantCulture, $"{rows} {seconds:0.000} {rate:0.0} {memory:0.0} {file}");
    }

    private static long Peak()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static void Write(int rows, string path, Compression compression)
    {
        string[] hooks = [.. Enumerable.Range(0, Layers).Select(l => $"blocks.{l}.attn.hook_z")];
        using TableWriter writer = Interp.Export.ResultFile.Create(path, compression);
        var batches = new TableBatches(TableSchemas.Patching.Create(), writer);
        for (int i = 0; i < rows; i++)
        {
            int prompt = i % Prompts, cell = i / Prompts, layer = cell / Heads % Layers;
            double patched = Math.Sin(i);
            batches.Add(new PatchingRow(
                prompt, null, null, "z", hooks[layer], layer, cell % Heads, cell / (Heads * Layers), null, null, null, null, "logit-diff", 3.5 + prompt,
                -1.25 - prompt, patched, (patched + 1.25 + prompt) / (4.75 + (2 * prompt))));
        }

        batches.Finish();
        writer.Finish(new Dictionary<string, string> { [ResultMetadata.Command] = "bench" });
    }
}
