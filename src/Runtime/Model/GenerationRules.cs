using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>
/// Which tokens a continuation may choose, as generation_config.json says. Temperature, top-k, top-p, lengths and beams are the caller's choice
/// and not read. Reference: transformers, logits_process.
/// </summary>
public sealed record GenerationRules
{
    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Logits of tokens that the text has are divided by it where they are positive, else multiplied (Keskar et al. 2019).</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No sequence of this many tokens may come twice in a text; 0 = any may.</summary>
    public int NoRepeatNgram { get; init; }

    /// <summary>Sequences of tokens that may not come.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    /// <summary>Tokens that may not be chosen.</summary>
    public IReadOnlyList<int> Suppressed { get; init; } = [];

    /// <summary>Tokens that may not be the first to be chosen.</summary>
    public IReadOnlyList<int> SuppressedFirst { get; init; } = [];

    /// <summary>Tokens, with those of the prompt, before a text may end; <see cref="MinNewTokens"/> goes before it.</summary>
    public int MinLength { get; init; }

    /// <summary>Tokens to be chosen before a text may end.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Why nothing can be generated: a setting that is not known or not built, or a damaged file. Null when all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>What differs from free choice, as the file names it; empty when nothing does.</summary>
    public IReadOnlyList<string> InForce =>
    [
        .. RepetitionPenalty != 1 ? [$"repetition_penalty {RepetitionPenalty}"] : (string[])[],
        .. NoRepeatNgram > 0 ? [$"no_repeat_ngram_size {NoRepeatNgram}"] : (string[])[],
        .. BadWords.Count > 0 ? ["bad_words_ids"] : (string[])[],
        .. Suppressed.Count > 0 ? ["suppress_tokens"] : (string[])[],
        .. SuppressedFirst.Count > 0 ? ["begin_suppress_tokens"] : (string[])[],
        .. MinNewTokens > 0 ? [$"min_new_tokens {MinNewTokens}"] : MinLength > 0 ? [$"min_length {MinLength}"] : (string[])[],
    ];

    /// <summary>
    /// Reads the rules. What is wrong is kept as <see cref="Problem"/>: it matters to those who generate, and to nobody else.
    /// </summary>
    /// <param name="open">Opens generation_config.json, or config.json where there is none.</param>
    /// <param name="eos">The end tokens of config.json, which count where the file names none.</param>
    internal static GenerationRules Read(Func<ConfigReader> open, IReadOnlyList<int> eos)
    {
        IReadOnlyList<int> ends = eos;
        try
        {
            ConfigReader settings = open();
            ends = settings.Has("eos_token_id") ? settings.Ints("eos_token_id") : eos;
            foreach ((string name, double? neutral) in GenerationSettings.Refused)
            {
                if (settings.Raw(name) is { } value && !SaysNothing(value, neutral))
                {
                    throw new InvalidInputException($"{settings.Path}: {name}: this rule of generation is not supported, found "
                        + $"{OneLine.Quote(value.GetRawText())}; take it out of the file to generate without it");
                }
            }

            var rules = new GenerationRules
            {
                EosIds = ends,
                RepetitionPenalty = settings.Number("repetition_penalty", 1),
                NoRepeatNgram = settings.Int("no_repeat_ngram_size", 0),
                BadWords = Words(settings, "bad_words_ids"),
                Suppressed = settings.Ints("suppress_tokens"),
                SuppressedFirst = settings.Ints("begin_suppress_tokens"),
                MinLength = settings.Int("min_length", 0),
                MinNewTokens = settings.Int("min_new_tokens", 0),
            };
            if (!(rules.RepetitionPenalty > 0 && double.IsFinite(rules.RepetitionPenalty)))
            {
                throw new InvalidInputException(
                    $"{settings.Path}: repetition_penalty: expected a number above 0, found {rules.RepetitionPenalty}");
            }

            // config.json has other settings besides, which its family checks.
            if (!settings.Has("model_type"))
            {
                settings.RefuseUnknown("generation", new HashSet<string>(GenerationSettings.Names, StringComparer.Ordinal));
            }

            return rules;
        }
        catch (InvalidInputException exception)
        {
            return new GenerationRules { EosIds = ends, Problem = exception.Message };
        }
    }

    /// <summary>Changes the logits of the next token.</summary>
    /// <param name="logits">[d_vocab].</param>
    /// <param name="text">The prompt and what was chosen so far.</param>
    /// <param name="chosen">How many tokens were chosen so far.</param>
    /// <param name="ends">Tokens at which the caller ends the text.</param>
    internal void Apply(Span<float> logits, IReadOnlyList<int> text, int chosen, IReadOnlyList<int> ends)
    {
        if (RepetitionPenalty != 1)
        {
            foreach (int token in text.Distinct())
            {
                float penalty = (float)RepetitionPenalty;
                logits[token] = logits[token] < 0 ? logits[token] * penalty : logits[token] / penalty;
            }
        }

        for (int start = 0; NoRepeatNgram > 0 && start + NoRepeatNgram <= text.Count; start++)
        {
            if (Repeats(text, start, NoRepeatNgram - 1))
            {
                Forbid(logits, text[start + NoRepeatNgram - 1]);
            }
        }

        foreach (IReadOnlyList<int> word in BadWords)
        {
            if (word.Count > 0 && word.Count - 1 <= text.Count && word.Take(word.Count - 1).SequenceEqual(text.Skip(text.Count - word.Count + 1))
                && !(word.Count == 1 && EosIds.Contains(word[0])))
            {
                Forbid(logits, word[^1]);
            }
        }

        bool early = MinNewTokens > 0 ? chosen < MinNewTokens : text.Count < MinLength;
        foreach (int token in (early ? ends : []).Concat(Suppressed).Concat(chosen == 0 ? SuppressedFirst : []))
        {
            Forbid(logits, token);
        }
    }

    /// <summary>Whether the last <paramref name="count"/> tokens of a text are those from <paramref name="start"/> on.</summary>
    private static bool Repeats(IReadOnlyList<int> text, int start, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (text[start + i] != text[text.Count - count + i])
            {
                return false;
            }
        }

        return true;
    }

    // A token that the vocabulary does not have is never chosen.
    private static void Forbid(Span<float> logits, int token)
    {
        if ((uint)token < (uint)logits.Length)
        {
            logits[token] = float.NegativeInfinity;
        }
    }

    private static bool SaysNothing(JsonElement value, double? neutral) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Number => value.GetDouble() == neutral,
        _ => false,
    };

    private static IReadOnlyList<IReadOnlyList<int>> Words(ConfigReader settings, string field)
    {
        if (settings.Raw(field) is not { } value)
        {
            return [];
        }

        bool right = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(word => word.ValueKind == JsonValueKind.Array
            && word.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _)));
        return right
            ? [.. value.EnumerateArray().Select(word => (IReadOnlyList<int>)[.. word.EnumerateArray().Select(id => id.GetInt32())])]
            : throw new InvalidInputException(
                $"{settings.Path}: {field}: expected a list of lists of tokens, found {OneLine.Quote(value.GetRawText())}");
    }
}
