using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>A sweep that was stopped goes on from its journal and gives the table of an uninterrupted one.</summary>
public sealed class JournalTests : IDisposable
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config());

    private static readonly PromptPair[] Pairs =
    [
        new() { Clean = [1, 2, 3, 4], Corrupted = [1, 5, 3, 4], Answers = [7], Wrongs = [8] },
        new() { Clean = [4, 2, 9], Corrupted = [1, 2, 9], Answers = [7], Wrongs = [8] },
    ];

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"interp-{Guid.NewGuid():N}.partial");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_resumed_sweep_gives_the_same_table()
    {
        ResultTable whole = Run(null, null, CancellationToken.None);
        using var source = new CancellationTokenSource();
        var stopped = Assert.Throws<SweepStoppedException>(
            () => Run(new SweepJournal(_path, false), new After(7, source), source.Token));
        Assert.Equal(new SweepProgress(3, 12), stopped.Progress);
        Assert.Equal(whole.Rows.Take(6), stopped.Finished.Rows);

        // As if the machine had stopped in the middle of a line.
        File.AppendAllText(_path, "9 3ff");
        List<SweepProgress> told = [];
        var journal = new SweepJournal(_path, true);
        Assert.Equal(whole.Rows, Run(journal, new Teller(told.Add), CancellationToken.None).Rows);
        Assert.Equal(7, journal.TakenOver);
        Assert.Equal(new SweepProgress(8, 24) { TakenOver = 7 }, told[0]);

        var again = new SweepJournal(_path, true);
        Assert.Equal(whole.Rows, Run(again, null, CancellationToken.None).Rows);
        Assert.Equal(24, again.TakenOver);
    }

    [Fact]
    public void A_sweep_stopped_with_one_engine_goes_on_with_the_other()
    {
        ResultTable whole = Run(null, null, CancellationToken.None);
        using var source = new CancellationTokenSource();
        Assert.Throws<SweepStoppedException>(
            () => Run(new SweepJournal(_path, false), new After(7, source), source.Token, new LaneEngine()));
        var journal = new SweepJournal(_path, true);
        Assert.Equal(whole.Rows, Run(journal, null, CancellationToken.None).Rows);
        Assert.Equal(7, journal.TakenOver);
    }

    [Fact]
    public void A_journal_of_another_sweep_is_refused()
    {
        Run(new SweepJournal(_path, false), null, CancellationToken.None);
        Assert.Contains(
            "another model, other prompts",
            Assert.Throws<InvalidInputException>(() => PatchingSweep.Run(
                Model, Pairs[..1], new SweepOptions { Sites = ["z"], Journal = new SweepJournal(_path, true) })).Message,
            StringComparison.Ordinal);
        File.WriteAllText(_path, "something else\n");
        Assert.Contains(
            "expected the journal of a sweep",
            Assert.Throws<InvalidInputException>(() => Run(new SweepJournal(_path, true), null, CancellationToken.None)).Message,
            StringComparison.Ordinal);
    }

    private static ResultTable Run(
        SweepJournal? journal, IProgress<SweepProgress>? progress, CancellationToken cancellation, IVariantEngine? engine = null) =>
        PatchingSweep.Run(
            Model, Pairs, new SweepOptions
            {
                Sites = ["z"],
                Journal = journal,
                Progress = progress,
                MemoryBudget = 1,

                // One variant after the other, in the order of the list.
                Engine = engine ?? new NaiveEngine(),
            },
            cancellation: cancellation);

    private sealed class After(int runs, CancellationTokenSource source) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value)
        {
            if (value.Done == runs)
            {
                source.Cancel();
            }
        }
    }

    private sealed class Teller(Action<SweepProgress> tell) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value) => tell(value);
    }
}
