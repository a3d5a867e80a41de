using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// What tokenizer_config.json says, and special_tokens_map.json where it says nothing; empty when there is none. Fields that change
/// tokens are read; a field that is not known is told as a remark, since these files hold whatever a Python class once took.
/// </summary>
internal sealed record TokenizerConfig
{
    public const string FileName = "tokenizer_config.json";

    private static readonly string[] SpecialNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    // Of chat, padding, decoding, images and the Python classes themselves: none changes what a text is cut into.
    private static readonly string[] Harmless =
    [
        "model_max_length", "max_len", "max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces", "spaces_between_special_tokens",
        "chat_template", "special_tokens_map_file", "name_or_path", "model_input_names", "pad_token_id", "pad_to_multiple_of", "pad_token_type_id",
        "stride", "truncation_strategy", "auto_map", "processor_class", "tokenizer_file", "from_slow", "errors", "verbose", "return_token_type_ids",
        "trim_offsets", "full_tokenizer_file", "response_schema", "backend", "is_local", "local_files_only", "trust_remote_code", "use_fast",
        "model_type", "transformers_version", "add_special_tokens", "extra_ids", "max_model_input_sizes", "use_default_system_prompt", "special",
        "model_specific_special_tokens", "bos_token_id", "eos_token_id",
    ];

    /// <summary>Name of the Python class, without Fast behind it; null where none is named.</summary>
    public string? Class { get; init; }

    /// <summary>Special tokens by what they are for: <c>bos_token</c>, <c>cls_token</c>, ...</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    public string? Bos => Roles.GetValueOrDefault("bos_token");

    public string? Eos => Roles.GetValueOrDefault("eos_token");

    public string? Unknown => Roles.GetValueOrDefault("unk_token");

    /// <summary>Whether the begin-of-sequence token stands in front of texts; null where nothing is said.</summary>
    public bool? AddBos { get; init; }

    public bool AddEos { get; init; }

    public bool? LowerCase { get; init; }

    public bool? StripAccents { get; init; }

    /// <summary>Whether ideographs stand alone.</summary>
    public bool? ChineseCharacters { get; init; }

    /// <summary>Whether a space is put in front of a text.</summary>
    public bool? PrefixSpace { get; init; }

    /// <summary>SentencePiece: a space is put in front of each piece between special tokens, not of the text alone.</summary>
    public bool? Legacy { get; init; }

    /// <summary>BERT: the text is split into words first.</summary>
    public bool SplitsWords { get; init; } = true;

    /// <summary>Added tokens, by id (<c>added_tokens_decoder</c>).</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>Special tokens by their roles and <c>additional_special_tokens</c>, in that order.</summary>
    public IReadOnlyList<AddedToken> Special { get; init; } = [];

    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Reads the files of a directory.</summary>
    /// <exception cref="InvalidInputException">One is malformed, or says what cannot be obeyed.</exception>
    public static TokenizerConfig Read(string directory)
    {
        string path = Path.Combine(directory, FileName), map = Path.Combine(directory, "special_tokens_map.json");
        using JsonDocument document = File.Exists(path) ? JsonFile.Open(path) : JsonDocument.Parse("{}");
        using JsonDocument names = File.Exists(map) ? JsonFile.Open(map) : JsonDocument.Parse("{}");
        var fields = new JsonFields(document.RootElement, path);
        var older = new JsonFields(names.RootElement, map);
        fields.Pass(Harmless);
        if (fields.Flag("split_special_tokens") == true)
        {
            throw fields.Wrong("split_special_tokens", "false, since special tokens in a text are read as such", "true");
        }

        Dictionary<string, AddedToken> special = [];
        foreach (string name in SpecialNames)
        {
            if ((fields.Value(name) is { } value ? Token(fields, name, value) : older.Value(name) is { } old ? Token(older, name, old) : null) is { } token)
            {
                special[name] = token;
            }
        }

        IReadOnlyList<AddedToken> more =
        [
            .. fields.List("additional_special_tokens").Select(value => Token(fields, "additional_special_tokens", value)).OfType<AddedToken>(),
            .. Extra(fields),
        ];
        string? type = fields.Text("tokenizer_class");
        var config = new TokenizerConfig
        {
            Class = type is not null && type.EndsWith("Fast", StringComparison.Ordinal) ? type[..^4] : type,
            Roles = special.ToDictionary(pair => pair.Key, pair => pair.Value.Content),
            AddBos = fields.Flag("add_bos_token"),
            AddEos = fields.Flag("add_eos_token") ?? false,
            LowerCase = fields.Flag("do_lower_case"),
            StripAccents = fields.Flag("strip_accents"),
            ChineseCharacters = fields.Flag("tokenize_chinese_chars"),
            PrefixSpace = fields.Flag("add_prefix_space"),
            Legacy = fields.Flag("legacy"),
            SplitsWords = fields.Flag("do_basic_tokenize") ?? true,
            Added = ReadAdded(fields),
            Special = [.. special.Values, .. more],
        };
        return config with { Remarks = Unread(fields) };
    }

    /// <summary>
    /// The parts of a tokenizer with what this file adds, as transformers does: names, frame, and added tokens, whose flags count more
    /// than those of the same token before.
    /// </summary>
    public TokenizerParts Applied(TokenizerParts parts)
    {
        IReadOnlyList<AddedToken> added = [.. parts.Added, .. Added];
        return parts with
        {
            Bos = Bos ?? parts.Bos,
            Eos = Eos ?? parts.Eos,
            AddBos = AddBos ?? parts.AddBos,
            AddEos = AddEos || parts.AddEos,
            Added = [.. added, .. Special.Where(token => added.All(other => other.Content != token.Content))],
            Remarks = [.. parts.Remarks, .. Remarks],
        };
    }

    private static List<AddedToken> ReadAdded(JsonFields fields)
    {
        if (fields.Object("added_tokens_decoder") is not { } tokens)
        {
            return [];
        }

        return
        [
            .. tokens.All().Select(token => TokenizerJson.ReadToken(token.Fields) with
            {
                WrittenId = int.TryParse(token.Name, out int id) ? id : throw tokens.Missing(token.Name, "an id as name"),
            }).OrderBy(token => token.WrittenId),
        ];
    }

    // A list of further special tokens, or a table of roles with their tokens.
    private static IEnumerable<AddedToken> Extra(JsonFields fields)
    {
        const string Name = "extra_special_tokens";
        IEnumerable<JsonElement> values = fields.Value(Name) switch
        {
            null => [],
            { ValueKind: JsonValueKind.Object } table => table.EnumerateObject().Select(p => p.Value),
            _ => fields.List(Name),
        };
        return values.Select(value => Token(fields, Name, value)).OfType<AddedToken>();
    }

    // A special token is written as its text, or as an object with its flags.
    private static AddedToken? Token(JsonFields fields, string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } content ? new AddedToken(content) { Special = true } : null,
        JsonValueKind.Object => TokenizerJson.ReadToken(new JsonFields(value, $"{fields.Place}: {name}")) with { Special = true },
        _ => throw fields.Wrong(name, "a token", value),
    };

    private static List<string> Unread(JsonFields fields)
    {
        // Names of further tokens (image_token, boi_token, ...) are texts; what could change tokens is a flag, a number or more.
        List<string> unread =
        [
            .. fields.Unread().Where(name => !(name.EndsWith("_token", StringComparison.Ordinal) || name.EndsWith("_token_id", StringComparison.Ordinal))),
        ];
        return unread.Count == 0 ? [] : [$"{FileName}: {OneLine.List(unread)} is not known and has no effect"];
    }
}
