using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>A sweep that is cancelled stops between two cells and keeps what it has.</summary>
public sealed class StoppedSweepTests
{
    private static readonly TransformerModel Model = DemoModel.Create();

    private static readonly PromptPair Pair = new()
    {
        Clean = Model.Tokenize(DemoModel.CleanPrompt),
        Corrupted = Model.Tokenize(DemoModel.CorruptedPrompt),
        Answers = [Model.Tokenize(DemoModel.Answer)[^1]],
        Wrongs = [Model.Tokenize(DemoModel.Wrong)[^1]],
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_finished_cells_are_those_of_the_whole_sweep(bool ablate)
    {
        ResultTable whole = Sweep(ablate, null, CancellationToken.None);
        using var source = new CancellationTokenSource();
        var stopped = Assert.Throws<SweepStoppedException>(() => Sweep(ablate, new After(3, source), source.Token));
        Assert.Equal(new SweepProgress(3, 8), stopped.Progress);
        Assert.Equal(whole.Rows.Take(3), stopped.Finished.Rows);
        Assert.Equal($"{whole.Name}: stopped after 3 of 8 cells", stopped.Message);
        Assert.Equal(whole.Count, stopped.RowsExpected);
        Assert.True(ResultMetadata.IsPart(stopped.Finished.Metadata));
        Assert.Equal(
            $"table {whole.Name} is incomplete: 3 of 8 rows; its run was stopped after 3 of 8 cells", ResultMetadata.Remark(stopped.Finished));
    }

    private static ResultTable Sweep(bool ablate, IProgress<SweepProgress>? progress, CancellationToken cancellation)
    {
        var options = new SweepOptions { Sites = ["z"] };
        var execution = new ExecutionOptions { Progress = progress, MemoryBudget = 1 };
        return ablate
            ? AblationSweep.Run(Model, [Pair], options, execution: execution, cancellation: cancellation)
            : PatchingSweep.Run(Model, [Pair], options, execution: execution, cancellation: cancellation);
    }

    private sealed class After(int cells, CancellationTokenSource source) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value)
        {
            if (value.Done == cells)
            {
                source.Cancel();
            }
        }
    }
}
