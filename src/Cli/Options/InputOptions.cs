using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Cli;

/// <summary>The input of all commands: prompts as texts or token ids, on the command line or in files.</summary>
internal sealed class InputOptions
{
    private readonly InputParts _parts;
    private readonly Option<string[]> _prompt = Opt.Texts("--prompt", "TEXT", "A prompt; may be repeated.");
    private readonly Option<string[]> _tokens = Opt.Texts(
        "--tokens", "IDS", "A prompt as token ids, such as \"1 403 407\"; needs no tokenizer; may be repeated.");

    private readonly Option<string[]> _data = Opt.Texts(
        "--data", "FILE", "Prompts from a .jsonl or .csv file (fields clean, corrupted, answer, wrong, id, group, or the same as "
        + "ids: clean_tokens, ...); may be repeated.");

    private readonly Option<string[]> _clean = Opt.Texts("--clean", "TEXT", "The clean prompt of a pair; may be repeated.");
    private readonly Option<string[]> _cleanTokens = Opt.Texts("--clean-tokens", "IDS", "The clean prompt as token ids.");
    private readonly Option<string[]> _corrupted = Opt.Texts("--corrupted", "TEXT", "The corrupted prompt of a pair.");
    private readonly Option<string[]> _corruptedTokens = Opt.Texts(
        "--corrupted-tokens", "IDS", "The corrupted prompt as token ids.");
    private readonly Option<string[]> _answer = Opt.Texts(
        "--answer", "TEXT", "The right next token. One token exactly; a leading space is part of it (' Mary').");

    private readonly Option<string[]> _answerToken = Opt.Texts("--answer-token", "ID", "The right next token as an id.");
    private readonly Option<string[]> _wrong = Opt.Texts(
        "--wrong", "TEXT", "A wrong next token, to be told apart from the answer.");
    private readonly Option<string[]> _wrongToken = Opt.Texts("--wrong-token", "ID", "A wrong next token as an id.");
    private readonly Option<string[]> _fields = Opt.List(
        "--fields", "FIELD=COLUMN", "Which column of --data holds a field, such as answer_token=correct_idx,corrupted=corrupted_hard.");

    private readonly Option<bool> _skip = Opt.Switch(
        "--skip-bad-rows", "Leave out rows of --data that cannot be used, and say which and why.");

    private readonly Option<string[]> _span = Opt.Texts(
        "--span", "NAME=LIST|TEXT", "A named span of the prompt: positions (subject=1,2) or a text it has once (\"subject=the cat\"); "
        + "may be repeated.");

    private readonly ChoiceOption<BosMode> _bos = new(
        "--bos", "Whether the beginning-of-sequence token is put in front of texts; auto = as the tokenizer's own settings say.",
        ("auto", BosMode.Auto), ("always", BosMode.Always), ("never", BosMode.Never));

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="parts">What the command reads.</param>
    public InputOptions(Command command, InputParts parts)
    {
        _parts = parts;
        List<Option> options = parts.HasFlag(InputParts.Corrupted)
            ? [_clean, _corrupted, _cleanTokens, _corruptedTokens, _data]
            : [_prompt, _tokens, _data, _clean, _cleanTokens];
        if (parts.HasFlag(InputParts.Answers))
        {
            options.AddRange([_answer, _answerToken, _wrong, _wrongToken]);
        }

        if (parts.HasFlag(InputParts.Spans))
        {
            options.Add(_span);
        }

        options.AddRange([_fields, _skip, _bos]);
        options.ForEach(command.Add);
    }

    /// <summary>The files of <c>--data</c>.</summary>
    public IReadOnlyList<string> DataFiles(Session session) => session.Get(_data);

    /// <summary>Whether any prompt was given.</summary>
    public bool Given(Session session) => Sources().Any(session.Has);

    /// <summary>Reads and tokenizes all prompts, and checks that the model can run them.</summary>
    /// <exception cref="InvalidInputException">Something in the input cannot be used.</exception>
    public IReadOnlyList<PromptPair> Read(Session session, TransformerModel model)
    {
        var reader = new PairReader(model, session.Get(_bos), _parts);
        List<RawPair> rows = Raw(session);
        if (session.Has(_data))
        {
            Array.ForEach(session.Get(_data), session.Provenance.AddFile);
            return session.Provenance.Pairs = RowsOfData.Read(session, rows, reader.Read, session.Get(_skip));
        }

        PromptPair[] pairs = [.. rows.Select(reader.Read)];
        session.Provenance.AddPrompts(pairs);
        session.Provenance.Pairs = pairs;
        return pairs;
    }

    /// <summary>Reads prompts of a file of data; nothing but the prompts and their groups.</summary>
    /// <exception cref="InvalidInputException">Something in the file cannot be used.</exception>
    public IReadOnlyList<PromptPair> ReadPrompts(Session session, TransformerModel model, string file)
    {
        var reader = new PairReader(model, session.Get(_bos), InputParts.Prompts);
        session.Provenance.AddFile(file);
        return [.. DataFile.Read(file, FieldMap.None, session.Remark).Select(reader.Read)];
    }

    private List<RawPair> Raw(Session session)
    {
        Option<string[]>[] given = [.. Sources().Where(session.Has)];
        switch (given)
        {
            case []:
                string expected = string.Join(", ", Sources().Select(o => o.Name));
                throw new InvalidInputException($"input: expected one of {expected}; found none");
            case [var one, var other, ..]:
                throw new InvalidInputException($"input: expected one way to give prompts, found {one.Name} and {other.Name}");
        }

        if (given[0] != _data)
        {
            foreach (Option option in new Option[] { _fields, _skip })
            {
                if (session.Has(option))
                {
                    throw new InvalidInputException($"{option.Name}: expected --data FILE beside it, found {given[0].Name}");
                }
            }

            return OnCommandLine(session, given[0]);
        }

        foreach (Option<string[]> option in new[] { _corrupted, _corruptedTokens, _answer, _answerToken, _wrong, _wrongToken, _span })
        {
            if (session.Has(option))
            {
                throw new InvalidInputException($"{option.Name}: with --data, answers, corrupted prompts and spans come from the file");
            }
        }

        FieldMap map = FieldMap.Parse(session.Get(_fields));
        return [.. DataFiles(session).SelectMany(file => DataFile.Read(file, map, session.Remark))];
    }

    private List<RawPair> OnCommandLine(Session session, Option<string[]> clean)
    {
        foreach ((Option text, Option id) in new[] { (_corrupted, _corruptedTokens), (_answer, _answerToken), (_wrong, _wrongToken) })
        {
            if (session.Has(text) && session.Has(id))
            {
                throw new InvalidInputException($"{text.Name}: expected it as text or as ids, found {text.Name} and {id.Name}");
            }
        }

        int count = session.Get(clean).Length;
        bool ids = clean == _tokens || clean == _cleanTokens;
        SpanArguments spans = SpanArguments.Parse(session.Get(_span));
        List<RawPair> rows = [];
        for (int i = 0; i < count; i++)
        {
            string prompt = session.Get(clean)[i];
            string source = Place(clean, i);
            rows.Add(new RawPair(source, Places(i))
            {
                Clean = ids ? null : prompt,
                CleanTokens = ids ? TokenIds.Parse(prompt, source) : null,
                Corrupted = Item(_corrupted, i),
                CorruptedTokens = Item(_corruptedTokens, i) is { } c ? TokenIds.Parse(c, Place(_corruptedTokens, i)) : null,
                Answer = Item(_answer, i),
                AnswerTokens = Item(_answerToken, i) is { } a ? [TokenIds.ParseOne(a, Place(_answerToken, i))] : null,
                Wrong = Item(_wrong, i),
                WrongTokens = Item(_wrongToken, i) is { } w ? [TokenIds.ParseOne(w, Place(_wrongToken, i))] : null,
                Spans = spans.Positions,
                SpanTexts = spans.Texts,
            });
        }

        return rows;

        string Place(Option<string[]> option, int index) =>
            session.Get(option).Length > 1 ? $"{option.Name} {index + 1}" : option.Name;

        Dictionary<string, string> Places(int index) => new()
        {
            ["clean"] = Place(clean, index),
            ["corrupted"] = Place(session.Has(_corrupted) ? _corrupted : _corruptedTokens, index),
            ["answer"] = Place(session.Has(_answer) ? _answer : _answerToken, index),
            ["wrong"] = Place(session.Has(_wrong) ? _wrong : _wrongToken, index),
        };

        string? Item(Option<string[]> option, int index)
        {
            if (!session.Has(option))
            {
                return null;
            }

            string[] values = session.Get(option);
            bool shared = values.Length == 1 && option != _corrupted && option != _corruptedTokens;
            return shared || values.Length == count
                ? values[shared ? 0 : index]
                : throw new InvalidInputException(
                    $"{option.Name}: expected {count} of them, as of {clean.Name}; found {values.Length}");
        }
    }

    private Option<string[]>[] Sources() => _parts.HasFlag(InputParts.Corrupted)
        ? [_clean, _cleanTokens, _data]
        : [_prompt, _tokens, _data, _clean, _cleanTokens];
}
