// Statistics: the effect of each head over several prompts, with an interval and a test for every cell.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    // More prompts of the same kind: the pair with the roles of the two prompts' first words kept, at rising length.
    PromptPair[] pairs =
        [.. Enumerable.Range(0, 6).Select(n => Prefixed(example.Pair, [.. Enumerable.Repeat(example.Pair.Clean[3], n)]))];
    ResultTable patching = PatchingSweep.Run(example.Model, pairs, new SweepOptions { Sites = ["z"] });
    ResultTable summary = SweepSummary.Of(patching, seed: 1);
    int mean = summary.IndexOf("mean");
    foreach (IReadOnlyList<object?> row in summary.Rows.OrderByDescending(r => Math.Abs(r[mean] as double? ?? 0)).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"L{row[2]}H{row[3]}: mean {row[mean]:F3}, 95 % {row[mean + 1]:F3} to {row[mean + 2]:F3}, p {row[mean + 3]:F3}, q {row[mean + 4]:F3}"));
    }

    example.Show(PromptsTable.Of(example.Model, pairs), patching, summary);
});

static PromptPair Prefixed(PromptPair pair, int[] filler) => pair with
{
    Clean = [pair.Clean[0], .. filler, .. pair.Clean.Skip(1)],
    Corrupted = [pair.Corrupted[0], .. filler, .. pair.Corrupted.Skip(1)],
};
