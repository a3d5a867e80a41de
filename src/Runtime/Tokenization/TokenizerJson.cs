using System.Text.Json;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// tokenizer.json, the format of Hugging Face tokenizers. Every part, flag and field is obeyed or refused by name; <c>truncation</c>
/// and <c>padding</c> are left out, as transformers does for a text by itself: prompts are never cut or filled.
/// </summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";

    private const string Mark = "▁";

    private static readonly string[] TextParts = ["normalizer", "pre_tokenizer", "decoder"];

    // Python classes that make their post-processor anew from add_bos_token and add_eos_token.
    private static readonly string[] Rebuilding = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "GPTNeoXTokenizer", "CohereTokenizer"];

    /// <summary>Builds the tokenizer.</summary>
    /// <param name="root">The file's content.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="config">What tokenizer_config.json says beside it.</param>
    /// <exception cref="InvalidInputException">Something is malformed or not known.</exception>
    public static TextTokenizer Read(JsonElement root, string path, TokenizerConfig config)
    {
        var fields = new JsonFields(root, path);
        if (fields.Text("version") is { } version and not "1.0")
        {
            throw fields.Wrong("version", "1.0", version);
        }

        fields.Pass("truncation", "padding");
        Normalizer? normalizer = fields.Object("normalizer") is { } n ? ReadNormalizer(n, config) : null;
        PreTokenizer? split = fields.Object("pre_tokenizer") is { } p ? PreTokenizerReader.Read(p, config.PrefixSpace) : null;
        Frame? frame = fields.Object("post_processor") is { } f ? FrameReader.Read(f) : null;
        Decoder? decoder = fields.Object("decoder") is { } d ? DecoderReader.Read(d) : null;
        bool bytes = Names(root, "ByteLevel"), marks = Names(root, "Metaspace") || Names(root, "Prepend") || Names(root, "Replace");
        ITokenModel model = ModelReader.Read(
            fields.RequiredObject("model"), fallback => bytes ? "byte-level BPE" : fallback || marks ? "SentencePiece BPE" : "BPE");
        List<AddedToken> added = [.. fields.Objects("added_tokens").Select(ReadToken)];
        fields.Done();

        // add_bos_token is a setting of some Python classes; for the others the file's own post-processor says what stands around a text.
        TokenizerConfig applied = frame is null || Array.IndexOf(Rebuilding, config.Class) >= 0 ? config : config with { AddBos = null, AddEos = false };
        return new TokenizerPipeline(applied.Applied(new TokenizerParts
        {
            Kind = model.Kind,
            Source = Path.GetFileName(path),
            Normalizer = normalizer,
            PreTokenizer = split,
            Model = model,
            Added = added,
            Frame = frame ?? Frame.None,
            Decoder = decoder,
            PieceText = bytes ? ByteLevel.Text : marks ? piece => piece.Replace(Mark, " ", StringComparison.Ordinal) : piece => piece,
        }));
    }

    /// <summary>Whether a part of a type occurs before the model or behind it.</summary>
    private static bool Names(JsonElement root, string type) => TextParts.Any(
        name => root.TryGetProperty(name, out JsonElement part) && Contains(part, type));

    private static bool Contains(JsonElement part, string type) => part.ValueKind switch
    {
        JsonValueKind.Object => (part.TryGetProperty("type", out JsonElement t) && t.ValueKind == JsonValueKind.String && t.ValueEquals(type))
            || part.EnumerateObject().Any(field => Contains(field.Value, type)),
        JsonValueKind.Array => part.EnumerateArray().Any(item => Contains(item, type)),
        _ => false,
    };

    private static Normalizer ReadNormalizer(JsonFields fields, TokenizerConfig config)
    {
        if (fields.Text("type") != "BertNormalizer")
        {
            return NormalizerReader.Read(fields);
        }

        Normalizer normalizer = NormalizerReader.Bert(fields, config);
        fields.Done();
        return normalizer;
    }

    /// <summary>An added token as tokenizer.json and tokenizer_config.json write it.</summary>
    public static AddedToken ReadToken(JsonFields token)
    {
        token.Pass("__type");
        int? id = token.Integer("id");
        string content = token.RequiredText("content");
        bool special = token.Flag("special") ?? false;
        var added = new AddedToken(content.Length > 0 ? content : throw token.Wrong("content", "a text", content))
        {
            WrittenId = id,
            Special = special,
            LeftStrip = token.Flag("lstrip") ?? false,
            RightStrip = token.Flag("rstrip") ?? false,
            SingleWord = token.Flag("single_word") ?? false,
            Normalized = token.Flag("normalized") ?? !special,
        };
        token.Done();
        return added;
    }
}
