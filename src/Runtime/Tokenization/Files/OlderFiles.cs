using System.Text;
using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// Tokenizer files from before tokenizer.json, turned into the same parts as transformers turns them: which rules go with a
/// vocabulary is said by the name of its Python class (<c>tokenizer_class</c>).
/// </summary>
internal static class OlderFiles
{
    /// <summary>Qwen2's pattern of words: digits one by one, punctuation with the line ends behind it.</summary>
    public const string Qwen2Words =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string ModelFile = "tokenizer.model";

    private const string VocabularyFile = "vocab.json", MergesFile = "merges.txt", WordsFile = "vocab.txt";
    private const string EndOfText = "<|endoftext|>";

    private static readonly string[] Gpt2Classes = ["GPT2Tokenizer", "CodeGenTokenizer"];
    private static readonly string[] RobertaClasses = ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer"];
    private static readonly string[] BertClasses =
        ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "MPNetTokenizer", "SqueezeBertTokenizer"];

    private static readonly string[] SentencePieceClasses = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"];

    // What a Python class takes as special where its file says nothing.
    private static readonly AddedToken[] BertSpecial = Special("[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]");
    private static readonly AddedToken[] RobertaSpecial =
        [.. Special("<s>", "</s>", "<unk>", "<pad>"), new AddedToken("<mask>") { Special = true, LeftStrip = true }];

    /// <summary>The tokenizer of the files that a directory holds, or null where it holds none.</summary>
    /// <exception cref="InvalidInputException">A file is malformed, or its class is one whose rules are not known.</exception>
    public static TextTokenizer? TryRead(string directory)
    {
        bool Has(string file) => File.Exists(Path.Combine(directory, file));
        bool pairs = Has(VocabularyFile) && Has(MergesFile), model = Has(ModelFile), words = Has(WordsFile);
        if (!pairs && !model && !words)
        {
            return null;
        }

        TokenizerConfig config = TokenizerConfig.Read(directory);
        string[] known = [.. pairs ? [.. Gpt2Classes, .. RobertaClasses, "Qwen2Tokenizer"] : model ? SentencePieceClasses : BertClasses];
        string type = config.Class is null or "PreTrainedTokenizer" ? Default(directory, pairs, model) : config.Class;
        if (!known.Contains(type))
        {
            throw new InvalidInputException(
                $"{Path.Combine(directory, TokenizerConfig.FileName)}: tokenizer_class {OneLine.Quote(type)} is not supported with "
                + $"{(pairs ? $"{VocabularyFile} and {MergesFile}" : model ? ModelFile : WordsFile)}; expected {string.Join(", ", known)}, or a tokenizer.json");
        }

        TokenizerParts parts = pairs ? BytePairs(directory, type, config)
            : model ? SentencePieceFile.Read(File.ReadAllBytes(Path.Combine(directory, ModelFile)), ModelFile, config)
            : WordPiece(directory, config);
        return new TokenizerPipeline(config.Applied(parts));
    }

    // Without a class config.json's model_type says whose tokenizer it is.
    private static string Default(string directory, bool pairs, bool model)
    {
        string path = Path.Combine(directory, "config.json");
        using JsonDocument? document = File.Exists(path) ? JsonFile.Open(path) : null;
        string? type = document is not null && document.RootElement.TryGetProperty("model_type", out JsonElement value) ? value.ToString() : null;
        return pairs ? type switch { "roberta" => "RobertaTokenizer", "qwen2" or "qwen3" => "Qwen2Tokenizer", _ => "GPT2Tokenizer" }
            : model ? "LlamaTokenizer" : "BertTokenizer";
    }

    private static TokenizerParts BytePairs(string directory, string type, TokenizerConfig config)
    {
        string path = Path.Combine(directory, VocabularyFile);
        using JsonDocument document = JsonFile.Open(path);
        Dictionary<string, int> ids = new(document.RootElement.GetPropertyCount(), StringComparer.Ordinal);
        foreach (JsonProperty token in document.RootElement.EnumerateObject())
        {
            ids[token.Name] = token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt32(out int id)
                ? id
                : throw new InvalidInputException($"{path}: {OneLine.Quote(token.Name)}: expected an id, found {OneLine.Quote(token.Value.GetRawText())}");
        }

        var vocabulary = new Vocabulary(ids, path);
        bool roberta = RobertaClasses.Contains(type), qwen = type == "Qwen2Tokenizer";
        AddedToken[] special = roberta ? RobertaSpecial : Special(EndOfText);
        string? end = roberta ? null : vocabulary.Id(EndOfText) is null ? null : EndOfText;
        return new TokenizerParts
        {
            Kind = "byte-level BPE",
            Source = $"{VocabularyFile} and {MergesFile}",
            Normalizer = qwen ? Normalizers.Form(UnicodeForm.C) : null,
            PreTokenizer = ByteLevelWords(qwen ? Qwen2Words : null, config.PrefixSpace ?? false),
            Model = BytePairModel.ByteLevel(vocabulary, Merges(Path.Combine(directory, MergesFile)), path, wholeWords: false, config.Unknown),
            Added = [.. special.Where(token => vocabulary.Id(token.Content) is not null && config.Special.All(other => other.Content != token.Content))],
            Frame = roberta && vocabulary.Id(config.Bos ?? "<s>") is { } first && vocabulary.Id(config.Eos ?? "</s>") is { } last
                ? Frame.Roberta(first, last) : Frame.None,
            Decoder = Decoders.Bytes,
            PieceText = ByteLevel.Text,
            Bos = roberta ? "<s>" : end,
            Eos = roberta ? "</s>" : end,
        };
    }

    /// <summary>Words by GPT-2's pattern, or by another one, in letters for bytes.</summary>
    public static PreTokenizer ByteLevelWords(string? pattern, bool prefix) => pattern is null
        ? PreTokenizers.ByteLevelWords(prefix, words: true)
        : PreTokenizers.Sequence(
        [
            PreTokenizers.Split(new Pattern(pattern), SplitBehavior.Isolated, invert: false), PreTokenizers.ByteLevelWords(prefix, words: false),
        ]);

    private static TokenizerParts WordPiece(string directory, TokenizerConfig config)
    {
        string path = Path.Combine(directory, WordsFile);
        if (!config.SplitsWords)
        {
            throw new InvalidInputException($"{Path.Combine(directory, TokenizerConfig.FileName)}: do_basic_tokenize: expected true, found false");
        }

        // As Python reads it: a line a token, its white space at the end apart; of equal lines the last one counts.
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (string line in Lines(path))
        {
            ids[line.TrimEnd('\r')] = ids.Count;
        }

        var vocabulary = new Vocabulary(ids, path);
        bool lower = config.LowerCase ?? true;
        string first = Role("cls_token", "[CLS]"), last = Role("sep_token", "[SEP]");
        return new TokenizerParts
        {
            Kind = "WordPiece",
            Source = WordsFile,
            Normalizer = Normalizers.Bert(clean: true, config.ChineseCharacters ?? true, config.StripAccents ?? lower, lower),
            PreTokenizer = PreTokenizers.Bert,
            Model = new WordPieceModel(vocabulary, config.Unknown ?? "[UNK]", "##", 100),
            Added = [.. BertSpecial.Where(token => vocabulary.Id(token.Content) is not null && config.Special.All(other => other.Content != token.Content))],
            Frame = vocabulary.Id(first) is { } start && vocabulary.Id(last) is { } end ? Frame.Bert(start, end) : Frame.None,
            Decoder = Decoders.WordPiece("##", cleanUp: true),
            Bos = first,
            Eos = last,
        };

        string Role(string name, string usual) => config.Roles.GetValueOrDefault(name) ?? usual;
    }

    private static IEnumerable<(string Left, string Right)> Merges(string path)
    {
        foreach (string line in Lines(path).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)))
        {
            yield return line.TrimEnd('\r').Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw new InvalidInputException($"{path}: expected two tokens with a space between, found {OneLine.Quote(line)}");
        }
    }

    private static string[] Lines(string path)
    {
        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            string[] lines = text.TrimStart('\uFEFF').Split('\n');
            return lines[^1].Length == 0 ? lines[..^1] : lines;
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{path}: expected UTF-8, found bytes that are none", e);
        }
    }

    private static AddedToken[] Special(params string[] contents) => [.. contents.Select(content => new AddedToken(content) { Special = true })];
}
