using System.CommandLine;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Where a command's table goes: a file, JSON lines on stdout, or a short table for people.</summary>
internal sealed class TableOptions
{
    private readonly Option<string?> _out = Opt.Text(
        "--out", "FILE", "Write the whole table to FILE (.csv or .jsonl). It appears whole or not at all.");

    private readonly Option<bool> _json = Opt.Switch("--json", "Results on stdout as JSON lines, everything else on stderr.");

    /// <summary>Adds the options to a command.</summary>
    public TableOptions(Command command)
    {
        command.Add(_out);
        command.Add(_json);
    }

    /// <summary>The file that was asked for, or null.</summary>
    public string? Path(Session session) => session.Get(_out);

    /// <summary>Whether neither a file nor JSON was asked for: the result is for people.</summary>
    public bool ForPeople(Session session) => session.Get(_out) is null && !session.Get(_json);

    /// <summary>Checks before any work that the file can be written.</summary>
    /// <exception cref="InvalidInputException">It cannot.</exception>
    public void Check(Session session)
    {
        if (session.Get(_out) is { } path)
        {
            if (Directory.Exists(path))
            {
                throw new InvalidInputException(
                    $"{path}: a folder of tables is not available yet; expected a file ending in .csv or .jsonl");
            }

            TableFile.RequireFormat(path);
            AtomicFile.Probe(path);
        }
    }

    /// <summary>Hands a table over.</summary>
    /// <param name="session">The call.</param>
    /// <param name="table">The whole table.</param>
    /// <param name="people">Prints what people want to see of it; called when nothing else was asked for.</param>
    public void Emit(Session session, ResultTable table, Action people)
    {
        if (session.Get(_json))
        {
            JsonLinesWriter.Write(table, session.Output);
        }

        if (session.Get(_out) is { } path)
        {
            TableFile.Write(path, table);
            session.Note($"{path}: table {table.Name}, {table.Rows.Count} rows");
        }

        if (ForPeople(session))
        {
            people();
        }
    }
}
