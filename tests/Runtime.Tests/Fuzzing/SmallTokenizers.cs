using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Runtime.Tests.Tokenization;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Tokenizers of every kind with a few dozen tokens.</summary>
internal static class SmallTokenizers
{
    private static readonly string[] Merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "i n", "Ġ t"];

    /// <summary>GPT-2's two files.</summary>
    public static Dictionary<string, byte[]> VocabularyAndMerges => new()
    {
        ["vocab.json"] = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(ByteVocabulary)),
        ["merges.txt"] = Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Join('\n', Merges) + "\n"),
    };

    /// <summary>BERT's file.</summary>
    public static Dictionary<string, byte[]> Words => new()
    {
        ["vocab.txt"] = Encoding.UTF8.GetBytes(string.Join('\n', WordPieces) + "\n"),
    };

    /// <summary>SentencePiece, with settings.</summary>
    public static Dictionary<string, byte[]> Pieces => new()
    {
        ["tokenizer.model"] = SentencePieceBuilder.Build(
            [
                new("<unk>", 0, SentencePiece.Unknown), new("<s>", 0, SentencePiece.Control), new("</s>", 0, SentencePiece.Control),
                .. Enumerable.Range(0, 256).Select(b => new SentencePiece($"<0x{b:X2}>", 0, SentencePiece.Byte)),
                .. CharacterPieces.Select((p, i) => new SentencePiece(p, -i, SentencePiece.Normal)),
            ], unigram: false, byteFallback: true, removeExtraSpaces: false),
        ["tokenizer_config.json"] = """
            {"bos_token":{"content":"<s>"},"eos_token":"</s>","add_bos_token":true,"add_eos_token":false,"do_lower_case":true}
            """u8.ToArray(),
    };

    /// <summary>tokenizer.json of the four kinds.</summary>
    public static IEnumerable<(string Name, string Json)> Json =>
    [
        ("tokenizer.json of byte-level BPE", new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = ByteVocabulary.Count - 1, ["content"] = "<|endoftext|>" }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = JsonNode.Parse("""
                {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+|\\s+|."},"behavior":"Isolated"},
                {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
                """),
            ["post_processor"] = Template("<|endoftext|>", ByteVocabulary.Count - 1),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = JsonSerializer.SerializeToNode(ByteVocabulary), ["merges"] = JsonSerializer.SerializeToNode(Merges) },
        }.ToJsonString()),
        ("tokenizer.json of Unigram", new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 1, ["content"] = "<s>" }),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always" },
            ["post_processor"] = Template("<s>", 1),
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["vocab"] = new JsonArray([.. new[] { "<unk>", "<s>" }.Concat(CharacterPieces).Select((p, i) => new JsonArray(p, -0.1 * i))]),
            },
        }.ToJsonString()),
        ("tokenizer.json of SentencePiece BPE", new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 1, ["content"] = "<s>" }),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"}]}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["byte_fallback"] = true,
                ["vocab"] = JsonSerializer.SerializeToNode(new[] { "<unk>", "<s>" }.Concat(Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"))
                    .Concat(CharacterPieces).Append("he").Append("hel").Select((p, i) => (p, i)).ToDictionary(p => p.p, p => p.i)),
                ["merges"] = new JsonArray("h e", "he l"),
            },
        }.ToJsonString()),
        ("tokenizer.json of WordPiece", new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "BertNormalizer", ["lowercase"] = true },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["vocab"] = JsonSerializer.SerializeToNode(WordPieces.Select((p, i) => (p, i)).ToDictionary(p => p.p, p => p.i)),
            },
        }.ToJsonString()),
    ];

    private static string[] WordPieces { get; } =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "##s", "it", "'", ",", "!", "4", "##2", ".",
        .. "abcdefghijklmnopqrstuvwxyz".Select(c => $"{c}"),
    ];

    private static string[] CharacterPieces { get; } = [.. "▁abcdefghijklmnopqrstuvwxyz".Select(c => $"{c}")];

    private static Dictionary<string, int> ByteVocabulary { get; } = Enumerable.Range(0, 256).Select(b => $"{ByteLevelCharacter(b)}")
        .Concat(Merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal))).Append("<|endoftext|>")
        .Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id);

    // GPT-2's printable character of a byte: itself where it is printable, else the next of those from 256 on.
    private static char ByteLevelCharacter(int b)
    {
        static bool Printable(int c) => c is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return Printable(b) ? (char)b : (char)(256 + Enumerable.Range(0, b).Count(c => !Printable(c)));
    }

    private static JsonObject Template(string token, int id) => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(
            new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = token } },
            new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A" } }),
        ["special_tokens"] = new JsonObject { [token] = new JsonObject { ["ids"] = new JsonArray(id) } },
    };
}
