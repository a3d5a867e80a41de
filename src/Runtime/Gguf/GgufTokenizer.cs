using System.Text.RegularExpressions;
using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// The tokenizer that a GGUF file carries: <c>llama</c>, SentencePiece BPE with scores and bytes for what has no piece, or
/// <c>gpt2</c>, byte-level BPE with merges.
/// </summary>
internal sealed partial class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.", ModelKey = Prefix + "model", PreKey = Prefix + "pre";
    private const string TokensKey = Prefix + "tokens", ScoresKey = Prefix + "scores", TypesKey = Prefix + "token_type";
    private const string MergesKey = Prefix + "merges", SpaceKey = Prefix + "add_space_prefix";
    private const int MostMergesPerToken = 4;

    private readonly GgufMetadata metadata;
    private readonly IReadOnlyList<string> tokens;
    private readonly IReadOnlyList<int>? types;

    private GgufTokenizer(GgufMetadata metadata, int vocabulary)
    {
        this.metadata = metadata;
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

    /// <summary>Builds the tokenizer.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="vocabulary">The rows of the embedding, which the tokens must not outnumber.</param>
    /// <returns>The tokenizer, or null when the file has none.</returns>
    /// <exception cref="InvalidInputException">The tokenizer is damaged, or of a kind that is not read.</exception>
    public static TextTokenizer? Read(string path, GgufMetadata metadata, int vocabulary)
    {
        if (!metadata.Has(ModelKey) || metadata.Text(ModelKey) is "none" or "no_vocab")
            return null;
        string model = metadata.Text(ModelKey);
        if (model is not ("llama" or "gpt2"))
            throw metadata.Error(ModelKey, $"{OneLine.Quote(model)} is not supported; expected llama or gpt2");
        GgufTokenizer reader = new(metadata, vocabulary);
        try
        {
            return model == "llama" ? reader.SentencePiece() : reader.ByteLevelBpe();
        }
        catch (Exception exception) when (exception is not InvalidInputException)
        {
            // The library reports malformed vocabularies by exceptions of many kinds.
            throw new InvalidInputException(
                $"{path}: the tokenizer could not be read ({OneLine.Quote(exception.Message)})", exception);
        }
    }

    /// <summary>The token id of a key, or null where there is none: writers put 4294967295 for none.</summary>
    public static int? Id(GgufMetadata metadata, string key) =>
        !metadata.Has(key) || metadata.Value(key) is uint.MaxValue or -1 ? null : metadata.Int(key);

    private TextTokenizer SentencePiece()
    {
        if (metadata.Has(Prefix + "precompiled_charsmap") && metadata.Count(Prefix + "precompiled_charsmap") > 0)
            throw metadata.Error(Prefix + "precompiled_charsmap", "normalisation of characters is not supported");
        if (metadata.Flag(Prefix + "remove_extra_whitespaces", false))
            throw metadata.Error(Prefix + "remove_extra_whitespaces", "expected false, the other setting is not supported");
        RequireCount(ScoresKey);
        if (types is null)
            throw metadata.Error(TypesKey, "expected the type of each token, found nothing");
        IReadOnlyList<double> scores = metadata.Numbers(ScoresKey);
        int unknown = Id(metadata, Prefix + "unknown_token_id") ?? Math.Max(0, types.ToList().IndexOf(SentencePieceModel.Unknown));
        byte[] model = SentencePieceModel.Write(
            tokens.Select((token, id) => new SentencePiece(token, (float)scores[id], types[id])),
            unigram: false,
            types.Contains(SentencePieceModel.Byte),
            metadata.Flag(SpaceKey, true),
            unknown);
        return TokenizerLoader.SentencePiece(model, "SentencePiece BPE", Frame(bosByDefault: true));
    }

    private TextTokenizer ByteLevelBpe()
    {
        if (metadata.Flag(SpaceKey, false))
            throw metadata.Error(SpaceKey, "expected false for byte-level BPE, the other setting is not supported");
        if (metadata.Count(MergesKey) > MostMergesPerToken * (long)tokens.Count)
            throw metadata.Error(MergesKey, $"expected at most {MostMergesPerToken} merges per token, found {metadata.Count(MergesKey)}");
        IReadOnlyList<string> merges = metadata.Texts(MergesKey);
        if (merges.FirstOrDefault(merge => merge.Split(' ').Length != 2) is { } wrong)
            throw metadata.Error(MergesKey, $"expected two pieces with a space between, found {OneLine.Quote(wrong)}");
        TokenizerConfig frame = Frame(bosByDefault: false);
        var vocabulary = tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id, StringComparer.Ordinal);
        var special = vocabulary
            .Where(p => types is null
                ? p.Key == frame.Bos || p.Key == frame.Eos
                : types[p.Value] is SentencePieceModel.Control or SentencePieceModel.UserDefined)
            .ToDictionary(StringComparer.Ordinal);
        string pattern = Pattern();
        return TokenizerLoader.ByteLevelBpe(
            vocabulary, merges, Words(pattern), special, frame, wholeWords: pattern == "llama-bpe");
    }

    // Files of GPT-2 are older than the key; for others, what was meant without it is not known.
    private string Pattern() =>
        metadata.Text(PreKey, metadata.Text("general.architecture", "") == "gpt2" ? "gpt-2" : null);

    private Regex Words(string pattern) => pattern switch
    {
        "gpt-2" => TokenizerLoader.Gpt2Words(),
        "llama-bpe" => Llama3Words(),
        "qwen2" => Qwen2Words(),
        _ => throw metadata.Error(PreKey, $"{OneLine.Quote(pattern)} is not supported; expected gpt-2, llama-bpe or qwen2"),
    };

    private TokenizerConfig Frame(bool bosByDefault) => new()
    {
        Bos = Token("bos_token_id"),
        Eos = Token("eos_token_id"),
        AddBos = metadata.Flag(Prefix + "add_bos_token", bosByDefault),
        AddEos = metadata.Flag(Prefix + "add_eos_token", false),
    };

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

    /// <summary>Llama 3's pattern of words: digits in threes, punctuation with the line ends behind it.</summary>
    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Llama3Words();

    /// <summary>Qwen2's pattern of words: as Llama 3's, with every digit on its own.</summary>
    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Qwen2Words();
}
