using System.CommandLine;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary><c>interp demo</c>: the whole story on the model that ships.</summary>
internal sealed class DemoCommand : ToolCommand
{
    private readonly Option<string?> _out = Opt.Text(
        "--out", "FOLDER", "Write the tables there: components.csv, patching.csv, ablation.csv. The folder is made if need be.");

    public DemoCommand()
        : base("demo", "The whole story on the model that ships: predict, take apart, patch, ablate. Needs no files.")
    {
        Add(_out);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string? folder = session.Get(_out);
        if (folder is not null)
        {
            Prepare(folder);
        }

        IReadOnlyList<ResultTable> tables = new DemoStory(session).Tell();
        if (folder is null)
        {
            return;
        }

        foreach (ResultTable table in tables)
        {
            TableFile.Write(Path.Combine(folder, table.Name + ".csv"), table);
        }

        session.Note($"{folder}: {string.Join(", ", tables.Select(t => t.Name + ".csv"))}");
    }

    private static void Prepare(string folder)
    {
        if (File.Exists(folder))
        {
            throw new InvalidInputException($"{folder}: expected a folder, found a file");
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{folder}: cannot be made ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }

        AtomicFile.Probe(Path.Combine(folder, "components.csv"));
    }
}
