namespace Interp.Analysis;

/// <summary>The fields of a row of data, whatever the file's format: one value per field, as text or as ids.</summary>
/// <param name="source">Where the row stands.</param>
/// <param name="map">Which column holds which field.</param>
/// <param name="row">The columns of the row.</param>
internal sealed class DataFields(string source, FieldMap map, IDataRow row)
{
    private static readonly string[] Labels = ["id", "group", "above"];

    // Other names of fields; clean_prefix and the like are those of the files of feature circuits (Marks et al. 2024).
    private static readonly Dictionary<string, string[]> OtherNames = new(StringComparer.Ordinal)
    {
        ["clean"] = ["prompt", "clean_prefix"],
        ["corrupted"] = ["patch_prefix"],
        ["answer"] = ["clean_answer"],
        ["wrong"] = ["patch_answer"],
        ["group"] = ["case"],
    };

    /// <summary>All fields that are read.</summary>
    public static IReadOnlyList<string> Fields { get; } =
    [
        "clean", "corrupted", "answer", "wrong", "id", "group", "clean_tokens", "corrupted_tokens", "answers", "wrongs", "answer_token",
        "wrong_token", "answer_tokens", "wrong_tokens", "clean_pair", "corrupted_pair", "clean_token_types", "corrupted_token_types",
        "pos", "positions", "subject", "subject_positions", "above",
    ];

    /// <summary>The names of all fields, with their other names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Fields.SelectMany(NamesOf)];

    /// <summary>The fields that say what a prompt is.</summary>
    public static IReadOnlyList<string> Prompts { get; } = ["clean", "clean_tokens"];

    /// <summary>The names of a field, its own first.</summary>
    public static IEnumerable<string> NamesOf(string field) =>
        OtherNames.TryGetValue(field, out string[]? others) ? [field, .. others] : [field];

    /// <summary>The field of a name; null when there is none.</summary>
    public static string? FieldOf(string name) => Fields.FirstOrDefault(field => NamesOf(field).Contains(name));

    /// <summary>The row.</summary>
    /// <exception cref="InvalidInputException">Two fields say the same thing, or a field holds something else than its name says.</exception>
    public RawPair Read()
    {
        RequireOne("clean", "clean_tokens");
        RequireOne("corrupted", "corrupted_tokens");
        RequireOne("subject", "subject_positions");
        RequireOne("above", "answer", "answers", "answer_token", "answer_tokens");
        RequireOne("above", "wrong", "wrongs", "wrong_token", "wrong_tokens");
        RequireOne("clean_pair", "clean_tokens");
        RequireOne("corrupted_pair", "corrupted_tokens");
        RequireOne("clean_pair", "clean_token_types");
        RequireOne("corrupted_pair", "corrupted_token_types");
        return new RawPair(source)
        {
            Clean = Text("clean"),
            CleanTokens = Ids("clean_tokens", IdCount.Several),
            CleanPair = Text("clean_pair"),
            CleanTokenTypes = Ids("clean_token_types", IdCount.Several),
            Corrupted = Text("corrupted"),
            CorruptedTokens = Ids("corrupted_tokens", IdCount.Several),
            CorruptedPair = Text("corrupted_pair"),
            CorruptedTokenTypes = Ids("corrupted_token_types", IdCount.Several),
            Answers = Texts("answer"),
            AnswerTokens = Ids("answer_token", IdCount.One) ?? Ids("answer_tokens", IdCount.Several),
            Wrongs = Texts("wrong"),
            WrongTokens = Ids("wrong_token", IdCount.One) ?? Ids("wrong_tokens", IdCount.Several),
            Id = Text("id"),
            Group = Text("group"),
            Above = Above(),
            Pos = Ids("pos", IdCount.Any),
            Positions = Ids("positions", IdCount.Several),
            SpanTexts = Of(Text("subject")),
            Spans = Of(Ids("subject_positions", IdCount.Several)),
        };
    }

    private static Dictionary<string, T> Of<T>(T? subject)
        where T : class => subject is null
        ? new Dictionary<string, T>(StringComparer.Ordinal)
        : new Dictionary<string, T>(StringComparer.Ordinal) { ["subject"] = subject };

    private int? Above()
    {
        if (Text("above") is not { } bound)
        {
            return null;
        }

        int number = TokenIds.ParseOne(bound.Trim(), $"{source}: above");
        return number is >= 0 and < 99 ? number
            : throw new InvalidInputException($"{source}: above: expected a number of 0 to 98, found {number}");
    }

    private string? Text(string field) => ColumnOf(field) is { } column ? row.Text(column, Labels.Contains(field)) : null;

    private IReadOnlyList<string>? Texts(string field) => Text(field) is { } one ? [one]
        : ColumnOf(field + "s") is { } column ? row.Texts(column) : null;

    private IReadOnlyList<int>? Ids(string field, IdCount count) => ColumnOf(field) is { } column ? row.Ids(column, count) : null;

    /// <summary>The column of the row that holds a field; null when the row has none.</summary>
    private string? ColumnOf(string field)
    {
        string[] found = [.. map.ColumnsOf(field).Where(row.Has)];
        return found.Length <= 1
            ? found.FirstOrDefault()
            : throw new InvalidInputException(
                $"{source}: expected {string.Join(" or ", found)}, which are names of one field, found both (--fields {field}=COLUMN says which)");
    }

    private void RequireOne(params string[] fields)
    {
        string[] found = [.. fields.Select(ColumnOf).OfType<string>()];
        if (found.Length > 1)
        {
            throw new InvalidInputException($"{source}: expected {found[0]} or {found[1]}, found both");
        }
    }
}
