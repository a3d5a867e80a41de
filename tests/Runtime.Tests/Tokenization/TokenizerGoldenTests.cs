using System.Text.Json;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

/// <summary>Tokenizers against the ids of the libraries that made them.</summary>
public sealed class TokenizerGoldenTests
{
    [Theory]
    [InlineData("tokenizer.json", "tokenizer.model")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    public void Stories260K_encodes_and_decodes_as_its_reference(params string[] files)
    {
        using var directory = new TemporaryDirectory();
        foreach (string file in files.Append("tokenizer_config.json"))
        {
            File.Copy(Fixtures.Require("stories260K/" + file), Path.Combine(directory.FullPath, file));
        }

        TextTokenizer tokenizer = TokenizerLoader.TryLoad(directory.FullPath)!;
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("stories260K/golden.json")));
        JsonProperty[] encodings = [.. golden.RootElement.GetProperty("encode").EnumerateObject()];
        Assert.Equal(8, encodings.Length);
        foreach (JsonProperty encoding in encodings)
        {
            Assert.Equal(Ids(encoding.Value), tokenizer.Encode(encoding.Name));
        }

        int[] ids = Ids(golden.RootElement.GetProperty("greedy_ids"));
        Assert.Equal(golden.RootElement.GetProperty("greedy_text").GetString(), tokenizer.Decode(ids));
        Assert.Equal(golden.RootElement.GetProperty("greedy_text").GetString(), string.Concat(ids[1..].Select(tokenizer.TokenText)
            .Select(t => t == "<0x0A>" ? "\n" : t)).TrimStart());
    }

    [Fact]
    public void Gpt2_encodes_72_texts_as_its_reference_and_decodes_them_back()
    {
        TextTokenizer tokenizer = TokenizerLoader.TryLoad(Fixtures.Require("tokenizers/gpt2"))!;
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("tokenizers/gpt2/golden.json")));
        int count = 0;
        foreach (JsonElement row in golden.RootElement.EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] ids = Ids(row.GetProperty("ids"));
            Assert.True(ids.SequenceEqual(tokenizer.Encode(text)), $"'{text}': expected {string.Join(' ', ids)}, found {string.Join(' ', tokenizer.Encode(text))}");
            Assert.Equal(text, tokenizer.Decode(ids));
            count++;
        }

        Assert.Equal(72, count);
        Assert.Equal(" Mary", tokenizer.TokenText(tokenizer.Encode(" Mary")[0]));
        Assert.Equal([50256], tokenizer.Encode("<|endoftext|>"));
    }

    [Fact]
    public void Bert_frames_text_and_lower_cases_it()
    {
        TextTokenizer tokenizer = TokenizerLoader.TryLoad(Fixtures.Require("tokenizers/bert"))!;
        // [CLS] hello world ! [SEP] in bert-base-uncased.
        Assert.Equal([101, 7592, 2088, 999, 102], tokenizer.Encode("Hello World!"));
        Assert.Equal([7592, 2088, 999], tokenizer.Encode("Hello World!", BosMode.Never));
        Assert.Equal([101, 103, 102], tokenizer.Encode("[MASK]"));
        Assert.Equal("##ing", tokenizer.TokenText(2075));
    }

    [Fact]
    public void A_unigram_model_round_trips_text()
    {
        using var directory = new TemporaryDirectory();
        File.Copy(Fixtures.Require("tokenizers/sentencepiece/test_model.model"), Path.Combine(directory.FullPath, "tokenizer.model"));
        TextTokenizer tokenizer = TokenizerLoader.TryLoad(directory.FullPath)!;
        Assert.Equal(1000, tokenizer.VocabSize);
        foreach (string text in new[] { "I saw a girl with a telescope.", "hello", "This is a test of the model" })
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(i => i.GetInt32())];
}
