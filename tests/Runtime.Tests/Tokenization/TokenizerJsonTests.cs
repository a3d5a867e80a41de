using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

/// <summary>Parts of tokenizer.json that the files at hand do not have, on a byte-level vocabulary of single bytes.</summary>
public sealed class TokenizerJsonTests
{
    [Fact]
    public void Added_tokens_that_are_text_stay_in_decoded_text_and_special_ones_do_not()
    {
        // As in GPT-NeoX: runs of spaces are tokens of their own and not special.
        TextTokenizer tokenizer = Load(added: """{"id": 256, "content": "<|end|>", "special": true}, {"id": 257, "content": "    ", "special": false}""");
        IReadOnlyList<int> ids = tokenizer.Encode("if x:    y<|end|>");
        Assert.Equal(257, ids[5]);
        Assert.Equal(256, ids[^1]);
        Assert.Equal("if x:    y", tokenizer.Decode(ids));
        Assert.Equal("    ", tokenizer.TokenText(257));
        Assert.Equal("<|end|>", tokenizer.TokenText(256));
    }

    [Fact]
    public void An_added_token_that_is_text_is_found_and_decoded_in_a_sentencepiece_vocabulary_too()
    {
        using var directory = new TemporaryDirectory();
        JsonObject json = JsonNode.Parse(File.ReadAllText(Fixtures.Require("stories260K/tokenizer.json")))!.AsObject();
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 512, ["content"] = "\n\n", ["special"] = false, ["normalized"] = false });
        File.WriteAllText(Path.Combine(directory.FullPath, "tokenizer.json"), json.ToJsonString());
        TextTokenizer tokenizer = TokenizerLoader.TryLoad(directory.FullPath)!;
        IReadOnlyList<int> ids = tokenizer.Encode("Once\n\nupon é");
        Assert.Equal([1, 403, 512], ids.Take(3));

        // As in the reference, each piece of text between added tokens gets the space that is put in front.
        Assert.Equal("Once\n\n upon é", tokenizer.Decode(ids));
    }

    [Theory]
    [InlineData("RobertaProcessing", "<s>", "</s>")]
    [InlineData("BertProcessing", "<s>", "</s>")]
    public void The_frame_of_a_post_processor_is_put_around_texts(string type, string first, string last)
    {
        TextTokenizer tokenizer = Load(
            added: """{"id": 256, "content": "<s>", "special": true}, {"id": 257, "content": "</s>", "special": true}""",
            more: $$"""
            "post_processor": {"type": "{{type}}", "cls": ["{{first}}", 256], "sep": ["{{last}}", 257]},
            """);
        Assert.Equal([256, .. tokenizer.Encode("ab", BosMode.Never), 257], tokenizer.Encode("ab"));
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode("ab")));
    }

    [Fact]
    public void Text_is_composed_where_the_file_asks_for_it()
    {
        TextTokenizer plain = Load(), composing = Load(more: """ "normalizer": {"type": "NFC"}, """);
        Assert.Equal(plain.Encode("\u00E9"), composing.Encode("e\u0301"));
        Assert.NotEqual(plain.Encode("\u00E9"), plain.Encode("e\u0301"));
    }

    [Theory]
    [InlineData("""{"model": {"type": "Markov", "vocab": {}}}""", "type: expected BPE, WordPiece, WordLevel or Unigram, found 'Markov'")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "expected a field 'model', an object; found none")]
    [InlineData("""{"model": {"type": "BPE", "merges": []}, "pre_tokenizer": {"type": "ByteLevel"}}""", "expected a field 'vocab', tokens with their ids; found none")]
    public void A_tokenizer_that_cannot_be_read_leaves_token_ids_working_and_says_why(string json, string why)
    {
        using var directory = new TemporaryDirectory();
        foreach (string file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Fixtures.Require("hf/gpt2/" + file), Path.Combine(directory.FullPath, file));
        }

        File.WriteAllText(Path.Combine(directory.FullPath, "tokenizer.json"), json);
        TransformerModel model = TransformerModel.Load(directory.FullPath);
        Assert.Null(model.Tokenizer);
        Assert.Contains(why, model.TokenizerProblem, StringComparison.Ordinal);
        Assert.Equal("7", model.TokenText(7));
        model.Run([1, 2, 3]);
        string message = Assert.Throws<InvalidInputException>(() => model.Run("text")).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains("give token ids instead", message, StringComparison.Ordinal);
    }

    private static TextTokenizer Load(string added = "", string more = "")
    {
        using var directory = new TemporaryDirectory();
        string[] bytes = [.. Enumerable.Range(0, 256).Select(b => ByteLevel.Letter((byte)b).ToString())];
        string vocabulary = JsonSerializer.Serialize(bytes.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id));
        File.WriteAllText(
            Path.Combine(directory.FullPath, "tokenizer.json"),
            $$"""
            {"added_tokens": [{{added}}], {{more}}
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "vocab": {{vocabulary}}, "merges": [] } }
            """);
        return TokenizerLoader.TryLoad(directory.FullPath)!;
    }
}
