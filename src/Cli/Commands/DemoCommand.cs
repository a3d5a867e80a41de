using System.CommandLine;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary><c>interp demo</c>: the whole story on the model that ships.</summary>
internal sealed class DemoCommand : ToolCommand
{
    private readonly Option<string?> _out = Opt.Text(
        "--out", "FOLDER", "Write the tables there: components.arrow, patching.arrow, ablation.arrow and manifest.json. The folder is made if need be.");

    public DemoCommand()
        : base("demo", "The whole story on the model that ships: predict, take apart, patch, ablate. Needs no files.")
    {
        Add(_out);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string? path = session.Get(_out);
        ResultFolder? folder = path is null ? null : ResultFolder.Create(path);
        IReadOnlyList<ResultTable> tables = new DemoStory(session).Tell();
        if (folder is null)
        {
            return;
        }

        foreach (ResultTable table in tables)
        {
            table.Metadata = FileMetadata.Of(session);
        }

        folder.Write(tables);
        session.Note($"{path}: {string.Join(", ", tables.Select(t => t.Name + ".arrow"))}, {Manifest.FileName}");
    }
}
