using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching.Paths;

/// <summary>
/// What step 2 recorded is held for some paths at a time, within the budget, and made once. Rows are compared bit for bit.
/// </summary>
public sealed class PathMemoryTests : IDisposable
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly PromptPair[] Pairs =
    [
        .. Enumerable.Range(0, 3).Select(i => new PromptPair
        {
            Clean = RandomModel.Tokens(5 + i, i),
            Corrupted = RandomModel.Tokens(5 + i, 10 + i),
            Answers = [3],
            Wrongs = [11],
        }),
    ];

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"interp-{Guid.NewGuid():N}.partial");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_held_at_a_time_stays_within_the_budget_however_many_paths_there_are()
    {
        ResultTable expected = Run(Queries(16), null, new Watch());
        Assert.Equal(16 * Pairs.Length, expected.Rows.Count);
        foreach (long budget in new long[] { 1, 8_000, 30_000, 200_000 })
        {
            foreach (int paths in new[] { 4, 16 })
            {
                var watch = new Watch();
                Assert.Equal(expected.Rows.Take(paths * Pairs.Length), Run(Queries(paths), budget, watch).Rows);

                // One half is for what is recorded; a single run of this model and these paths records at most 7 rows of 32 floats.
                Assert.True(watch.Most <= Math.Max(budget / 2, 7 * 32 * sizeof(float)), $"{budget}, {paths} paths: {watch.Most} bytes at a time");

                // Two runs a path (what is measured, the linear estimate) for each prompt, whatever the budget.
                Assert.Equal(2 * paths * Pairs.Length, watch.Second);
            }
        }
    }

    [Fact]
    public void Stopped_paths_go_on_and_the_plan_counts_every_run()
    {
        PathQuery[] queries = Queries(16);
        ResultTable whole = Run(queries, 8_000, new LaneEngine());
        using var source = new CancellationTokenSource();
        int after = 0;
        var progress = new Teller(_ =>
        {
            if (++after == 20)
            {
                source.Cancel();
            }
        });
        Assert.Throws<SweepStoppedException>(
            () => Run(queries, 8_000, new LaneEngine(), new SweepJournal(_path, false), progress, source.Token));
        List<SweepProgress> told = [];
        var journal = new SweepJournal(_path, true);
        Assert.Equal(whole.Rows, Run(queries, 30_000, new LaneEngine(), journal, new Teller(told.Add)).Rows);
        Assert.Equal(20, journal.TakenOver);
        Assert.Equal(new SweepProgress(21, 96) { TakenOver = 20 }, told[0]);
        Assert.Equal(new SweepProgress(96, 96) { TakenOver = 20 }, told[^1]);

        VariantPlan? plan = null;
        PathPatching.Run(Model, Pairs, queries, execution: new ExecutionOptions { MemoryBudget = 8_000, Explain = p => plan = p });
        Assert.Equal(96, plan!.Variants);
    }

    private static ResultTable<PathRow> Run(
        PathQuery[] queries, long? budget, IVariantEngine engine, SweepJournal? journal = null, IProgress<SweepProgress>? progress = null,
        CancellationToken cancellation = default) =>
        PathPatching.Run(
            Model, Pairs, queries,
            execution: new ExecutionOptions { MemoryBudget = budget, Engine = engine, Journal = journal, Progress = progress }, cancellation: cancellation);

    private static PathQuery[] Queries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new PathQuery([PathNode.OfHead(0, i % 4)], [new PathNode(PathNodeKind.Head, 2, i / 4, HeadInput.Q)]))];

    /// <summary>Counts what changed runs record.</summary>
    private sealed class Watch : WatchedEngine
    {
        public long Most { get; private set; }

        public int Second { get; private set; }

        public override void Run(
            TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
        {
            long held = 0;
            Engine.Run(model, batch, variants, options, (in VariantResult result) =>
            {
                if (result.Recorded is { } cache && variants[result.Index].Interventions.Count > 0)
                {
                    Second++;
                    held += cache.Points.Sum(p => (long)cache.Values(p).Length * sizeof(float));
                }

                handle(result);
            });
            Most = Math.Max(Most, held);
        }
    }

    private sealed class Teller(Action<SweepProgress> tell) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value) => tell(value);
    }
}
