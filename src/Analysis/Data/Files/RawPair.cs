namespace Interp.Analysis;

/// <summary>A row of the input as it was written: texts or ids, nothing tokenized yet.</summary>
/// <param name="Source">Where it stands: <c>--prompt 2</c>, <c>pairs.jsonl, line 3</c>. Errors begin with it.</param>
/// <param name="Places">For each field the option that gave it; null in a file.</param>
internal sealed record RawPair(string Source, IReadOnlyDictionary<string, string>? Places = null)
{
    public string? Clean { get; init; }

    public IReadOnlyList<int>? CleanTokens { get; init; }

    /// <summary>The sentence behind the clean one, for models that read sentences in pairs.</summary>
    public string? CleanPair { get; init; }

    /// <summary>The token type (segment) of each token of the clean prompt.</summary>
    public IReadOnlyList<int>? CleanTokenTypes { get; init; }

    public string? Corrupted { get; init; }

    public IReadOnlyList<int>? CorruptedTokens { get; init; }

    /// <summary>The sentence behind the corrupted one.</summary>
    public string? CorruptedPair { get; init; }

    /// <summary>The token type (segment) of each token of the corrupted prompt.</summary>
    public IReadOnlyList<int>? CorruptedTokenTypes { get; init; }

    public IReadOnlyList<string>? Answers { get; init; }

    public IReadOnlyList<int>? AnswerTokens { get; init; }

    public IReadOnlyList<string>? Wrongs { get; init; }

    public IReadOnlyList<int>? WrongTokens { get; init; }

    /// <summary>Whether the row names any token that is right or wrong.</summary>
    public bool HasAnswers => Above is not null || Answers is not null || AnswerTokens is not null || Wrongs is not null || WrongTokens is not null;

    public string? Id { get; init; }

    public string? Group { get; init; }

    /// <summary>Named spans of the clean prompt, as positions.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Spans { get; init; } =
        new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);

    /// <summary>Named spans of the clean prompt, as texts that it has once.</summary>
    public IReadOnlyDictionary<string, string> SpanTexts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// A two-digit number: all two-digit numbers above it are answers, all others are wrong (greater-than, Hanna et al. 2023).
    /// </summary>
    public int? Above { get; init; }

    /// <summary>Where the metric is read, negative from the end; null = where the call says.</summary>
    public IReadOnlyList<int>? Pos { get; init; }

    /// <summary>For each position of the corrupted prompt the clean position, or -1.</summary>
    public IReadOnlyList<int>? Positions { get; init; }

    /// <summary>What errors call a span: <c>--span subject</c>, <c>pairs.jsonl, line 3: subject</c>.</summary>
    public string SpanPlace(string name, string suffix) => Places is null ? $"{Source}: {name}{suffix}" : $"--span {name}";

    /// <summary>What errors call a field: <c>--answer</c>, <c>pairs.jsonl, line 3: answer</c>.</summary>
    public string Place(string field) => Places?[field] ?? $"{Source}: {field}";
}
