using Interp.Bench.Load;
using Interp.Bench.Product;
using Interp.Runtime;

namespace Interp.Bench.Forward;

/// <summary>
/// Generation with cache, GPT-2 small's geometry: each token reads every matrix once. Beside it, in turn, a plain read of memory that
/// fits no cache: their quotient is how near generation comes to the memory's rate.
/// </summary>
internal static class GenerationRunner
{
    private const string Header =
        "| weights | threads | MB a token | ms a token | range | GB/s of weights | read GB/s | share |\n|---|---|---|---|---|---|---|---|";

    private const int Tokens = 24;

    // While the compiler still improves what it has seen run.
    private const int WarmRounds = 12;

    /// <summary>The table on all cores.</summary>
    internal static IEnumerable<string> Table(int rounds)
    {
        yield return Header;
        int threads = TransformerModel.DefaultThreads;
        using var read = new ReadBandwidth();
        foreach (string directory in new[] { Gpt2File.Ensure(), BFloat16File.Ensure() })
            yield return Row(TransformerModel.Load(directory), read, threads, rounds);
    }

    private static string Row(TransformerModel model, ReadBandwidth read, int threads, int rounds)
    {
        double bytes = model.Weights.Blocks.Sum(b => (double)b.Attention.Query.Bytes + b.Attention.Key.Bytes + b.Attention.Value.Bytes
            + b.Attention.Output.Bytes + b.FeedForward!.In.Bytes + b.FeedForward.Out.Bytes) + model.Weights.Unembed.Bytes;
        var prompt = new TokenBatch([[1]]);
        var options = new GenerateOptions { MaxNewTokens = Tokens, Threads = threads };
        List<double> rates = [], times = [];
        for (int round = -WarmRounds; round < rounds; round++)
        {
            double rate = ProductRunner.Steady(() => read.Run(threads), ReadBandwidth.Bytes);
            double time = Clock.Seconds(() => model.Generate(prompt, options)) / Tokens;
            if (round < 0)
                continue;
            rates.Add(rate);
            times.Add(time);
        }

        double median = Clock.Median(times), reading = Clock.Median(rates), weights = bytes / median / 1e9;
        return FormattableString.Invariant(
            $"| {model.Weights.NumberFormats} | {threads} | {bytes / 1e6:F0} | {1e3 * median:F2} | {1e3 * times.Min():F2}-{1e3 * times.Max():F2} ")
            + FormattableString.Invariant($"| {weights:F1} | {reading:F1} ({rates.Min():F1}-{rates.Max():F1}) | {weights / reading:P0} |");
    }
}
