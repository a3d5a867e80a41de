using System.Globalization;
using Interp.Runtime;

namespace Interp.Bench.Load;

/// <summary>Opening a checkpoint, packing it and computing first logits, beside reading the file and copying it once.</summary>
internal static class LoadRunner
{
    internal const string Header = "| what | median s | range s |\n|---|---|---|";

    internal static IEnumerable<string> Measure(int rounds)
    {
        string directory = Gpt2File.Ensure(), file = Path.Combine(directory, "model.safetensors");
        List<double> read = [], load = [], logits = [];
        TransformerModel? model = null;
        for (int round = 0; round < rounds; round++)
        {
            model = null;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            read.Add(Clock.Seconds(() => ReadAndCopy(file)));
            GC.Collect();
            double loading = Clock.Seconds(() => model = TransformerModel.Load(directory));
            load.Add(loading);
            logits.Add(loading + Clock.Seconds(() => model!.Run(new TokenBatch([[1, 2, 3, 4]]))));
        }

        yield return Row("read the file and copy it", read);
        yield return Row("load", load);
        yield return Row("load to first logits", logits);
        yield return FormattableString.Invariant($"| weights in memory, MB | {model!.Weights.Bytes / 1e6:F0} | |");
        yield return FormattableString.Invariant($"| file, MB | {new FileInfo(file).Length / 1e6:F0} | |");
    }

    /// <summary>Loads once and says what the process used at most, which later work would hide.</summary>
    internal static IEnumerable<string> MeasureMemory()
    {
        string directory = Gpt2File.Ensure();
        long before = PeakBytes();
        TransformerModel model = TransformerModel.Load(directory);
        double peak = PeakBytes() - before, weights = model.Weights.Bytes;
        GC.KeepAlive(model);
        yield return FormattableString.Invariant(
            $"peak while loading: {peak / 1e6:F0} MB above start, weights {weights / 1e6:F0} MB, ratio {peak / weights:F2}");
    }

    private static string Row(string name, List<double> seconds) => FormattableString.Invariant(
        $"| {name} | {Clock.Median(seconds):F3} | {seconds.Min():F3}-{seconds.Max():F3} |");

    private static void ReadAndCopy(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        byte[] copy = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(copy.AsSpan());
        GC.KeepAlive(copy);
    }

    private static long PeakBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
