namespace Interp.Cli;

/// <summary>The fields of a row of data, whatever the file's format: one value per name, as text or as ids.</summary>
/// <param name="source">Where the row stands.</param>
/// <param name="text">The text of a field, or null where the row has none.</param>
/// <param name="ids">The numbers of a field, or null where the row has none.</param>
internal sealed class DataFields(string source, Func<string, string?> text, Func<string, IReadOnlyList<int>?> ids)
{
    // Names that the files of feature circuits (Marks et al. 2024) have for the same things.
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["clean"] = "clean_prefix",
        ["corrupted"] = "patch_prefix",
        ["answer"] = "clean_answer",
        ["wrong"] = "patch_answer",
        ["group"] = "case",
    };

    /// <summary>The names of all fields that are read.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "clean", "corrupted", "answer", "wrong", "id", "group", "clean_tokens", "corrupted_tokens", "answer_token", "wrong_token",
        "answer_tokens", "wrong_tokens", "positions", "subject", "subject_positions", "above", .. OtherNames.Values,
    ];

    /// <summary>The row.</summary>
    /// <exception cref="InvalidInputException">Two fields say the same thing, or a single id is not single.</exception>
    public RawPair Read() => new(source)
    {
        Clean = Text("clean"),
        CleanTokens = Only("clean", "clean_tokens"),
        Corrupted = Text("corrupted"),
        CorruptedTokens = Only("corrupted", "corrupted_tokens"),
        Answer = Text("answer"),
        AnswerTokens = Tokens("answer"),
        Wrong = Text("wrong"),
        WrongTokens = Tokens("wrong"),
        Id = text("id"),
        Group = Text("group"),
        Above = Above(),
        Positions = ids("positions"),
        SpanTexts = Only("subject", "subject_positions") is null && text("subject") is { } named
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["subject"] = named }
            : new Dictionary<string, string>(StringComparer.Ordinal),
        Spans = ids("subject_positions") is { } subject
            ? new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal) { ["subject"] = subject }
            : new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal),
    };

    private int? Above()
    {
        if (text("above") is not { } bound)
        {
            return null;
        }

        if (Text("answer") is not null || Text("wrong") is not null || Tokens("answer") is not null || Tokens("wrong") is not null)
        {
            throw new InvalidInputException($"{source}: expected above, or answers and wrong tokens, found both");
        }

        int number = TokenIds.ParseOne(bound.Trim(), $"{source}: above");
        return number is >= 0 and < 99 ? number
            : throw new InvalidInputException($"{source}: above: expected a number of 0 to 98, found {number}");
    }

    private string? Text(string name) => text(name) ?? text(OtherNames[name]);

    private IReadOnlyList<int>? Tokens(string name)
    {
        IReadOnlyList<int>? one = Only(name, name + "_token"), several = Only(name, name + "_tokens");
        if (one is not null && several is not null)
        {
            throw new InvalidInputException($"{source}: expected {name}_token or {name}_tokens, found both");
        }

        return one is null or { Count: 1 }
            ? one ?? several
            : throw new InvalidInputException(
                $"{source}: {name}_token: expected one id, found {one.Count} ({name}_tokens takes several)");
    }

    private IReadOnlyList<int>? Only(string name, string idName)
    {
        IReadOnlyList<int>? found = ids(idName);
        return found is null || (text(name) ?? (OtherNames.TryGetValue(name, out string? other) ? text(other) : null)) is null
            ? found
            : throw new InvalidInputException($"{source}: expected {name} or {idName}, found both");
    }
}
