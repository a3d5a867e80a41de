using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Cli;

/// <summary>Makes token ids of rows of input, and checks that the model can run them; errors name the row.</summary>
/// <param name="model">The model.</param>
/// <param name="bos">Whether the beginning-of-sequence token is put in front of prompts.</param>
/// <param name="parts">What the command reads; the rest of a row of data is left alone.</param>
internal sealed class PairReader(TransformerModel model, BosMode bos, InputParts parts)
{
    /// <summary>Reads one row.</summary>
    /// <exception cref="InvalidInputException">The row cannot be used.</exception>
    public PromptPair Read(RawPair row)
    {
        IReadOnlyList<int> clean = Prompt(row, "clean", row.Clean, row.CleanTokens)
            ?? throw new InvalidInputException($"{row.Source}: expected a prompt (clean or clean_tokens), found none");
        bool answers = parts.HasFlag(InputParts.Answers);
        var pair = new PromptPair
        {
            Clean = clean,
            Answers = !answers ? [] : row.Above is { } low ? Numbers(row, low + 1, 100) : Tokens(row, "answer", row.Answer, row.AnswerTokens),
            Wrongs = !answers ? [] : row.Above is { } high ? Numbers(row, 0, high + 1) : Tokens(row, "wrong", row.Wrong, row.WrongTokens),
            Id = row.Id,
            Group = row.Group,
            Spans = Spans(row, clean),
        };
        return parts.HasFlag(InputParts.Corrupted) ? WithCorrupted(row, pair) : pair;
    }

    private PromptPair WithCorrupted(RawPair row, PromptPair pair)
    {
        IReadOnlyList<int> corrupted = Prompt(row, "corrupted", row.Corrupted, row.CorruptedTokens)
            ?? throw new InvalidInputException(
                row.Places is null
                    ? $"{row.Source}: expected a corrupted prompt (corrupted or corrupted_tokens), found none"
                    : $"{row.Source}: expected a corrupted prompt beside it (--corrupted or --corrupted-tokens), found none");
        if (row.Positions is { } positions)
        {
            CheckPositions(row, positions, pair.Clean.Count, corrupted.Count);
        }
        else if (corrupted.Count != pair.Clean.Count)
        {
            throw new InvalidInputException(
                $"{row.Source}: the clean prompt has {pair.Clean.Count} tokens and the corrupted one {corrupted.Count}; "
                + "expected the same number, or a positions map (for each corrupted position the clean one, or -1)");
        }

        if (corrupted.SequenceEqual(pair.Clean))
        {
            throw new InvalidInputException(
                $"{row.Source}: patching needs a corrupted prompt that differs from the clean one, found the same tokens");
        }

        return pair with { Corrupted = corrupted, CleanPositionOfCorrupted = row.Positions };
    }

    private Dictionary<string, IReadOnlyList<int>> Spans(RawPair row, IReadOnlyList<int> clean)
    {
        Dictionary<string, IReadOnlyList<int>> spans = new(StringComparer.Ordinal);
        foreach ((string name, IReadOnlyList<int> positions) in row.Spans)
        {
            spans[name] = positions.Count > 0 && positions.All(p => p >= 0 && p < clean.Count)
                ? positions
                : throw new InvalidInputException(
                    $"{row.SpanPlace(name, "_positions")}: expected positions 0..{clean.Count - 1}, found {string.Join(',', positions)}");
        }

        foreach ((string name, string text) in row.SpanTexts)
        {
            spans[name] = TextSpan.Find(model, clean, text) ?? throw new InvalidInputException(
                $"{row.SpanPlace(name, "")} {Shown.Token(text)}: expected a text that the clean prompt has once, found "
                + "it never or more often");
        }

        return spans;
    }

    private static void CheckPositions(RawPair row, IReadOnlyList<int> positions, int clean, int corrupted)
    {
        if (positions.Count != corrupted)
        {
            throw new InvalidInputException(
                $"{row.Source}: positions: expected one for each of the {corrupted} corrupted tokens, found {positions.Count}");
        }

        foreach (int position in positions)
        {
            if (position < -1 || position >= clean)
            {
                throw new InvalidInputException(
                    $"{row.Source}: positions: expected clean positions 0..{clean - 1} or -1, found {position}");
            }
        }
    }

    private IReadOnlyList<int>? Prompt(RawPair row, string field, string? text, IReadOnlyList<int>? ids)
    {
        if (text is null && ids is null)
        {
            return null;
        }

        string place = row.Place(field);
        IReadOnlyList<int> tokens = ids ?? AtPlace(place, () => model.Tokenize(text!, bos));
        if (tokens.Count == 0 || tokens.Count > model.Config.NCtx)
        {
            throw new InvalidInputException(
                $"{place}: expected 1 to {model.Config.NCtx} tokens (the model's context), found {tokens.Count}");
        }

        return CheckRange(place, tokens, model.Config.DVocab);
    }

    private T AtPlace<T>(string place, Func<T> tokenize)
    {
        try
        {
            return tokenize();
        }
        catch (InvalidInputException exception) when (model.Tokenizer is not null && !exception.Message.StartsWith(place, StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{place}: {exception.Message}", exception);
        }
    }

    private IReadOnlyList<int> Tokens(RawPair row, string field, string? text, IReadOnlyList<int>? ids)
    {
        if (text is null && ids is null)
        {
            return [];
        }

        string place = row.Place(field);
        return CheckRange(place, ids ?? [AtPlace(place, () => AnswerToken.Find(model, text!, place))], model.Config.DVocabOut);
    }

    private int[] Numbers(RawPair row, int first, int end) =>
        [.. Enumerable.Range(first, end - first).Select(n =>
            AnswerToken.Find(model, n.ToString("00", CultureInfo.InvariantCulture), $"{row.Source}: above: the number"))];

    private static IReadOnlyList<int> CheckRange(string place, IReadOnlyList<int> ids, int count)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)count)
            {
                throw new InvalidInputException(
                    $"{place}: token id {id} is out of range, expected 0..{count - 1}");
            }
        }

        return ids;
    }
}
