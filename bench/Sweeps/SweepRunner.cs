using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Bench.Sweeps;

/// <summary>
/// Patching sweeps on a model of GPT-2 small's geometry: the lane engine against one full forward pass per variant with the
/// logits of all positions, after checking that both give the same bits. Long naive runs are timed on every n-th variant and
/// scaled by the number of variants.
/// </summary>
internal static class SweepRunner
{
    private const int Threads = 2;

    internal const string Header =
        "| sweep | variants | lanes ms | range | naive ms | timed | naive / lanes | multiply-adds saved | GFLOP/s | share of peak |\n"
        + "|---|---|---|---|---|---|---|---|---|---|";

    private static readonly (string Name, Func<TransformerModel, Sweep> Create, Func<Sweep, List<Variant>> List, int Every)[] Sweeps =
    [
        ("residual 12 x 15, 8 pairs, all tokens differ", m => new Sweep(m, 8, 15, 0), s => s.Residual(1), 4),
        ("residual 12 x 15, 8 pairs, from position 10 on", m => new Sweep(m, 8, 15, 10), s => s.Residual(1), 4),
        ("head 12 x 12, 8 pairs", m => new Sweep(m, 8, 15, 0), s => s.Heads(), 4),
        ("head x position, 2 pairs", m => new Sweep(m, 2, 15, 0), s => s.HeadsByPosition(), 12),
        ("residual, 1 pair of 256 tokens, steps of 8", m => new Sweep(m, 1, 256, 0), s => s.Residual(8), 12),
    ];

    /// <summary>The table.</summary>
    /// <param name="rounds">Times that each sweep is timed.</param>
    /// <param name="filter">Only sweeps whose name has this in it.</param>
    internal static IEnumerable<string> Table(int rounds, string filter)
    {
        var chosen = Sweeps.Where(s => s.Name.Contains(filter, StringComparison.Ordinal)).ToArray();
        if (chosen.Length == 0)
            throw new InvalidInputException($"sweeps '{filter}': expected a part of {string.Join("; ", Sweeps.Select(s => s.Name))}");
        yield return Header;
        TransformerModel model = Geometry.Create("gpt2-small", 1);
        foreach (var sweep in chosen)
            yield return Measure(sweep.Name, sweep.Create(model), sweep.List, rounds, sweep.Every);
    }

    private static string Measure(string name, Sweep sweep, Func<Sweep, List<Variant>> list, int rounds, int every)
    {
        List<Variant> variants = list(sweep);
        List<Variant> some = [.. variants.Where((_, i) => i % every == 0)];
        VariantOptions options = sweep.Options;
        VariantPlan plan = new LaneEngine().Explain(sweep.Model, sweep.Base, variants, options);
        var lanes = new float[variants.Count][];
        var naive = new float[some.Count][];
        void Lanes() => new LaneEngine().Run(
            sweep.Model, sweep.Base, variants, options, (in VariantResult r) => lanes[r.Index] = r.Logits.ToArray());
        void Naive() => new NaiveEngine().Run(
            sweep.Model, sweep.Base, some, options with { Logits = LogitRows.All },
            (in VariantResult r) => naive[r.Index] = r.Row(r.Positions - 1).ToArray());

        Lanes();
        Naive();
        for (int i = 0; i < some.Count; i++)
        {
            if (!naive[i].AsSpan().SequenceEqual(lanes[i * every]))
                throw new InvalidOperationException($"{name}: variant {i * every} has other logits with lanes than without.");
        }

        var a = new List<double>();
        var b = new List<double>();
        var peaks = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            peaks.Add(MultiplyAddPeak.Flops(Threads) / Clock.SecondsPerCall(() => MultiplyAddPeak.Run(Threads), 0.2) / 1e9);
            a.Add(Clock.Seconds(Lanes));
            b.Add(Clock.Seconds(Naive) * variants.Count / some.Count);
        }

        double seconds = Clock.Median(a), full = Clock.Median(b), rate = 2.0 * plan.MultiplyAdds / seconds / 1e9;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {variants.Count} | {seconds * 1000:F0} | {a.Min() * 1000:F0}-{a.Max() * 1000:F0} | {full * 1000:F0} | "
            + $"{some.Count} | {full / seconds:F1} | {(double)plan.NaiveMultiplyAdds / plan.MultiplyAdds:F1} | {rate:F0} | "
            + $"{rate / Clock.Median(peaks):P0} |");
    }
}
