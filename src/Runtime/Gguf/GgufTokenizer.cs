using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// The tokenizer that a GGUF file carries: <c>llama</c>, SentencePiece BPE with scores and bytes for what has no piece, or
/// <c>gpt2</c>, byte-level BPE with merges.
/// </summary>
internal sealed class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.", ModelKey = Prefix + "model", PreKey = Prefix + "pre";
    private const string TokensKey = Prefix + "tokens", ScoresKey = Prefix + "scores", TypesKey = Prefix + "token_type";
    private const string MergesKey = Prefix + "merges", SpaceKey = Prefix + "add_space_prefix";
    private const int MostMergesPerToken = 4;
    private const string LlamaPattern = "llama-bpe";

    // Digits in threes, punctuation with the line ends behind it.
    private const string Llama3Words =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string[] Known =
    [
        "model", "pre", "tokens", "scores", "token_type", "merges", "bos_token_id", "eos_token_id", "add_bos_token", "add_eos_token",
        "add_space_prefix", "remove_extra_whitespaces", "precompiled_charsmap",
    ];

    // Tokens that no text is cut into, and what concerns chats: none of them changes what a text becomes.
    private static readonly string[] Harmless =
    [
        "unknown_token_id", "separator_token_id", "seperator_token_id", "padding_token_id", "cls_token_id", "mask_token_id", "eot_token_id",
        "eom_token_id", "prefix_token_id", "suffix_token_id", "middle_token_id", "fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id",
        "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id", "token_type_count", "added_tokens", "add_sep_token", "eos_token_ids",
    ];

    private readonly string path;
    private readonly GgufMetadata metadata;
    private readonly string model;
    private readonly IReadOnlyList<string> tokens;
    private readonly IReadOnlyList<int>? types;

    private GgufTokenizer(string path, GgufMetadata metadata, string model, int vocabulary)
    {
        this.path = path;
        this.metadata = metadata;
        this.model = model;
        long count = metadata.Count(TokensKey);
        if (count < 1 || count > vocabulary)
            throw metadata.Error(TokensKey, $"expected 1 to {vocabulary} tokens, the rows of the embedding, found {count}");
        tokens = metadata.Texts(TokensKey);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (tokens.FirstOrDefault(token => !seen.Add(token)) is { } twice)
            throw metadata.Error(TokensKey, $"the token {OneLine.Quote(twice)} is there twice");
        if (metadata.Has(TypesKey))
        {
            RequireCount(TypesKey);
            types = metadata.Ints(TypesKey);
        }
    }

    /// <summary>Reads what the file says of its tokenizer.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="vocabulary">The rows of the embedding, which the tokens must not outnumber.</param>
    /// <returns>The tokenizer's settings, or null when the file has none.</returns>
    /// <exception cref="InvalidInputException">The tokenizer is damaged, or of a kind that is not read.</exception>
    public static GgufTokenizer? Read(string path, GgufMetadata metadata, int vocabulary)
    {
        if (!metadata.Has(ModelKey) || metadata.Text(ModelKey) is "none" or "no_vocab")
            return null;
        string model = metadata.Text(ModelKey);
        if (model is not ("llama" or "gpt2"))
            throw metadata.Error(ModelKey, $"{OneLine.Quote(model)} is not supported; expected llama or gpt2");
        if (metadata.Keys.FirstOrDefault(IsUnknown) is { } unknown)
            throw metadata.Error(unknown, "is not known, and could change the tokens");
        return new GgufTokenizer(path, metadata, model, vocabulary);
    }

    /// <summary>Builds the tokenizer.</summary>
    /// <exception cref="InvalidInputException">A token, score or merge is damaged, or a setting is not supported.</exception>
    public TextTokenizer Build() => new TokenizerPipeline(Parts());

    /// <summary>The tokenizer as the files of a Hugging Face directory, which are read to the same tokens.</summary>
    /// <exception cref="InvalidInputException">The tokenizer is damaged, or is one that these files cannot say.</exception>
    public IReadOnlyList<(string Name, byte[] Content)> Files()
    {
        TokenizerParts parts = Parts();
        if (new[] { parts.Bos, parts.Eos }.FirstOrDefault(token => token is not null && parts.Added.All(added => added.Content != token)) is { } untyped)
            throw metadata.Error(TypesKey, $"{OneLine.Quote(untyped)} starts or ends texts and is no control token, which files of tokenizers cannot say");
        if (model == "llama")
        {
            if (parts.Bos is null && tokens.Contains(SentencePieceFile.DefaultBos))
                throw metadata.Error(Prefix + "bos_token_id", $"expected one beside the token {SentencePieceFile.DefaultBos}, which starts texts where a tokenizer.model is read");
            return
            [
                (OlderFiles.ModelFile, TokenizerWriter.SentencePieceBpe(Pieces(), ByteFallback, metadata.Flag(SpaceKey, true))),
                (TokenizerConfig.FileName, TokenizerWriter.Config("LlamaTokenizer", parts)),
            ];
        }

        return
        [
            (TokenizerJson.FileName, TokenizerWriter.ByteLevelBpe(parts, tokens, Merges(), Words(Pattern()), Pattern() == LlamaPattern)),
            (TokenizerConfig.FileName, TokenizerWriter.Config("PreTrainedTokenizerFast", parts)),
        ];
    }

    /// <summary>The token id of a key, or null where there is none: writers put 4294967295 for none.</summary>
    public static int? Id(GgufMetadata metadata, string key) =>
        !metadata.Has(key) || metadata.Value(key) is uint.MaxValue or -1 ? null : metadata.Int(key);

    private static bool IsUnknown(string key) => key.StartsWith(Prefix, StringComparison.Ordinal)
        && !Known.Contains(key[Prefix.Length..]) && !Harmless.Contains(key[Prefix.Length..]);

    private bool ByteFallback => types!.Contains(Tokenization.SentencePiece.Byte);

    private TokenizerParts Parts()
    {
        try
        {
            return model == "llama" ? SentencePiece() : ByteLevelBpe();
        }
        catch (Exception exception) when (exception is not InvalidInputException)
        {
            // Malformed vocabularies are reported by exceptions of many kinds.
            throw new InvalidInputException($"{path}: the tokenizer could not be read ({OneLine.Quote(exception.Message)})", exception);
        }
    }

    private TokenizerParts SentencePiece()
    {
        if (metadata.Has(Prefix + "precompiled_charsmap") && metadata.Count(Prefix + "precompiled_charsmap") > 0)
            throw metadata.Error(Prefix + "precompiled_charsmap", "normalisation of characters is not supported");
        if (metadata.Flag(Prefix + "remove_extra_whitespaces", false))
            throw metadata.Error(Prefix + "remove_extra_whitespaces", "expected false, the other setting is not supported");
        RequireCount(ScoresKey);
        if (types is null)
            throw metadata.Error(TypesKey, "expected the type of each token, found nothing");
        var rules = new SentencePieceRules { Prefix = metadata.Flag(SpaceKey, true) };
        return Framed(SentencePieceFile.Parts(Pieces(), unigram: false, ByteFallback, rules, path, "SentencePiece BPE"), bosByDefault: true);
    }

    private IReadOnlyList<SentencePiece> Pieces()
    {
        IReadOnlyList<double> scores = metadata.Numbers(ScoresKey);
        return [.. tokens.Select((token, id) => new SentencePiece(token, (float)scores[id], types![id]))];
    }

    private TokenizerParts ByteLevelBpe()
    {
        if (metadata.Flag(SpaceKey, false))
            throw metadata.Error(SpaceKey, "expected false for byte-level BPE, the other setting is not supported");
        if (metadata.Count(MergesKey) > MostMergesPerToken * (long)tokens.Count)
            throw metadata.Error(MergesKey, $"expected at most {MostMergesPerToken} merges per token, found {metadata.Count(MergesKey)}");
        var vocabulary = new Vocabulary(
            tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id, StringComparer.Ordinal), path);
        string pattern = Pattern();
        TokenizerParts parts = Framed(
            new TokenizerParts
            {
                Kind = "byte-level BPE",
                Source = path,
                PreTokenizer = OlderFiles.ByteLevelWords(Words(pattern), prefix: false),
                Model = BytePairModel.ByteLevel(vocabulary, Merges(), path, wholeWords: pattern == LlamaPattern, unknown: null),
                Decoder = Decoders.Bytes,
                PieceText = ByteLevel.Text,
            },
            bosByDefault: pattern == LlamaPattern);
        return parts with
        {
            Added =
            [
                .. tokens.Index().Where(p => types is null
                    ? p.Item == parts.Bos || p.Item == parts.Eos
                    : types[p.Index] is Tokenization.SentencePiece.Control or Tokenization.SentencePiece.UserDefined)
                    .Select(p => new AddedToken(p.Item) { Special = types?[p.Index] != Tokenization.SentencePiece.UserDefined }),
            ],
        };
    }

    private IEnumerable<(string Left, string Right)> Merges() => metadata.Texts(MergesKey).Select(merge => merge.Split(' ') is [var left, var right]
        ? (left, right)
        : throw metadata.Error(MergesKey, $"expected two pieces with a space between, found {OneLine.Quote(merge)}"));

    // Files of GPT-2 are older than the key; for others, what was meant without it is not known.
    private string Pattern() =>
        metadata.Text(PreKey, metadata.Text("general.architecture", "") == "gpt2" ? "gpt-2" : null);

    private string? Words(string pattern) => pattern switch
    {
        "gpt-2" => null,
        LlamaPattern => Llama3Words,
        "qwen2" => OlderFiles.Qwen2Words,
        _ => throw metadata.Error(PreKey, $"{OneLine.Quote(pattern)} is not supported; expected gpt-2, {LlamaPattern} or qwen2"),
    };

    // As llama.cpp: SentencePiece and Llama 3 begin a text by the start token unless the file says otherwise.
    private TokenizerParts Framed(TokenizerParts parts, bool bosByDefault)
    {
        string? bos = Token("bos_token_id"), eos = Token("eos_token_id");
        return parts with
        {
            Bos = bos,
            Eos = eos,
            AddBos = metadata.Flag(Prefix + "add_bos_token", bosByDefault && bos is not null),
            AddEos = metadata.Flag(Prefix + "add_eos_token", false),
        };
    }

    private string? Token(string key)
    {
        int? id = Id(metadata, Prefix + key);
        return id is null ? null
            : id < tokens.Count ? tokens[id.Value]
            : throw metadata.Error(Prefix + key, $"expected a token from 0 to {tokens.Count - 1}, found {id}");
    }

    private void RequireCount(string key)
    {
        if (metadata.Count(key) != tokens.Count)
            throw metadata.Error(key, $"expected {tokens.Count} elements, one for each token, found {metadata.Count(key)}");
    }
}
