using System.Diagnostics;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Another engine, bound to one batch of a model.</summary>
public interface IForwardPeer : IDisposable
{
    /// <summary>Its name, for people.</summary>
    string Name { get; }

    /// <summary>Its name in the column <c>kind</c>.</summary>
    string Kind { get; }

    /// <summary>Runs the batch; logits, [sequences, positions, d_vocab].</summary>
    ReadOnlySpan<float> Run();
}

/// <summary>How a model is timed.</summary>
public sealed record SpeedOptions
{
    /// <summary>Batches, (sequences, tokens of each).</summary>
    public required IReadOnlyList<(int Sequences, int Length)> Batches { get; init; }

    /// <summary>Timed runs of each kind; they alternate.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Threads of both engines.</summary>
    public required int Threads { get; init; }

    /// <summary>Seed of the tokens.</summary>
    public int Seed { get; init; }

    /// <summary>Gives another engine with the same model, to be timed beside it on the tokens of a batch; null = alone.</summary>
    public Func<int[][], IForwardPeer>? Peer { get; init; }

    /// <summary>Tokens that are generated; 0 = none.</summary>
    public int NewTokens { get; init; } = 32;

    /// <summary>Called before each batch with what is measured next.</summary>
    public Action<string>? OnBatch { get; init; }

    /// <summary>Told each row as soon as its batch is measured.</summary>
    public Action<SpeedRow>? OnRow { get; init; }

    /// <summary>Stops between two runs.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>Times of one kind of run on one batch, in milliseconds.</summary>
/// <param name="Batch">The batch, such as <c>8x128</c>.</param>
/// <param name="Kind">What was run.</param>
/// <param name="Median">Median.</param>
/// <param name="Least">Shortest.</param>
/// <param name="Most">Longest.</param>
/// <param name="TokensPerSecond">Tokens of the batch, or tokens generated, by the median.</param>
/// <param name="Ratio">Time by that of the bare forward pass in the same round, median; null for generation.</param>
/// <param name="RatioInto">
/// Time by that of the bare forward pass whose logits go to memory that is there, as ONNX Runtime's do here, in the same round, median; null for generation.
/// </param>
public readonly record struct SpeedRow(
    string Batch, string Kind, double Median, double Least, double Most, double TokensPerSecond, double? Ratio, double? RatioInto);

/// <summary>
/// Times forward passes with nobody listening, with all residual writes recorded, with what every head writes recorded in the
/// stream's width, with every standard hook point recorded, generation, and ONNX Runtime on the same model and tokens.
/// </summary>
public static class SpeedBenchmark
{
    /// <summary>
    /// Logits of both engines may differ by this part of the largest: they sum in different orders, and a wrong model is off by
    /// orders of magnitude more.
    /// </summary>
    public const double Tolerance = 1e-4;

    private const string Forward = "forward";
    private const string ForwardInto = "forward_into";

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>The points whose values are all residual writes: z of every head, what the FFN adds, and the stream.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<HookQuery> Writes(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. model.Hooks.Points
            .Where(p => p.Kind is HookKind.Z or HookKind.MlpOut or HookKind.ResidPre or HookKind.ResidPost)
            .Select(p => (HookQuery)p)];
    }

    /// <summary>Runs the benchmark.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What is run.</param>
    /// <exception cref="CheckFailedException">ONNX Runtime gives other logits; nothing is timed then.</exception>
    /// <exception cref="InvalidInputException">A batch does not fit the model.</exception>
    public static IReadOnlyList<SpeedRow> Run(TransformerModel model, SpeedOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        var rows = new List<SpeedRow>();
        var random = new Random(options.Seed);
        foreach ((int sequences, int length) in options.Batches)
        {
            options.OnBatch?.Invoke($"{sequences}x{length}");
            int[][] tokens = [.. Enumerable.Range(0, sequences).Select(
                _ => Enumerable.Range(0, length).Select(_ => random.Next(model.Config.DVocab)).ToArray())];
            Add(Batch(model, tokens, options));
        }

        int room = Math.Min(options.NewTokens, model.Config.NCtx - 1);
        if (room > 0 && model.Config.Causal && model.Config.DVocabOut == model.Config.DVocab)
        {
            options.OnBatch?.Invoke("generation");
            TokenBatch prompt = TokenBatch.Of(random.Next(model.Config.DVocab));
            var generate = new GenerateOptions { MaxNewTokens = room, Threads = options.Threads };
            Add(Time($"1+{room}", room, options, [("generate", () => model.Generate(prompt, generate))]));
        }

        return rows;

        void Add(SpeedRow[] measured)
        {
            rows.AddRange(measured);
            Array.ForEach(measured, row => options.OnRow?.Invoke(row));
        }
    }

    /// <summary>
    /// The median of the quotients of two kinds of runs, round by round. Where the machine is slow for some seconds, it is so for runs that follow each
    /// other, and their quotient hardly moves; that of the medians does.
    /// </summary>
    /// <param name="times">Times of the one kind, [rounds].</param>
    /// <param name="reference">Times of the other in the same rounds.</param>
    /// <exception cref="ArgumentException">The rounds are not as many, or none.</exception>
    public static double Ratio(IReadOnlyList<double> times, IReadOnlyList<double> reference)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(reference);
        if (times.Count == 0 || times.Count != reference.Count)
        {
            throw new ArgumentException($"expected as many times of both kinds, found {times.Count} and {reference.Count}", nameof(times));
        }

        return Median(times.Zip(reference, (own, other) => own / other));
    }

    private static SpeedRow[] Batch(TransformerModel model, int[][] tokens, SpeedOptions options)
    {
        var batch = new TokenBatch(tokens);
        var writes = new RunOptions { Observe = Writes(model), Threads = options.Threads };
        RunOptions results = writes with { Observe = ["blocks.*.attn.hook_result"] };
        RunOptions every = writes with { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] };
        string name = $"{tokens.Length}x{tokens[0].Length}";

        // Recorded runs give logits in new memory, as "forward" does; "forward_into" writes them to memory that is there, as ONNX Runtime does here.
        var logits = new float[checked(tokens.Sum(t => t.Length) * model.Config.DVocabOut)];
        List<(string, Action)> kinds =
        [
            (Forward, () => model.Forward(batch, default(NoHooks), threads: options.Threads)),
            (ForwardInto, () => model.Forward(batch, default(NoHooks), logits, threads: options.Threads)),
            ("writes", () => model.Run(batch, writes).Dispose()),
            ("head_results", () => model.Run(batch, results).Dispose()),
            ("every_hook", () => model.Run(batch, every).Dispose()),
        ];
        using IForwardPeer? peer = options.Peer?.Invoke(tokens);
        if (peer is not null)
        {
            model.Forward(batch, default(NoHooks), logits, threads: options.Threads);
            RequireSame(name, logits, peer);
            kinds.Add((peer.Kind, () => peer.Run()));
        }

        return Time(name, tokens.Sum(t => t.Length), options, kinds);
    }

    private static void RequireSame(string batch, ReadOnlySpan<float> own, IForwardPeer engine)
    {
        ReadOnlySpan<float> peer = engine.Run();
        double largest = 0, difference = 0;
        for (int i = 0; i < own.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(peer[i]));
            difference = Math.Max(difference, Math.Abs((double)own[i] - peer[i]));
        }

        if (!(difference <= Tolerance * largest))
        {
            throw new CheckFailedException(
                $"batch {batch}: logits differ from {engine.Name}'s by {difference:0.0e+0}, expected at most {Tolerance:0e+0} of "
                + $"{largest:0.0}, the largest; nothing was timed");
        }
    }

    private static SpeedRow[] Time(
        string batch, int tokens, SpeedOptions options, List<(string Name, Action Run)> kinds)
    {
        var times = kinds.Select(_ => new List<double>()).ToArray();
        for (int round = -1; round < options.Rounds; round++)
        {
            for (int kind = 0; kind < kinds.Count; kind++)
            {
                options.Cancellation.ThrowIfCancellationRequested();
                // An engine's threads look for work for a while after a run: untimed runs let those of the other go to sleep, and give
                // the system time to place those that have just woken up.
                long start = Stopwatch.GetTimestamp();
                do
                {
                    kinds[kind].Run();
                }
                while (Stopwatch.GetElapsedTime(start) < Settling);

                start = Stopwatch.GetTimestamp();
                kinds[kind].Run();
                if (round >= 0)
                {
                    times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }

        return [.. kinds.Zip(times, (kind, own) => new SpeedRow(
            batch, kind.Name, Median(own), own.Min(), own.Max(), 1000 * tokens / Median(own), Over(own, Forward), Over(own, ForwardInto)))];

        double? Over(List<double> own, string reference) =>
            kinds.FindIndex(k => k.Name == reference) is var at and >= 0 ? Ratio(own, times[at]) : null;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
