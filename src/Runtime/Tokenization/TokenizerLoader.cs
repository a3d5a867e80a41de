using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Interp.Runtime.Weights;
using Microsoft.ML.Tokenizers;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// Finds and builds the tokenizer of a Hugging Face directory. Of a SentencePiece model the pieces are read and checked at once, the
/// library's tokenizer is made when a text is first read: that takes longer than all else about a small model.
/// </summary>
public static partial class TokenizerLoader
{
    /// <summary>
    /// Builds the tokenizer from what the directory holds: tokenizer.json, else vocab.json with merges.txt (GPT-2), else
    /// tokenizer.model (SentencePiece), else vocab.txt (WordPiece). A tokenizer.json of a kind that is not read gives way to
    /// the other files.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The tokenizer, or null when there is no tokenizer file.</returns>
    /// <exception cref="InvalidInputException">A tokenizer file is malformed, or none of them is of a kind that is read.</exception>
    public static TextTokenizer? TryLoad(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string json = Path.Combine(directory, "tokenizer.json"), vocabulary = Path.Combine(directory, "vocab.json");
        string merges = Path.Combine(directory, "merges.txt"), model = Path.Combine(directory, "tokenizer.model");
        string words = Path.Combine(directory, "vocab.txt");
        string? notRead = null;
        try
        {
            TokenizerConfig config = TokenizerConfig.Read(directory);
            if (File.Exists(json))
            {
                using JsonDocument document = JsonFile.Open(json);
                if (TokenizerJson.TryBuild(document.RootElement, json, config, out notRead) is { } tokenizer)
                {
                    return tokenizer;
                }
            }

            if (File.Exists(vocabulary) && File.Exists(merges))
            {
                return Gpt2(vocabulary, merges, config);
            }

            if (File.Exists(model))
            {
                return SentencePiece(File.ReadAllBytes(model), "SentencePiece", config);
            }

            if (File.Exists(words))
            {
                return WordPiece(File.ReadAllLines(words), config);
            }
        }
        catch (Exception e) when (e is not InvalidInputException)
        {
            // The library reports malformed files by exceptions of many kinds.
            throw new InvalidInputException($"{directory}: the tokenizer files could not be read: {FirstLine(e.Message)}", e);
        }

        return notRead is null ? null : throw new InvalidInputException(
            $"{json}: {notRead} is not supported");
    }

    /// <summary>GPT-2's pattern of words: contractions, letters, digits, other characters, white space.</summary>
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    internal static partial Regex Gpt2Words();

    internal static TextTokenizer ByteLevelBpe(
        Dictionary<string, int> vocabulary,
        IEnumerable<string> merges,
        Regex words,
        IReadOnlyDictionary<string, int> special,
        TokenizerConfig config,
        IReadOnlyList<int>? prefix = null,
        IReadOnlyList<int>? suffix = null,
        bool wholeWords = false,
        IReadOnlySet<int>? textual = null,
        Func<string, string>? normalize = null)
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges,
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(words, special),
            SpecialTokens = special,
        });
        string?[] pieces = Pieces(vocabulary.Concat(special));
        Func<string, IReadOnlyList<int>> encode = wholeWords
            ? new WholeWords(vocabulary, words, special, word => tokenizer.EncodeToIds(word)).Encode
            : text => tokenizer.EncodeToIds(text);
        return new LibraryTokenizer(
            normalize is null ? encode : text => encode(normalize(text)),
            ids => tokenizer.Decode(ids),
            Traits(
                "byte-level BPE", pieces, [.. special.Values.Where(id => textual?.Contains(id) != true)], config, ByteLevel.Text, prefix, suffix));
    }

    internal static TextTokenizer SentencePiece(
        byte[] model, string kind, TokenizerConfig config, IReadOnlyList<int>? prefix = null, IReadOnlyList<int>? suffix = null)
    {
        IReadOnlyList<SentencePiece> pieces = SentencePieceModel.ReadPieces(model);
        Dictionary<string, int> special = [];
        HashSet<int> framing = [];
        for (int id = 0; id < pieces.Count; id++)
        {
            // The library looks for it forever.
            if (pieces[id].Text.Length == 0)
            {
                throw new InvalidInputException($"{kind} tokenizer: token {id}: expected a piece of text, found an empty one");
            }

            if (pieces[id].Type == SentencePieceModel.Byte && !SentencePieceModel.IsByte(pieces[id].Text))
            {
                throw new InvalidInputException(
                    $"{kind} tokenizer: token {id}: expected a byte such as <0x0A>, found {OneLine.Quote(pieces[id].Text)}");
            }

            if (pieces[id].Type is SentencePieceModel.Control or SentencePieceModel.Unknown or SentencePieceModel.UserDefined)
            {
                special.TryAdd(pieces[id].Text, id);
            }

            if (pieces[id].Type is SentencePieceModel.Control or SentencePieceModel.Unknown)
            {
                framing.Add(id);
            }
        }

        var tokenizer = new Lazy<SentencePieceTokenizer>(() =>
        {
            try
            {
                using var stream = new MemoryStream(model);
                return SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false, special);
            }
            catch (Exception e) when (e is not InvalidInputException)
            {
                // The library reports malformed models by exceptions of many kinds.
                throw new InvalidInputException($"{kind} tokenizer: it could not be read: {FirstLine(e.Message)}", e);
            }
        });
        config = config with { Bos = config.Bos ?? (special.ContainsKey("<s>") ? "<s>" : null), AddBos = config.AddBos ?? true };
        return new LibraryTokenizer(
            text => tokenizer.Value.EncodeToIds(text),
            ids => SentencePieceModel.Decode(ids.Select(id => pieces[id]), tokenizer.Value.AddDummyPrefix),
            Traits(kind, [.. pieces.Select(p => p.Text)], framing, config, t => t.Replace('▁', ' '), prefix, suffix));
    }

    internal static TextTokenizer WordPiece(IReadOnlyList<string> words, TokenizerConfig config)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', words)));
        var split = new BertWords(config.LowerCase);
        var tokenizer = BertTokenizer.Create(
            stream, new BertOptions { ApplyBasicTokenization = false, LowerCaseBeforeTokenization = false });
        HashSet<int> special = [.. Enumerable.Range(0, words.Count).Where(id => words[id] is "[CLS]" or "[SEP]" or "[PAD]")];
        TokenizerConfig framed = config with { Bos = "[CLS]", Eos = "[SEP]", AddBos = true, AddEos = true };
        return new LibraryTokenizer(
            text => split.Split(text) is { Length: > 0 } words ? tokenizer.EncodeToIds(words, addSpecialTokens: false) : [],
            ids => tokenizer.Decode(ids),
            Traits("WordPiece", [.. words], special, framed, t => t));
    }

    private static TextTokenizer Gpt2(string vocabularyPath, string mergesPath, TokenizerConfig config)
    {
        using JsonDocument document = JsonFile.Open(vocabularyPath);
        var vocabulary = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
        IEnumerable<string> merges = File.ReadLines(mergesPath).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal));
        Dictionary<string, int> special = vocabulary.Where(p => p.Key == "<|endoftext|>").ToDictionary();
        string? end = special.Keys.FirstOrDefault();
        return ByteLevelBpe(
            vocabulary, merges, Gpt2Words(), special, config with { Bos = config.Bos ?? end, Eos = config.Eos ?? end });
    }

    private static TokenizerTraits Traits(
        string kind,
        IReadOnlyList<string?> pieces,
        HashSet<int> special,
        TokenizerConfig config,
        Func<string, string> text,
        IReadOnlyList<int>? prefix = null,
        IReadOnlyList<int>? suffix = null)
    {
        int? bos = Id(config.Bos), eos = Id(config.Eos);
        return new TokenizerTraits(
            kind,
            pieces,
            special,
            bos,
            eos,
            config.AddBos switch
            {
                true => bos is { } b ? [b] : [],
                false => [],
                null => prefix ?? [],
            },
            config.AddEos && eos is { } e ? [e] : suffix ?? [],
            text);

        int? Id(string? token)
        {
            int index = token is null ? -1 : pieces.ToList().IndexOf(token);
            return index < 0 ? null : index;
        }
    }

    private static string?[] Pieces(IEnumerable<KeyValuePair<string, int>> vocabulary)
    {
        var pairs = vocabulary.ToList();
        var pieces = new string?[pairs.Max(p => p.Value) + 1];
        foreach ((string piece, int id) in pairs)
        {
            pieces[id] = piece;
        }

        return pieces;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();
}
