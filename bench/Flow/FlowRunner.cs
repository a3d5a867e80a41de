using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Bench.Flow;

/// <summary>
/// Decomposition by source and flow maps on a model of GPT-2 small's geometry, 128 tokens, beside a forward pass to which nobody
/// listens. Times include the run that records; kinds take turns, so that all see the same machine.
/// </summary>
internal static class FlowRunner
{
    private const int Threads = 2;
    private const int Tokens = 128;

    internal const string Header = "| what | ms | range | by bare forward | limit |\n|---|---|---|---|---|";

    /// <summary>The table.</summary>
    internal static IEnumerable<string> Table(int rounds)
    {
        yield return Header;
        TransformerModel model = Geometry.Create("gpt2-small", 1);
        var random = new Random(3);
        int[] tokens = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(model.Config.DVocab))];
        (string Name, double? Limit, Action Run)[] kinds =
        [
            ("bare forward, logits of all positions", null, () => Bare(LogitRows.All)),
            ("bare forward, logits of the last position", null, () => Bare(LogitRows.At(-1))),
            ("every source of every head at every position, of a logit difference", 2, Sources),
            ("every source of every head at the last position, with norms and cosines", null, Rows),
            ("flow map value-norm, all layers", 5, () => Flow(FlowMeasure.ValueNorm)),
            ("flow map block-norm, all layers", 5, () => Flow(FlowMeasure.BlockNorm)),
            ("flow map ALTI, all layers", 5, () => Flow(FlowMeasure.Alti)),
            ("flow map ALTI by head, all layers", null, () => Flow(FlowMeasure.Alti, byHead: true)),
            ("composition scores of all pairs of heads, from the weights", null, () => WeightTables.Composition(model, threads: Threads)),
            ("flow map DecompX, all layers", null, () => Flow(FlowMeasure.DecompX)),
        ];
        var times = kinds.Select(_ => new List<double>()).ToArray();
        for (int round = -1; round < rounds; round++)
        {
            for (int kind = 0; kind < kinds.Length; kind++)
            {
                double seconds = Clock.Seconds(kinds[kind].Run);
                if (round >= 0)
                    times[kind].Add(seconds);
            }
        }

        double bare = Clock.Median(times[0]);
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"| {kinds[kind].Name} | {Clock.Median(times[kind]) * 1000:F0} | {times[kind].Min() * 1000:F0}-{times[kind].Max() * 1000:F0} | "
                + $"{Clock.Median(times[kind]) / bare:F2} | {kinds[kind].Limit} |");
        }

        void Bare(LogitRows rows) => model.Forward(TokenBatch.Of(tokens), default(NoHooks), logits: rows, threads: Threads);

        void Sources()
        {
            RunResult run = model.Run(tokens, new RunOptions { Observe = SourceMap.Needs(model), Threads = Threads });
            new ResidualLedger(model, run.Cache()).MapSources(run, 3, 7);
        }

        void Rows()
        {
            RunResult run = model.Run(
                tokens, new RunOptions { Observe = ResidualLedger.Needs(model, LedgerDetail.Source), Threads = Threads });
            new ResidualLedger(model, run.Cache()).Attribute(-1, run.LogitsAt(0, -1), 3, 7, LedgerDetail.Source);
        }

        void Flow(FlowMeasure measure, bool byHead = false)
        {
            RunResult run = model.Run(tokens, new RunOptions { Observe = ResidualLedger.FlowNeeds(model, [measure]), Threads = Threads });
            new ResidualLedger(model, run.Cache()).Flow(measure, out _, byHead, Threads);
        }
    }
}
