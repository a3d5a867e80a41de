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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_journal_of_another_run_is_refused_and_stays(bool resume)
    {
        Run(new SweepJournal(_path, false), null, CancellationToken.None);
        byte[] before = File.ReadAllBytes(_path);
        string message = Refused(() => PatchingSweep.Run(
            Model, Pairs[..1], new SweepOptions { Sites = ["z"] }, execution: new ExecutionOptions { Journal = new SweepJournal(_path, resume) }));
        Assert.Contains("it belongs to another run, which differs from this one in prompts", message, StringComparison.Ordinal);
        Assert.Contains("remove the file to begin anew", message, StringComparison.Ordinal);
        message = Refused(() => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["z"], Metric = Metric.Logit }, execution: new ExecutionOptions { Journal = new SweepJournal(_path, resume) }));
        Assert.Contains("in metric (logit-diff at -1 there, logit at -1 here)", message, StringComparison.Ordinal);
        message = Refused(() => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["q"] }, execution: new ExecutionOptions { Journal = new SweepJournal(_path, resume) }));
        Assert.Contains("differs from this one in cells;", message, StringComparison.Ordinal);
        message = Refused(() => PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["z"] }, PatchDirection.Noise, new ExecutionOptions { Journal = new SweepJournal(_path, resume) }));
        Assert.Contains("differs from this one in kind of sweep", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_path));
        File.WriteAllText(_path, "something else\n");
        Assert.Contains(
            "expected the journal of a sweep", Refused(() => Run(new SweepJournal(_path, resume), null, CancellationToken.None)), StringComparison.Ordinal);
        File.WriteAllText(_path, "interp sweep journal 1 0123\n0 3ff0000000000000\n");
        Assert.Contains(
            "another version of interp wrote", Refused(() => Run(new SweepJournal(_path, resume), null, CancellationToken.None)), StringComparison.Ordinal);
    }

    // Every byte of the file: a digit of a measurement, of a check, of the name of the run, an end of a line.
    [Fact]
    public void A_changed_byte_is_found_and_named()
    {
        Run(new SweepJournal(_path, false), null, CancellationToken.None);
        byte[] whole = File.ReadAllBytes(_path);
        ResultTable expected = Run(null, null, CancellationToken.None);
        int refused = 0;
        for (int at = 0; at < whole.Length; at += 7)
        {
            byte[] changed = [.. whole];
            changed[at] ^= (byte)(1 << (at % 7));
            File.WriteAllBytes(_path, changed);
            try
            {
                // The last line alone may lose its end, and counts as cut off.
                Assert.Equal(expected.Rows, Run(new SweepJournal(_path, true), null, CancellationToken.None).Rows);
                Assert.Equal(whole.Length - 1, at);
            }
            catch (InvalidInputException exception)
            {
                Assert.StartsWith(_path, exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.True(refused > 100, $"{refused} refused");
        string[] lines = File.ReadAllLines(_path);
        lines = [.. System.Text.Encoding.ASCII.GetString(whole).Split('\n')];
        lines[3] = lines[3].Replace(lines[3][4], lines[3][4] == '0' ? '1' : '0');
        File.WriteAllText(_path, string.Join('\n', lines));
        Assert.Contains(
            $"{_path}, line 4: expected a run of this sweep", Refused(() => Run(new SweepJournal(_path, true), null, CancellationToken.None)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_another_run_do_not_fit()
    {
        Run(new SweepJournal(_path, false), null, CancellationToken.None);
        string[] other = File.ReadAllLines(_path)[1..];
        File.Delete(_path);
        PatchingSweep.Run(Model, Pairs, new SweepOptions { Sites = ["q"] }, execution: new ExecutionOptions { Journal = new SweepJournal(_path, false) });
        File.AppendAllLines(_path, other);
        Assert.Contains(
            "which was changed since it was written",
            Refused(() => PatchingSweep.Run(Model, Pairs, new SweepOptions { Sites = ["q"] }, execution: new ExecutionOptions { Journal = new SweepJournal(_path, true) })),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_that_was_cut_off_anywhere_goes_on()
    {
        ResultTable whole = Run(new SweepJournal(_path, false), null, CancellationToken.None);
        byte[] bytes = File.ReadAllBytes(_path);
        for (int length = 0; length < bytes.Length; length += 61)
        {
            File.WriteAllBytes(_path, bytes[..length]);
            Assert.Equal(whole.Rows, Run(new SweepJournal(_path, true), null, CancellationToken.None).Rows);
            Assert.Equal(bytes.Length, new FileInfo(_path).Length);
        }
    }

    [Fact]
    public void A_journal_that_somebody_writes_is_refused()
    {
        Run(new SweepJournal(_path, false), null, CancellationToken.None);
        using var held = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains(
            "another process is writing this journal",
            Refused(() => Run(new SweepJournal(_path, true), null, CancellationToken.None)), StringComparison.Ordinal);
    }

    [Fact]
    public void Positions_that_correspond_otherwise_and_other_spans_are_another_run()
    {
        PromptPair[] pairs = [new() { Clean = [1, 2, 3, 4], Corrupted = [1, 5, 4], CleanPositionOfCorrupted = [0, 1, 3], Answers = [7], Wrongs = [8] }];
        var options = new SweepOptions { Sites = ["resid_pre"], By = [SweepAxis.Layer] };
        PatchingSweep.Run(Model, pairs, options, execution: new ExecutionOptions { Journal = new SweepJournal(_path, false) });
        PromptPair[] moved = [pairs[0] with { CleanPositionOfCorrupted = [0, 2, 3] }];
        Assert.Contains(
            "differs from this one in prompts",
            Refused(() => PatchingSweep.Run(Model, moved, options, execution: new ExecutionOptions { Journal = new SweepJournal(_path, true) })), StringComparison.Ordinal);
    }

    private static string Refused(Action run) => Assert.Throws<InvalidInputException>(run).Message;

    private static ResultTable<PatchingRow> Run(
        SweepJournal? journal, IProgress<SweepProgress>? progress, CancellationToken cancellation, IVariantEngine? engine = null) =>
        PatchingSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["z"] }, execution: new ExecutionOptions
            {
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
