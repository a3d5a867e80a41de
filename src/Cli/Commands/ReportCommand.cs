using System.CommandLine;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary><c>interp report</c>: one offline page from a folder of results.</summary>
internal sealed class ReportCommand : ToolCommand
{
    private readonly Argument<string?> _folder = new("FOLDER")
    {
        Description = "A folder of tables, as --out FOLDER writes it.",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string?> _out = Opt.Text("--out", "FILE.html", "The page. [default: FOLDER/report.html]");
    private readonly Option<string?> _title = Opt.Text("--title", "TEXT", "Heading of the page. [default: name of the folder]");

    public ReportCommand()
        : base("report", "One page with figures from a folder of results; it opens in a browser without a network.")
    {
        Add(_folder);
        Add(_out);
        Add(_title);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string path = session.Get(_folder)!;
        string page = session.Get(_out) ?? Path.Combine(path, ReportFile.InFolder);
        ResultFolder folder = ResultFolder.Open(path);
        ReportFile.Check(page);
        IReadOnlyList<ResultTable> tables = folder.ReadAll();
        if (tables.All(t => t.Count == 0))
        {
            throw new InvalidInputException($"{path}: expected tables with rows, found none");
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        ReportFile.Write(session, page, session.Get(_title) ?? $"Results of {name}", tables);
    }
}
