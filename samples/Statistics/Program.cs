// Statistics: the effect of each head over several prompts, with an interval and a test for every cell.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    // More prompts of the same kind: the pair with the roles of the two prompts' first words kept, at rising length.
    PromptPair[] pairs =
        [.. Enumerable.Range(0, 6).Select(n => Prefixed(example.Pair, [.. Enumerable.Repeat(example.Pair.Clean[3], n)]))];
    ResultTable<PatchingRow> patching = PatchingSweep.Run(example.Model, pairs, new SweepOptions { Sites = [HookKind.Z] });
    ResultTable<SummaryRow> summary = SweepSummary.Of(patching, seed: 1);
    foreach (SummaryRow row in summary.OrderByDescending(row => Math.Abs(row.Mean ?? 0)).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"L{row.Layer}H{row.Head}: mean {row.Mean:F3}, 95 % {row.CiLow:F3} to {row.CiHigh:F3}, p {row.P:F3}, q {row.Q:F3}"));
    }

    example.Show(PromptsTable.Of(example.Model, pairs), patching, summary);
});

static PromptPair Prefixed(PromptPair pair, int[] filler) => pair with
{
    Clean = [pair.Clean[0], .. filler, .. pair.Clean.Skip(1)],
    Corrupted = [pair.Corrupted[0], .. filler, .. pair.Corrupted.Skip(1)],
};
