using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Cli;

/// <summary>The input of all commands: prompts as texts or token ids, on the command line or in files.</summary>
internal sealed class InputOptions
{
    private const int Told = 5;

    private readonly PromptParts _parts;
    private readonly PromptOptions _prompts;
    private readonly Option<string[]> _data = Opt.Texts(
        "--data", "FILE", "Prompts from a .jsonl or .csv file (fields clean, corrupted, answer, wrong, id, group, or the same as "
        + "ids: clean_tokens, ...), or a .txt file with a prompt a line; may be repeated.");

    private readonly Option<string[]> _fields = Opt.List(
        "--fields", "FIELD=COLUMN", "Which column of --data holds a field, such as answer_token=correct_idx,corrupted=corrupted_hard.");

    private readonly Option<bool> _skip = Opt.Switch(
        "--skip-bad-rows", "Leave out rows of --data that cannot be used, and say which and why.");

    private readonly ChoiceOption<BosMode> _bos = new(
        "--bos", "Whether the beginning-of-sequence token is put in front of texts; auto = as the tokenizer's own settings say.",
        ("auto", BosMode.Auto), ("always", BosMode.Always), ("never", BosMode.Never));

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="parts">What the command reads.</param>
    public InputOptions(Command command, PromptParts parts)
    {
        _parts = parts;
        _prompts = new PromptOptions(command, parts);
        foreach (Option option in new Option[] { _data, _fields, _skip, _bos })
        {
            command.Add(option);
        }
    }

    /// <summary>Whether any prompt was given.</summary>
    public bool Given(Session session) => Sources.Any(session.Has);

    private Option<string[]>[] Sources => [.. _prompts.Sources.Take(2), _data, .. _prompts.Sources.Skip(2)];

    /// <summary>Reads and tokenizes all prompts, and checks that the model can run them.</summary>
    /// <param name="session">The call.</param>
    /// <param name="model">The model.</param>
    /// <param name="answers">Whether answers are needed, where the command reads them at all.</param>
    /// <exception cref="InvalidInputException">Something in the input cannot be used.</exception>
    public IReadOnlyList<PromptPair> Read(Session session, TransformerModel model, bool answers = true)
    {
        var reader = new PairReader(model, session.Get(_bos), _parts);
        Option<string[]> source = Source(session);
        if (source == _data)
        {
            FieldMap map = FieldMap.Parse(session.Get(_fields));
            List<RawPair> rows = [];
            foreach (string path in session.Get(_data))
            {
                DataFile file = ReadFile(session, path, map);
                if (answers && _parts.HasFlag(PromptParts.Answers))
                {
                    ForeignColumns.Refuse(Path.GetFileName(path), file);
                }

                rows.AddRange(file.Rows);
            }

            if (!_parts.HasFlag(PromptParts.Metric) && rows.Any(r => r.Pos is not null))
            {
                session.Remark("field pos: it says where a metric is read, and this command reads none; positions are those of its options");
            }

            (IReadOnlyList<PromptPair> read, IReadOnlyList<InvalidInputException> bad) = PromptRows.Read(rows, reader.Read, session.Get(_skip));
            TellLeftOut(session, rows.Count, bad);
            ForeignColumns.TellIds(session, model, map, read);
            return session.Provenance.Pairs = read;
        }

        PromptPair[] pairs = [.. _prompts.Read(session, source).Select(reader.Read)];
        session.Provenance.AddPrompts(pairs);
        session.Provenance.Pairs = pairs;
        return pairs;
    }

    /// <summary>Reads prompts of a file of data; nothing but the prompts and their groups.</summary>
    /// <exception cref="InvalidInputException">Something in the file cannot be used.</exception>
    public IReadOnlyList<PromptPair> ReadPrompts(Session session, TransformerModel model, string file)
    {
        var reader = new PairReader(model, session.Get(_bos), PromptParts.Prompts);
        return [.. ReadFile(session, file, FieldMap.None).Rows.Select(reader.Read)];
    }

    private static DataFile ReadFile(Session session, string path, FieldMap map)
    {
        DataFile file = DataFile.Read(path, map);
        session.Provenance.AddFile(file.Sha256);
        if (file.Unread.Count > 0)
        {
            session.Remark($"{Path.GetFileName(path)}: fields that interp does not read: {string.Join(", ", file.Unread)}");
        }

        return file;
    }

    private static void TellLeftOut(Session session, int rows, IReadOnlyList<InvalidInputException> bad)
    {
        foreach (InvalidInputException exception in bad.Take(Told))
        {
            session.Remark($"left out: {exception.Message}");
        }

        if (bad.Count > 0)
        {
            session.Remark($"{bad.Count} of {rows} rows were left out{(bad.Count > Told ? $", the first {Told} are named above" : "")}");
        }
    }

    private Option<string[]> Source(Session session)
    {
        Option<string[]>[] given = [.. Sources.Where(session.Has)];
        switch (given)
        {
            case []:
                string expected = string.Join(", ", Sources.Select(o => o.Name));
                throw new InvalidInputException($"input: expected one of {expected}; found none");
            case [var one, var other, ..]:
                throw new InvalidInputException($"input: expected one way to give prompts, found {one.Name} and {other.Name}");
        }

        Option[] wrong = given[0] == _data ? [.. _prompts.Details.Where(session.Has)] : [.. new Option[] { _fields, _skip }.Where(session.Has)];
        return wrong.Length == 0
            ? given[0]
            : throw new InvalidInputException(given[0] == _data
                ? $"{wrong[0].Name}: with --data, answers, corrupted prompts, spans and token types come from the file"
                : $"{wrong[0].Name}: expected --data FILE beside it, found {given[0].Name}");
    }
}
