using System.CommandLine;
using Interp.Analysis;
using Interp.Export;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp demo</c>: the whole story on the model that ships.</summary>
internal sealed class DemoCommand : ToolCommand
{
    private readonly Option<string?> _out = Opt.Text(
        "--out", "FOLDER", "Write the tables of a dozen prompts there, with manifest.json and report.html. The folder is made if need be.");

    private readonly Option<string?> _report = Opt.Text(ReportFile.Option, "FILE.html", ReportFile.Help);

    public DemoCommand()
        : base("demo", "The whole story on the model that ships: predict, take apart, patch, ablate, follow the information. Needs no files.")
    {
        Add(_out);
        Add(_report);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string? path = session.Get(_out), page = session.Get(_report);
        if (page is not null)
        {
            ReportFile.Check(page);
        }

        ResultFolder? folder = path is null ? null : ResultFolder.Create(path);
        TransformerModel model = DemoModel.Create();
        new DemoStory(session, model).Tell();
        if (folder is null && page is null)
        {
            return;
        }

        var demo = new DemoTables(model, session.Cancellation);
        session.Provenance.AddPrompts(demo.Pairs);
        IReadOnlyList<ResultTable> tables = demo.All();
        foreach (ResultTable table in tables)
        {
            table.Metadata = FileMetadata.Of(session);
        }

        if (folder is not null)
        {
            folder.Write(tables);
            session.Note($"{path}: {string.Join(", ", tables.Select(t => t.Name + ".arrow"))}, {Manifest.FileName}");
        }

        foreach (string file in new[] { page, path is null ? null : Path.Combine(path, ReportFile.InFolder) }.OfType<string>())
        {
            ReportFile.Write(session, file, "Interp: the demo model", tables);
        }
    }
}
