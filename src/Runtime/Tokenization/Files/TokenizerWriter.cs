using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Interp.Runtime.Tokenization;

/// <summary>Writes tokenizers that came in another container as the files of a Hugging Face directory.</summary>
internal static class TokenizerWriter
{
    // Letters of other scripts and those that stand for bytes are written as they are.
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>tokenizer.model, SentencePiece's own format, which unlike tokenizer.json can say that merges are equal in rank.</summary>
    /// <param name="pieces">The pieces, by id.</param>
    /// <param name="byteFallback">Whether what has no piece becomes the pieces of its bytes.</param>
    /// <param name="prefix">Whether a space is put in front of texts.</param>
    public static byte[] SentencePieceBpe(IReadOnlyList<SentencePiece> pieces, bool byteFallback, bool prefix)
    {
        using var file = new MemoryStream();
        using (var output = new CodedOutputStream(file, leaveOpen: true))
        {
            foreach (SentencePiece piece in pieces)
            {
                Message(output, 1, message =>
                {
                    message.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    message.WriteString(piece.Text);
                    message.WriteTag(2, WireFormat.WireType.Fixed32);
                    message.WriteFloat(piece.Score);
                    Number(message, 3, piece.Type);
                });
            }

            Message(output, 2, trainer =>
            {
                Number(trainer, SentencePieceFile.ModelTypeField, SentencePieceFile.Bpe);
                Number(trainer, SentencePieceFile.ByteFallbackField, byteFallback ? 1 : 0);
            });
            Message(output, 3, rules =>
            {
                Number(rules, SentencePieceFile.PrefixField, prefix ? 1 : 0);
                Number(rules, SentencePieceFile.RemoveExtraSpacesField, 0);
                Number(rules, SentencePieceFile.EscapeSpacesField, 1);
            });
        }

        return file.ToArray();
    }

    /// <summary>tokenizer.json of byte-level BPE.</summary>
    /// <param name="parts">Added tokens and the tokens around texts.</param>
    /// <param name="tokens">The vocabulary, by id.</param>
    /// <param name="merges">The merges, in order of rank.</param>
    /// <param name="words">The pattern that cuts a text into words; null for GPT-2's.</param>
    /// <param name="wholeWords">Whether a word that is in the vocabulary is one token, whatever the merges lead to.</param>
    public static byte[] ByteLevelBpe(
        TokenizerParts parts, IReadOnlyList<string> tokens, IEnumerable<(string Left, string Right)> merges, string? words, bool wholeWords)
    {
        string[] start = parts.AddBos == true ? [parts.Bos!] : [], end = parts.AddEos ? [parts.Eos!] : [];
        return Json(new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = List(parts.Added.Select(token => new JsonObject
            {
                ["id"] = Id(token.Content),
                ["content"] = token.Content,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = token.Normalized,
                ["special"] = token.Special,
            })),
            ["normalizer"] = null,
            ["pre_tokenizer"] = words is null ? Bytes() : new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = words }, ["behavior"] = "Isolated", ["invert"] = false },
                    Bytes()),
            },
            ["post_processor"] = start.Length + end.Length == 0 ? null : new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = List(Side("A", 0)),
                ["pair"] = List([.. Side("A", 0), .. Side("B", 1)]),
                ["special_tokens"] = new JsonObject(start.Concat(end).Distinct().Select(token => KeyValuePair.Create<string, JsonNode?>(
                    token, new JsonObject { ["id"] = token, ["ids"] = new JsonArray(Id(token)), ["tokens"] = new JsonArray(token) }))),
            },
            ["decoder"] = Bytes(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = wholeWords,
                ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id))),
                ["merges"] = List(merges.Select(merge => new JsonArray(merge.Left, merge.Right))),
            },
        });

        int Id(string token) => parts.Model.Vocabulary.Id(token)!.Value;

        JsonObject Bytes() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = words is null };

        IEnumerable<JsonNode> Side(string text, int type) =>
        [
            .. start.Select(token => Part("SpecialToken", token, type)), Part("Sequence", text, type), .. end.Select(token => Part("SpecialToken", token, type)),
        ];
    }

    /// <summary>tokenizer_config.json: the Python class, and the tokens around texts.</summary>
    /// <param name="type">The class.</param>
    /// <param name="parts">Names the tokens.</param>
    public static byte[] Config(string type, TokenizerParts parts) => Json(new JsonObject
    {
        ["tokenizer_class"] = type,
        ["bos_token"] = parts.Bos,
        ["eos_token"] = parts.Eos,
        ["add_bos_token"] = parts.AddBos == true,
        ["add_eos_token"] = parts.AddEos,
        ["legacy"] = true,
    });

    private static JsonObject Part(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };

    private static JsonArray List(IEnumerable<JsonNode> items) => new([.. items]);

    private static byte[] Json(JsonObject value)
    {
        using var file = new MemoryStream();
        using (var writer = new Utf8JsonWriter(file, Readable))
        {
            value.WriteTo(writer);
        }

        return file.ToArray();
    }

    private static void Message(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using var content = new MemoryStream();
        using (var message = new CodedOutputStream(content, leaveOpen: true))
        {
            write(message);
        }

        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content.ToArray()));
    }

    private static void Number(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }
}
