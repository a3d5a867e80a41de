using System.CommandLine;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Prompts on the command line, as texts or token ids: one row for each clean prompt.</summary>
internal sealed class PromptOptions
{
    private readonly PromptParts _parts;
    private readonly Option<string[]> _prompt = Opt.Texts("--prompt", "TEXT", "A prompt; may be repeated.");
    private readonly Option<string[]> _tokens = Opt.Texts(
        "--tokens", "IDS", "A prompt as token ids, such as \"1 403 407\"; needs no tokenizer; may be repeated.");

    private readonly Option<string[]> _clean = Opt.Texts("--clean", "TEXT", "The clean prompt of a pair; may be repeated.");
    private readonly Option<string[]> _cleanTokens = Opt.Texts("--clean-tokens", "IDS", "The clean prompt as token ids.");
    private readonly Option<string[]> _pair = Opt.Texts(
        "--pair", "TEXT", "The second sentence of a pair of sentences, for models with segments (BERT): [CLS] prompt [SEP] TEXT [SEP], types 0 and 1.");

    private readonly Option<string[]> _types = Opt.Texts(
        "--token-types", "TYPES", "The type (segment) of each token of the prompt, such as \"0 0 1\", for models with segments. [default: all 0]");

    private readonly Option<string[]> _corrupted = Opt.Texts("--corrupted", "TEXT", "The corrupted prompt of a pair.");
    private readonly Option<string[]> _corruptedTokens = Opt.Texts("--corrupted-tokens", "IDS", "The corrupted prompt as token ids.");
    private readonly Option<string[]> _corruptedPair = Opt.Texts(
        "--corrupted-pair", "TEXT", "The second sentence of the corrupted prompt.");

    private readonly Option<string[]> _corruptedTypes = Opt.Texts(
        "--corrupted-token-types", "TYPES", "The type (segment) of each token of the corrupted prompt.");

    private readonly Option<string[]> _answer = Opt.Texts(
        "--answer", "TEXT", "The right next token. One token exactly; a leading space is part of it (' Mary').");

    private readonly Option<string[]> _answerToken = Opt.Texts("--answer-token", "ID", "The right next token as an id.");
    private readonly Option<string[]> _wrong = Opt.Texts(
        "--wrong", "TEXT", "A wrong next token, to be told apart from the answer.");

    private readonly Option<string[]> _wrongToken = Opt.Texts("--wrong-token", "ID", "A wrong next token as an id.");
    private readonly Option<string[]> _span = Opt.Texts(
        "--span", "NAME=LIST|TEXT", "A named span of the prompt: positions (subject=1,2) or a text it has once (\"subject=the cat\"); "
        + "may be repeated.");

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="parts">What the command reads.</param>
    public PromptOptions(Command command, PromptParts parts)
    {
        _parts = parts;
        List<Option> options = parts.HasFlag(PromptParts.Corrupted)
            ? [_clean, _corrupted, _cleanTokens, _corruptedTokens, _pair, _corruptedPair, _types, _corruptedTypes]
            : [_prompt, _tokens, _clean, _cleanTokens, _pair, _types];
        if (parts.HasFlag(PromptParts.Answers))
        {
            options.AddRange([_answer, _answerToken, _wrong, _wrongToken]);
        }

        if (parts.HasFlag(PromptParts.Spans))
        {
            options.Add(_span);
        }

        options.ForEach(command.Add);
    }

    /// <summary>The options that each give a prompt.</summary>
    public IReadOnlyList<Option<string[]>> Sources => _parts.HasFlag(PromptParts.Corrupted)
        ? [_clean, _cleanTokens]
        : [_prompt, _tokens, _clean, _cleanTokens];

    /// <summary>The options that say more of a prompt.</summary>
    public IReadOnlyList<Option> Details =>
        [_corrupted, _corruptedTokens, _answer, _answerToken, _wrong, _wrongToken, _span, _pair, _corruptedPair, _types, _corruptedTypes];

    /// <summary>Reads the prompts of one source.</summary>
    /// <exception cref="InvalidInputException">Options contradict each other, or their numbers differ.</exception>
    public List<RawPair> Read(Session session, Option<string[]> clean)
    {
        bool ids = clean == _tokens || clean == _cleanTokens;
        const string Either = "it as text or as ids";
        RefuseBoth(session, _corrupted, _corruptedTokens, Either);
        RefuseBoth(session, _answer, _answerToken, Either);
        RefuseBoth(session, _wrong, _wrongToken, Either);
        RefuseBoth(session, _pair, _types);
        RefuseBoth(session, _corruptedPair, _corruptedTypes);
        RefuseBoth(session, _corruptedPair, _corruptedTokens);
        if (ids)
        {
            RefuseBoth(session, _pair, clean);
        }

        SpanArguments spans = SpanArguments.Parse(session.Get(_span));
        return
        [
            .. session.Get(clean).Select((prompt, i) =>
            {
                string source = Place(session, clean, i);
                return new RawPair(source, Places(session, clean, i))
                {
                    Clean = ids ? null : prompt,
                    CleanTokens = ids ? TokenIds.Parse(prompt, source) : null,
                    CleanPair = Text(_pair),
                    CleanTokenTypes = Numbers(_types),
                    Corrupted = Text(_corrupted),
                    CorruptedTokens = Numbers(_corruptedTokens),
                    CorruptedPair = Text(_corruptedPair),
                    CorruptedTokenTypes = Numbers(_corruptedTypes),
                    Answers = Text(_answer) is { } answer ? [answer] : null,
                    AnswerTokens = Number(_answerToken),
                    Wrongs = Text(_wrong) is { } wrong ? [wrong] : null,
                    WrongTokens = Number(_wrongToken),
                    Spans = spans.Positions,
                    SpanTexts = spans.Texts,
                };

                string? Text(Option<string[]> option) => Item(session, clean, option, i);

                int[]? Numbers(Option<string[]> option) => Text(option) is { } text ? TokenIds.Parse(text, Place(session, option, i)) : null;

                int[]? Number(Option<string[]> option) => Text(option) is { } text ? [TokenIds.ParseOne(text, Place(session, option, i))] : null;
            }),
        ];
    }

    private static void RefuseBoth(Session session, Option one, Option other, string? expected = null)
    {
        if (session.Has(one) && session.Has(other))
        {
            throw new InvalidInputException($"{one.Name}: expected {expected ?? "one of the two"}, found {one.Name} and {other.Name}");
        }
    }

    // What is given once goes for all prompts, but for prompts.
    private string? Item(Session session, Option<string[]> clean, Option<string[]> option, int index)
    {
        if (!session.Has(option))
        {
            return null;
        }

        string[] values = session.Get(option);
        int count = session.Get(clean).Length;
        bool shared = values.Length == 1
            && (option == _answer || option == _answerToken || option == _wrong || option == _wrongToken);
        return shared || values.Length == count
            ? values[shared ? 0 : index]
            : throw new InvalidInputException($"{option.Name}: expected {count} of them, as of {clean.Name}; found {values.Length}");
    }

    private static string Place(Session session, Option<string[]> option, int index) =>
        session.Get(option).Length > 1 ? $"{option.Name} {index + 1}" : option.Name;

    private Dictionary<string, string> Places(Session session, Option<string[]> clean, int index) => new()
    {
        ["clean"] = Place(session, clean, index),
        ["clean_pair"] = Place(session, _pair, index),
        ["clean_token_types"] = Place(session, _types, index),
        ["corrupted"] = Place(session, session.Has(_corrupted) ? _corrupted : _corruptedTokens, index),
        ["corrupted_pair"] = Place(session, _corruptedPair, index),
        ["corrupted_token_types"] = Place(session, _corruptedTypes, index),
        ["answer"] = Place(session, session.Has(_answer) ? _answer : _answerToken, index),
        ["wrong"] = Place(session, session.Has(_wrong) ? _wrong : _wrongToken, index),
    };
}
