using System.Globalization;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis;

/// <summary>Makes token ids of rows of input, and checks that the model can run them; errors name the row.</summary>
/// <param name="model">The model.</param>
/// <param name="bos">Whether the beginning-of-sequence token is put in front of prompts.</param>
/// <param name="parts">What the command reads; the rest of a row of data is left alone.</param>
internal sealed class PairReader(TransformerModel model, BosMode bos, PromptParts parts)
{
    /// <summary>Reads one row.</summary>
    /// <exception cref="InvalidInputException">The row cannot be used.</exception>
    public PromptPair Read(RawPair row)
    {
        (IReadOnlyList<int> clean, IReadOnlyList<int>? types) =
            Prompt(row, "clean", row.Clean, row.CleanTokens, row.CleanPair, row.CleanTokenTypes)
            ?? throw new InvalidInputException($"{row.Source}: expected a prompt (clean or clean_tokens), found none");
        bool answers = parts.HasFlag(PromptParts.Answers);
        var pair = new PromptPair
        {
            Clean = clean,
            CleanTokenTypes = types,
            Answers = !answers ? [] : row.Above is { } low ? Numbers(row, low + 1, 100) : Tokens(row, "answer", row.Answers, row.AnswerTokens),
            Wrongs = !answers ? [] : row.Above is { } high ? Numbers(row, 0, high + 1) : Tokens(row, "wrong", row.Wrongs, row.WrongTokens),
            Id = row.Id,
            Group = row.Group,
            Spans = Spans(row, clean),
            MetricPositions = parts.HasFlag(PromptParts.Metric) ? MetricPositions(row, clean.Count) : null,
        };
        return parts.HasFlag(PromptParts.Corrupted) ? WithCorrupted(row, pair) : pair;
    }

    private PromptPair WithCorrupted(RawPair row, PromptPair pair)
    {
        (IReadOnlyList<int> corrupted, IReadOnlyList<int>? types) =
            Prompt(row, "corrupted", row.Corrupted, row.CorruptedTokens, row.CorruptedPair, row.CorruptedTokenTypes)
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

        pair = pair with { Corrupted = corrupted, CorruptedTokenTypes = types, CleanPositionOfCorrupted = row.Positions };
        if (pair.SamePrompts)
        {
            throw new InvalidInputException(
                $"{row.Source}: patching needs a corrupted prompt that differs from the clean one, found the same tokens");
        }

        if (row.Pos is { } read && corrupted.Count != pair.Clean.Count && read.FirstOrDefault(p => p >= 0, -1) is >= 0 and var position)
        {
            throw new InvalidInputException(
                $"{row.Source}: pos: the prompts differ in length; expected positions from the end (-1 = the last), found {position}");
        }

        return pair;
    }

    private static IReadOnlyList<int>? MetricPositions(RawPair row, int tokens)
    {
        if (row.Pos is not { } positions)
        {
            return null;
        }

        int[] resolved = [.. positions.Select(p => p < 0 ? p + tokens : p)];
        return resolved.Length > 0 && resolved.All(p => (uint)p < (uint)tokens) && resolved.Distinct().Count() == resolved.Length
            ? positions
            : throw new InvalidInputException(
                $"{row.Source}: pos: expected positions {-tokens}..{tokens - 1}, each once, found {(resolved.Length == 0 ? "none" : string.Join(',', positions))}");
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
                $"{row.SpanPlace(name, "")} {Quoted.Token(text)}: expected a text that the clean prompt has once, found "
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

    private (IReadOnlyList<int> Tokens, IReadOnlyList<int>? Types)? Prompt(
        RawPair row, string field, string? text, IReadOnlyList<int>? ids, string? second, IReadOnlyList<int>? types)
    {
        if (text is null && ids is null)
        {
            return (second is not null || types is not null)
                ? throw new InvalidInputException($"{row.Place(second is not null ? field + "_pair" : field + "_token_types")}: expected a {field} prompt beside it, found none")
                : null;
        }

        string place = row.Place(field);
        IReadOnlyList<int> tokens = ids ?? [];
        if (second is not null)
        {
            (tokens, types) = Sentences(row.Place(field + "_pair"), text!, second);
        }
        else if (text is not null)
        {
            tokens = AtPlace(place, () => model.Tokenize(text, bos));
        }

        if (tokens.Count == 0 || tokens.Count > model.Config.NCtx)
        {
            throw new InvalidInputException(
                $"{place}: expected 1 to {model.Config.NCtx} tokens (the model's context), found {tokens.Count}");
        }

        if (types is not null && PromptPair.TokenTypeProblem(types, tokens.Count, model.Config) is { } problem)
        {
            throw new InvalidInputException($"{row.Place(field + "_token_types")}: {problem}");
        }

        if (model.Config.PaddingId is { } padding && tokens.ToList().IndexOf(padding) is >= 0 and var at)
        {
            throw new InvalidInputException(
                $"{place}: token id {padding} at position {at} is padding, which has no position in this model; expected a prompt without padding");
        }

        return (CheckRange(place, tokens, model.Config.DVocab), types);
    }

    /// <summary>Two sentences as one prompt, framed and typed as the tokenizer does it.</summary>
    private (IReadOnlyList<int> Tokens, IReadOnlyList<int> Types) Sentences(string place, string first, string second)
    {
        if (model.Config.TokenTypes == 0)
        {
            throw new InvalidInputException(
                $"{place}: this model has no token types (segments) to tell a second sentence by; expected one text, found two");
        }

        return AtPlace(place, () => model.Tokenizer is { } tokenizer
            ? tokenizer.EncodePair(first, second, bos)
            : (model.Tokenize(first, bos), (IReadOnlyList<int>)[]));
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

    private IReadOnlyList<int> Tokens(RawPair row, string field, IReadOnlyList<string>? texts, IReadOnlyList<int>? ids)
    {
        if (texts is null && ids is null)
        {
            return [];
        }

        string place = row.Place(field);
        return CheckRange(
            place, ids ?? [.. texts!.Select(text => AtPlace(place, () => AnswerToken.Find(model, text, place)))], model.Config.DVocabOut);
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
