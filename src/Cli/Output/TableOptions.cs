using System.CommandLine;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary>Where a command's tables go: a file, a folder, stdout, or a short table for people.</summary>
internal sealed class TableOptions
{
    private const string Stdout = "-";

    private readonly Option<string?> _out = Opt.Text(
        "--out", "PATH", "Write the whole table there. A file: .arrow or .feather (for pandas, polars and others), .csv, .jsonl; it appears whole "
        + "or not at all. A folder (an existing one, or a name without ending): NAME.arrow per table and manifest.json. - is stdout.");

    private readonly Option<bool> _json = Opt.Switch("--json", "Results on stdout as JSON lines, everything else on stderr.");
    private readonly Option<string?> _format = Opt.Text(
        "--format", string.Join('|', ResultOutput.Formats), "What --out - writes. Of a file, the ending chooses.");

    private readonly ChoiceOption<Compression> _compression = new(
        "--compression", "How Arrow files are compressed.", ("none", Compression.None), ("zstd", Compression.Zstd), ("lz4", Compression.Lz4));

    private readonly Option<string?>? _report;
    private readonly bool _prompts;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="report">Whether reports show its tables.</param>
    /// <param name="prompts">Whether its tables have positions of prompts: the prompts go with them.</param>
    public TableOptions(Command command, bool report = false, bool prompts = false)
    {
        _report = report ? Opt.Text(ReportFile.Option, "FILE.html", ReportFile.Help) : null;
        _prompts = prompts;
        foreach (Option option in new Option?[] { _out, _json, _format, _compression, _report }.OfType<Option>())
        {
            command.Add(option);
        }
    }

    /// <summary>Whether neither a place nor JSON was asked for: the result is for people.</summary>
    public bool ForPeople(Session session) => session.Get(_out) is null && !session.Get(_json);

    /// <summary>Whether several tables find room: a folder was asked for.</summary>
    public bool IsFolder(Session session) => session.Get(_out) is { } path && path != Stdout && OutputPath.IsFolder(path);

    /// <summary>Whether a page was asked for.</summary>
    public bool HasPage(Session session) => Page(session) is not null;

    /// <summary>The file that a table goes to; null when it goes to none.</summary>
    public string? FileOf(Session session, string table) => session.Get(_out) switch
    {
        null or Stdout => null,
        { } path => OutputPath.IsFolder(path) ? Path.Combine(path, table + ".arrow") : path,
    };

    /// <summary>Checks before any work that the place can be written.</summary>
    /// <exception cref="InvalidInputException">It cannot, or options contradict each other.</exception>
    public void Check(Session session)
    {
        string? path = session.Get(_out), format = session.Get(_format);
        if (Page(session) is { } page)
        {
            ReportFile.Check(page);
        }

        if (format is not null && path != Stdout)
        {
            throw new InvalidInputException("--format: it says what --out - writes; expected that beside it (of a file the ending chooses)");
        }

        switch (path)
        {
            case null when session.Has(_compression):
                throw new InvalidInputException("--compression: expected --out beside it");
            case null:
                return;
            case Stdout:
                CheckStdout(session, format);
                return;
            default:
                OutputPath.Check(path, session.Get(_compression));
                if (!OutputPath.IsFolder(path))
                {
                    session.Lock(path);
                }

                return;
        }
    }

    /// <summary>Begins a table.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="main">Whether it is what was asked for; other tables go to folders only.</param>
    public TableOutput Open(Session session, string table, bool main = true)
    {
        List<(TableWriter, string?, ResultFolder?)> writers = [];
        if (main && session.Get(_json))
        {
            writers.Add((ResultOutput.JsonLines(session.Output), null, null));
        }

        if (Page(session) is { } page)
        {
            session.ReportTo(page, _prompts);
            writers.Add((new GatheredTable(session.Gathered), null, null));
        }

        Compression compression = session.Get(_compression);
        switch (session.Get(_out))
        {
            case null:
                break;
            case Stdout:
                if (main)
                {
                    writers.Add((ToStdout(session, compression), null, null));
                }

                break;
            case { } path when OutputPath.IsFolder(path):
                ResultFolder folder = session.Folder(path);
                if (main)
                {
                    session.Lock(folder.PathFor(table));
                }

                writers.Add((folder.Begin(table, compression), FileOf(session, table), folder));
                break;
            case { } path when main:
                writers.Add((ResultFile.Create(path, compression), path, null));
                break;
        }

        return new TableOutput(session, writers, main && _prompts ? folder => StagePrompts(session, folder, compression) : null);
    }

    /// <summary>Hands a table over.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">The whole table.</param>
    /// <param name="people">Prints what people want to see of it; called when nothing else was asked for.</param>
    public void Emit(Session session, ResultTable table, Action people) => Emit(session, [table], people);

    /// <summary>Hands tables over: the first is what was asked for, the others go to folders only.</summary>
    /// <param name="session">The call.</param>
    /// <param name="tables">The whole tables.</param>
    /// <param name="people">Prints what people want to see of them; called when nothing else was asked for.</param>
    public void Emit(Session session, IReadOnlyList<ResultTable> tables, Action people) => Emit(session, () => tables, people);

    /// <summary>Hands tables over that are made only when somebody wants them whole.</summary>
    /// <param name="session">The call.</param>
    /// <param name="make">Makes the whole tables: the first is what was asked for, the others go to folders only.</param>
    /// <param name="people">Prints what people want to see; called when nothing else was asked for.</param>
    public void Emit(Session session, Func<IReadOnlyList<ResultTable>> make, Action people)
    {
        if (ForPeople(session) && Page(session) is null)
        {
            people();
            return;
        }

        IReadOnlyList<ResultTable> tables = make();
        for (int i = 0; i < tables.Count; i++)
        {
            using TableOutput output = Open(session, tables[i].Name, main: i == 0);
            output.Write(tables[i]);
            output.Finish();
        }

        if (ForPeople(session))
        {
            people();
        }
    }

    /// <summary>The prompts appear together with the tables whose positions they name.</summary>
    private static void StagePrompts(Session session, ResultFolder folder, Compression compression)
    {
        if (session.Prompts() is not { } prompts)
        {
            return;
        }

        using TableWriter writer = folder.Begin(prompts.Name, compression);
        writer.Write(prompts);
        writer.Finish(prompts.Metadata);
        folder.Stage(writer);
    }

    private string? Page(Session session) => _report is { } option ? session.Get(option) : null;

    private void CheckStdout(Session session, string? format)
    {
        string formats = string.Join(", ", ResultOutput.Formats);
        if (format is null || !ResultOutput.Formats.Contains(format))
        {
            throw new InvalidInputException($"--out -: expected --format beside it, one of {formats}; found {(format is null ? "none" : $"'{format}'")}");
        }

        if (session.Get(_json))
        {
            throw new InvalidInputException("--json: stdout is taken by --out -; expected one of the two");
        }

        if (format != ResultOutput.Formats[0] && session.Get(_compression) != Compression.None)
        {
            throw new InvalidInputException($"--compression: {format} is text, which is not compressed; expected --format arrow-stream");
        }

        if (format == ResultOutput.Formats[0] && session.OutputIsTerminal)
        {
            throw new InvalidInputException("--out -: an Arrow stream is for programs, not for a terminal; expected a pipe or a file");
        }
    }

    private TableWriter ToStdout(Session session, Compression compression) => session.Get(_format) switch
    {
        "csv" => ResultOutput.Csv(session.Output),
        "jsonl" => ResultOutput.JsonLines(session.Output),
        _ => ResultOutput.Arrow(session.Bytes, compression),
    };
}
