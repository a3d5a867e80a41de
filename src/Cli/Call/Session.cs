using System.CommandLine;
using Interp.Analysis;
using Interp.Export;
using Spectre.Console;

namespace Interp.Cli;

/// <summary>One call of a command: what was asked for, where results and remarks go, and when to stop.</summary>
/// <param name="parse">The parsed options.</param>
/// <param name="arguments">The arguments as they were typed.</param>
/// <param name="output">Results.</param>
/// <param name="error">Remarks, progress, errors.</param>
/// <param name="cancellation">Ctrl-C.</param>
/// <param name="bytes">Results that are no text; null = the standard output.</param>
internal sealed class Session(
    ParseResult parse, IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation,
    Stream? bytes = null) : IDisposable
{
    /// <summary>Width of tables where nobody reads along, and least width everywhere.</summary>
    public const int PlainWidth = 160;

    private readonly List<string> _remarks = [];
    private readonly Dictionary<string, OutputLock> _locks = [];
    private readonly Dictionary<string, ResultFolder> _folders = [];
    private (string Path, bool Prompts)? _report;

    /// <summary>Results.</summary>
    public TextWriter Output => output;

    /// <summary>Results that are no text.</summary>
    public Stream Bytes => bytes ?? Console.OpenStandardOutput();

    /// <summary>What the results come from, for the metadata of files.</summary>
    public Provenance Provenance { get; } = new();

    /// <summary>Remarks, progress, errors.</summary>
    public TextWriter Error => error;

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>How the work was stopped before its end; null = it was not.</summary>
    public StoppedWork? Stopped { get; set; }

    /// <summary>Tables for the report.</summary>
    public List<ResultTable> Gathered { get; } = [];

    /// <summary>The command line, as results record it.</summary>
    public string CommandLine => string.Join(' ', arguments.Select(Quoted));

    /// <summary>Whether the user wants no remarks and no progress.</summary>
    public bool Quiet => parse.GetValue<bool>(CommonOptions.Quiet);

    /// <summary>The seed of random choices.</summary>
    public int Seed => parse.GetValue<int>(CommonOptions.Seed);

    /// <summary>Whether results go to somebody who reads along.</summary>
    public bool OutputIsTerminal => new AnsiConsoleOutput(output).IsTerminal;

    /// <summary>Whether remarks go to somebody who reads along.</summary>
    public bool ErrorIsTerminal => new AnsiConsoleOutput(error).IsTerminal;

    /// <summary>The value of an option, or its default.</summary>
    public T Get<T>(Option<T> option) => parse.GetValue(option)!;

    /// <summary>The value of an option with a choice of words, or its default.</summary>
    public T Get<T>(ChoiceOption<T> option) => Has(option) ? parse.GetValue(option)! : option.Fallback;

    /// <summary>The value of an argument that is no option, or null.</summary>
    public string? Get(Argument<string?> argument) => parse.GetValue(argument);

    /// <summary>Whether an option was typed.</summary>
    public bool Has(Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>A remark on stderr, unless the user wants none.</summary>
    public void Note(string text)
    {
        if (!Quiet)
        {
            error.WriteLine(text);
        }
    }

    /// <summary>A remark on the input, told when the work is done: an error is one line, so it comes without remarks.</summary>
    public void Remark(string text) => _remarks.Add(text);

    /// <summary>Takes the right to write a file until the call ends.</summary>
    /// <exception cref="InvalidInputException">Another process has it.</exception>
    public void Lock(string path)
    {
        string full = Path.GetFullPath(path);
        if (!_locks.ContainsKey(full))
        {
            _locks[full] = OutputLock.Take(path);
        }
    }

    /// <summary>A folder of results; what is staged there appears with <see cref="Commit"/>.</summary>
    /// <exception cref="InvalidInputException">It cannot be made, or is none of results.</exception>
    public ResultFolder Folder(string path)
    {
        string full = Path.GetFullPath(path);
        if (!_folders.TryGetValue(full, out ResultFolder? folder))
        {
            _folders[full] = folder = ResultFolder.Create(path);
        }

        return folder;
    }

    /// <summary>Makes everything that was staged in folders appear, all tables of a folder at once.</summary>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void Commit()
    {
        foreach (ResultFolder folder in _folders.Values)
        {
            IReadOnlyList<string> parts = folder.Commit();
            if (parts.Count > 0)
            {
                Note($"{folder.Path}: kept as it was, because a part does not replace a whole result; what was finished is in {string.Join(", ", parts)}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ResultFolder folder in _folders.Values)
        {
            folder.Discard();
        }

        foreach (OutputLock held in _locks.Values)
        {
            held.Dispose();
        }
    }

    /// <summary>Asks for a report of <see cref="Gathered"/> when the work is done.</summary>
    /// <param name="path">The file.</param>
    /// <param name="prompts">Whether the prompts belong to it.</param>
    public void ReportTo(string path, bool prompts) => _report = (path, prompts);

    /// <summary>Writes the report that was asked for, if any table is there for it.</summary>
    public void WriteReport()
    {
        if (_report is ({ } path, var prompts) && Gathered.Count > 0)
        {
            ResultTable[] first = prompts && Prompts() is { } table ? [table] : [];
            string title = $"interp {arguments[0]}: {string.Join(", ", Gathered.Select(t => t.Name))}";
            _report = null;
            ReportFile.Write(this, path, title, [.. first, .. Gathered]);
        }
    }

    /// <summary>Writes the report of what was finished before the work was stopped; if nothing was, says that there is none.</summary>
    public void WriteReportOfStopped()
    {
        if (_report is ({ } path, _) && Gathered.Count == 0)
        {
            Note($"{path}: no report, because nothing was finished");
            return;
        }

        if (_report is ({ } page, _) && File.Exists(page))
        {
            Note($"{page}: kept as it was, because the run was stopped");
            return;
        }

        try
        {
            WriteReport();
        }
        catch (InvalidInputException exception)
        {
            Note($"no report: {exception.Message}");
        }
    }

    /// <summary>The prompts as a table; null before they and the model are known.</summary>
    public ResultTable? Prompts()
    {
        if (Provenance is not { Model: { } model, Pairs: { Count: > 0 } pairs })
        {
            return null;
        }

        ResultTable table = PromptsTable.Of(model, pairs);
        table.Metadata = FileMetadata.Of(this);
        return table;
    }

    /// <summary>Tells the remarks that have waited.</summary>
    public void TellRemarks()
    {
        _remarks.ForEach(Note);
        _remarks.Clear();
    }

    /// <summary>A console for tables; plain text of a fixed width where nobody reads along.</summary>
    public static IAnsiConsole Rich(TextWriter writer)
    {
        var target = new AnsiConsoleOutput(writer);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = target,
            Ansi = target.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = target.IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!target.IsTerminal)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || "-_./:=,*+@%".Contains(c, StringComparison.Ordinal))
            ? argument
            : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
