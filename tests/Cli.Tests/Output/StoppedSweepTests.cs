using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli.Tests.Output;

/// <summary>Ctrl-C during a sweep: the rows of the finished cells are written, and the sweep still counts as stopped.</summary>
public sealed class StoppedSweepTests
{
    private static readonly TransformerModel Model = DemoModel.Create();

    [Fact]
    public void The_finished_rows_are_written()
    {
        using var work = new Workspace();
        var command = new Command("patch");
        var table = new TableOptions(command, report: true);
        CommonOptions.AddTo(command);
        string path = work.At("p.csv");
        string[] arguments = ["--out", path, "--report", work.At("p.html")];
        using var error = new StringWriter();
        using var source = new CancellationTokenSource();
        var session = new Session(command.Parse(arguments), arguments, TextWriter.Null, error, source.Token);
        Assert.Throws<SweepStoppedException>(() => SweepView.Run(session, table, "ablation", call =>
        {
            var options = new SweepOptions { Sites = ["z"], Progress = new Stop(source), MemoryBudget = 1 };
            return AblationSweep.Run(Model, [Pair], options with { Sink = call.Sink }, cancellation: source.Token);
        }, new SweepResult(false, false, t => SweepSummary.Of(t))));
        Assert.Equal(2, File.ReadAllLines(path).Length);
        Assert.Equal([$"{path}: table ablation, 1 rows", "ablation: stopped after 1 of 8 cells"], Lines(error));
        session.WriteReportOfStopped();
        Assert.Contains("p.html: report of 1 tables", Lines(error)[^1], StringComparison.Ordinal);
        Assert.Equal(["p.csv", "p.html"], work.Entries);
    }

    private static PromptPair Pair => new()
    {
        Clean = Model.Tokenize(Tool.Clean),
        Answers = [Model.Tokenize("met")[^1]],
        Wrongs = [Model.Tokenize("saw")[^1]],
    };

    private static string[] Lines(StringWriter error) =>
        error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private sealed class Stop(CancellationTokenSource source) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value) => source.Cancel();
    }
}
