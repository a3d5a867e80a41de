using System.Text;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A clean and a corrupted prompt and the tokens that tell them apart. For ablation the corrupted prompt is left out.
/// </summary>
public sealed record PromptPair
{
    /// <summary>Token ids of the clean prompt.</summary>
    public required IReadOnlyList<int> Clean { get; init; }

    /// <summary>Token ids of the corrupted prompt; empty when there is none.</summary>
    public IReadOnlyList<int> Corrupted { get; init; } = [];

    /// <summary>Token type (segment) of each token of the clean prompt, for models that have them; null = all 0.</summary>
    public IReadOnlyList<int>? CleanTokenTypes { get; init; }

    /// <summary>Token type (segment) of each token of the corrupted prompt; null = all 0.</summary>
    public IReadOnlyList<int>? CorruptedTokenTypes { get; init; }

    /// <summary>Tokens that are right after the clean prompt; the metric takes their mean.</summary>
    public IReadOnlyList<int> Answers { get; init; } = [];

    /// <summary>Tokens that are wrong; the metric takes their mean.</summary>
    public IReadOnlyList<int> Wrongs { get; init; } = [];

    /// <summary>
    /// Where the metric is read in both prompts, negative from each one's end; of several positions it is the mean over them. Null = where the
    /// metric itself says. A metric of the caller's own has positions of its own.
    /// </summary>
    public IReadOnlyList<int>? MetricPositions { get; init; }

    /// <summary>0-based row of the input, where rows before it were left out; null = its place in the list.</summary>
    public int? Row { get; init; }

    /// <summary>The row's id in the data, or null.</summary>
    public string? Id { get; init; }

    /// <summary>The row's group in the data, or null.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// For pairs of different length: for each position of the corrupted prompt the clean position that it corresponds to,
    /// or -1. Null = positions correspond one to one.
    /// </summary>
    public IReadOnlyList<int>? CleanPositionOfCorrupted { get; init; }

    /// <summary>Named sets of positions of the clean prompt, such as <c>subject</c>, from 0.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Spans { get; init; } =
        new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);

    /// <summary>Positions of a span; empty when the pair has none of that name.</summary>
    /// <param name="name">Name of the span.</param>
    /// <param name="corrupted">Whether the positions of the corrupted prompt that correspond to it are meant.</param>
    public IReadOnlyList<int> SpanIn(string name, bool corrupted)
    {
        if (!Spans.TryGetValue(name, out IReadOnlyList<int>? positions))
        {
            return [];
        }

        return corrupted && CleanPositionOfCorrupted is { } cleanOf
            ? [.. Enumerable.Range(0, cleanOf.Count).Where(p => positions.Contains(cleanOf[p]))]
            : positions;
    }

    /// <summary>The clean prompts of pairs, or their corrupted ones, as a batch with their token types.</summary>
    /// <param name="pairs">The pairs, at least one.</param>
    /// <param name="corrupted">Whether the corrupted prompts are meant.</param>
    public static TokenBatch Batch(IReadOnlyList<PromptPair> pairs, bool corrupted = false)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        IReadOnlyList<int>[] tokens = [.. pairs.Select(p => corrupted ? p.Corrupted : p.Clean)];
        IReadOnlyList<int>?[] types = [.. pairs.Select(p => corrupted ? p.CorruptedTokenTypes : p.CleanTokenTypes)];
        return new TokenBatch(tokens, types.All(t => t is null) ? null : types.Select((t, i) => t ?? new int[tokens[i].Count]));
    }

    /// <summary>Adds what the pair consists of, token for token, to a text of which a hash of the data is taken.</summary>
    /// <param name="text">The text.</param>
    public void AppendTo(StringBuilder text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (IReadOnlyList<int> ids in new[] { Clean, Corrupted, Answers, Wrongs })
        {
            text.AppendJoin(' ', ids).Append('|');
        }

        if (CleanTokenTypes is not null || CorruptedTokenTypes is not null)
        {
            text.AppendJoin(' ', CleanTokenTypes ?? []).Append('/').AppendJoin(' ', CorruptedTokenTypes ?? []);
        }

        text.Append('\n');
    }

    /// <summary>Whether the corrupted prompt is the clean one, token for token and type for type.</summary>
    public bool SamePrompts => Clean.SequenceEqual(Corrupted)
        && (CleanTokenTypes ?? new int[Clean.Count]).SequenceEqual(CorruptedTokenTypes ?? new int[Corrupted.Count]);

    /// <summary>The rows of pairs in the data.</summary>
    internal static int[] Rows(IEnumerable<PromptPair> pairs) => [.. pairs.Select((pair, i) => pair.Row ?? i)];

    /// <summary>What spans there are, for messages.</summary>
    internal static string KnownSpans(IEnumerable<PromptPair> pairs)
    {
        string[] names = [.. pairs.SelectMany(p => p.Spans.Keys).Distinct().Order(StringComparer.Ordinal)];
        return names.Length == 0 ? "the prompts have no spans" : $"expected one of {string.Join(", ", names)}";
    }

    /// <summary>Checks that a model can run the prompts, and that their positions correspond.</summary>
    /// <param name="row">Row of the data, for the error.</param>
    /// <param name="config">The model.</param>
    /// <exception cref="InvalidInputException">
    /// A prompt is empty or longer than the model's context, a token is out of range, lengths differ without a map, or the map
    /// does not fit the prompts.
    /// </exception>
    public void Validate(int row, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Clean.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: expected at least one token, found none");
        }

        foreach ((string what, IReadOnlyList<int> tokens) in new[] { ("prompt", Clean), ("corrupted prompt", Corrupted) })
        {
            if (tokens.Count > config.NCtx)
            {
                throw new InvalidInputException(
                    $"prompt {row}: the {what} of {tokens.Count} tokens is longer than the model's context of {config.NCtx}");
            }
        }

        foreach ((string what, int id, int count) in Clean.Concat(Corrupted).Select(id => ("token", id, config.DVocab))
                     .Concat(Answers.Concat(Wrongs).Select(id => ("answer token", id, config.DVocabOut))))
        {
            if ((uint)id >= (uint)count)
            {
                throw new InvalidInputException(
                    $"prompt {row}: {what} {id} is out of range, expected 0..{count - 1}");
            }
        }

        ValidateTypes(row, "token types", CleanTokenTypes, Clean.Count, config);
        ValidateTypes(row, "token types of the corrupted prompt", CorruptedTokenTypes, Corrupted.Count, config);
        foreach ((string name, IReadOnlyList<int> positions) in Spans)
        {
            if (positions.Count == 0 || positions.Any(p => (uint)p >= (uint)Clean.Count))
            {
                throw new InvalidInputException(
                    $"prompt {row}: span '{name}': expected positions 0..{Clean.Count - 1}, found {string.Join(',', positions)}");
            }
        }

        if (CleanPositionOfCorrupted is not null)
        {
            ValidatePositions(row, CleanPositionOfCorrupted);
        }
        else if (Corrupted.Count > 0 && Corrupted.Count != Clean.Count)
        {
            throw new InvalidInputException(
                $"prompt {row}: the clean prompt has {Clean.Count} tokens and the corrupted one {Corrupted.Count}; "
                + "expected the same number, or a positions map");
        }
    }

    private static void ValidateTypes(int row, string what, IReadOnlyList<int>? types, int tokens, ModelConfig config)
    {
        if (types is null)
        {
            return;
        }

        if (TokenTypeProblem(types, tokens, config) is { } problem)
        {
            throw new InvalidInputException($"prompt {row}: {what}: {problem}");
        }
    }

    /// <summary>What is wrong with the token types of a prompt, as expected and found; null = nothing.</summary>
    /// <param name="types">The types.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="config">The model.</param>
    public static string? TokenTypeProblem(IReadOnlyList<int> types, int tokens, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentNullException.ThrowIfNull(config);
        return config.TokenTypes == 0 ? "this model has no token types (segments); expected none, found some"
            : types.Count != tokens ? $"expected one for each of the {tokens} tokens, found {types.Count}"
            : types.FirstOrDefault(t => (uint)t >= (uint)config.TokenTypes, 0) is not 0 and var wrong
                ? $"expected 0..{config.TokenTypes - 1}, found {wrong}"
            : null;
    }

    private void ValidatePositions(int row, IReadOnlyList<int> positions)
    {
        if (positions.Count != Corrupted.Count)
        {
            throw new InvalidInputException(
                $"prompt {row}: positions: expected one for each of the {Corrupted.Count} corrupted tokens, found {positions.Count}");
        }

        HashSet<int> taken = [];
        foreach (int position in positions.Where(p => p != -1))
        {
            if ((uint)position >= (uint)Clean.Count)
            {
                throw new InvalidInputException(
                    $"prompt {row}: positions: expected clean positions 0..{Clean.Count - 1} or -1, found {position}");
            }

            if (!taken.Add(position))
            {
                throw new InvalidInputException(
                    $"prompt {row}: positions: expected each clean position once, found {position} twice");
            }
        }

        if (taken.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: positions: expected at least one clean position, found only -1");
        }
    }
}
