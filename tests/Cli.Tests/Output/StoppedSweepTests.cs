using System.CommandLine;
using Interp.Analysis;
using Interp.Export;
using Interp.Runtime;

namespace Interp.Cli.Tests.Output;

/// <summary>Ctrl-C during a sweep: the rows of the finished cells are written as a part, and no part takes the place of a whole result.</summary>
public sealed class StoppedSweepTests
{
    private static readonly TransformerModel Model = DemoModel.Create();
    private static readonly string[] Whole = ["--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--sites", "z"];

    [Fact]
    public void Text_cannot_say_that_it_is_a_part_so_its_name_does()
    {
        using var work = new Workspace();
        string path = work.At("p.csv"), part = work.At("p.incomplete.csv");
        string[] told = Stopped(path, work.At("p.html"));
        Assert.Equal(2, File.ReadAllLines(part).Length);
        Assert.Equal(
            [$"{part}: table ablation, 1 rows, incomplete; {path} appears only whole", "ablation: stopped after 1 of 8 cells"], told[..2]);
        Assert.Equal("table ablation is incomplete: 1 of 8 rows; its run was stopped after 1 of 8 cells", told[^2]);
        Assert.Contains("p.html: report of 1 tables", told[^1], StringComparison.Ordinal);
        Assert.Contains(
            "Incomplete: table ablation is incomplete: 1 of 8 rows", File.ReadAllText(work.At("p.html")), StringComparison.Ordinal);
        Assert.Equal(["p.html", "p.incomplete.csv"], work.Entries);

        // Once the whole is there, the part is of no use; and it stays when the next one is stopped.
        Tool.Demo("ablate", [.. Whole, "--out", path]).Succeeded();
        Assert.Equal(["p.csv", "p.html"], work.Entries);
        string whole = File.ReadAllText(path), page = File.ReadAllText(work.At("p.html"));
        told = Stopped(path, work.At("p.html"));
        Assert.Contains($"{path} is kept as it was", told[0], StringComparison.Ordinal);
        Assert.Contains("p.html: kept as it was", told[^1], StringComparison.Ordinal);
        Assert.Equal((whole, page), (File.ReadAllText(path), File.ReadAllText(work.At("p.html"))));
    }

    [Fact]
    public void An_arrow_file_says_that_it_is_a_part_and_is_replaced_by_the_whole_alone()
    {
        using var work = new Workspace();
        string path = work.At("p.arrow");
        Assert.Equal($"{path}: table ablation, 1 rows, marked as incomplete", Stopped(path)[0]);
        IReadOnlyDictionary<string, string> metadata = ResultFile.Read(path).Metadata;
        Assert.Equal(
            ("false", "1", "8", "stopped after 1 of 8 cells"),
            (metadata[ResultMetadata.Complete], metadata[ResultMetadata.RowsDone], metadata[ResultMetadata.RowsExpected],
                metadata[ResultMetadata.Stopped]));
        Stopped(path);
        Assert.Equal(["p.arrow"], work.Entries);
        Tool.Demo("ablate", [.. Whole, "--out", path]).Succeeded();
        Assert.False(PartFile.IsPart(path));
        byte[] whole = File.ReadAllBytes(path);
        Stopped(path);
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.True(PartFile.IsPart(work.At("p.incomplete.arrow")));
        Assert.Equal(["p.arrow", "p.incomplete.arrow"], work.Entries);
    }

    [Fact]
    public void A_folder_keeps_its_whole_results_and_a_report_tells_of_parts()
    {
        using var work = new Workspace();
        string folder = work.At("results");
        Stopped(folder);
        Assert.Equal("false", ResultFolder.Open(folder).Manifest.Find("ablation")!.Metadata[ResultMetadata.Complete]);
        Outcome report = Tool.Run("report", folder).Succeeded();
        Assert.Contains("table ablation is incomplete: 1 of 8 rows", report.Error, StringComparison.Ordinal);
        Assert.Contains("Incomplete: table ablation", File.ReadAllText(Path.Combine(folder, "report.html")), StringComparison.Ordinal);

        Tool.Demo("ablate", [.. Whole, "--out", folder]).Succeeded();
        byte[] manifest = File.ReadAllBytes(Path.Combine(folder, Manifest.FileName));
        string[] told = Stopped(folder);
        Assert.Contains(told, line => line.Contains("kept as it was", StringComparison.Ordinal) && line.Contains("ablation.incomplete.arrow", StringComparison.Ordinal));
        Assert.Equal(manifest, File.ReadAllBytes(Path.Combine(folder, Manifest.FileName)));
        Assert.Equal([null, null, null], ResultFolder.Open(folder).ReadAll().Select(ResultMetadata.Remark));
        report = Tool.Run("report", folder).Succeeded();
        Assert.DoesNotContain("incomplete", report.Error, StringComparison.Ordinal);
    }

    private static PromptPair Pair => new()
    {
        Clean = Model.Tokenize(Tool.Clean),
        Answers = [Model.Tokenize("met")[^1]],
        Wrongs = [Model.Tokenize("saw")[^1]],
    };

    /// <summary>A sweep that is stopped after its first run; gives the remarks.</summary>
    private static string[] Stopped(string path, string? page = null)
    {
        var command = new Command("ablate");
        var table = new TableOptions(command, report: true);
        CommonOptions.AddTo(command);
        string[] arguments = ["--out", path, .. page is null ? Array.Empty<string>() : ["--report", page]];
        using var error = new StringWriter();
        using var source = new CancellationTokenSource();
        using var session = new Session(command.Parse(arguments), arguments, TextWriter.Null, error, source.Token);
        table.Check(session);
        Assert.Throws<SweepStoppedException>(() => SweepView.Run(session, table, "ablation", call =>
        {
            var execution = new ExecutionOptions { Progress = new Stop(source), MemoryBudget = 1, Sink = call.Sink };
            return AblationSweep.Run(Model, [Pair], new SweepOptions { Sites = ["z"] }, execution: execution, cancellation: source.Token);
        }, new SweepResult(false, false, t => SweepSummary.Of(t))));
        session.Commit();
        session.WriteReportOfStopped();
        return error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value) => source.Cancel();
    }
}
