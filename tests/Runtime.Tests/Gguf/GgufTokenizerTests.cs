using System.Text.Json;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>The tokenizers that GGUF files carry.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Stories260K_encodes_as_its_reference()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("stories260K/golden.json")));
        TextTokenizer tokenizer = TransformerModel.Load(Fixtures.Require("gguf/tinyllm.gguf")).Tokenizer!;
        JsonProperty[] encodings = [.. golden.RootElement.GetProperty("encode").EnumerateObject()];
        Assert.Equal(8, encodings.Length);
        foreach (JsonProperty encoding in encodings)
            Assert.Equal(Ids(encoding.Value), tokenizer.Encode(encoding.Name));
        Assert.Equal(("SentencePiece BPE", 512, 1, 2, true), (
            tokenizer.Kind, tokenizer.VocabSize, tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBosByDefault));
    }

    [Fact]
    public void Gpt2_encodes_72_texts_as_its_reference()
    {
        using var vocabulary = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("tokenizers/gpt2/vocab.json")));
        string[] tokens = [.. vocabulary.RootElement.EnumerateObject().OrderBy(p => p.Value.GetInt32()).Select(p => p.Name)];
        string[] merges = [.. File.ReadLines(Fixtures.Require("tokenizers/gpt2/merges.txt")).Skip(1).Where(line => line.Length > 0)];
        TextTokenizer tokenizer = Read(
            new GgufBuilder().With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.pre", "gpt-2")
                .With("tokenizer.ggml.tokens", tokens).With("tokenizer.ggml.merges", merges)
                .With("tokenizer.ggml.token_type", tokens.Select(t => t == "<|endoftext|>" ? 3 : 1).ToArray())
                .With("tokenizer.ggml.bos_token_id", 50256u).With("tokenizer.ggml.eos_token_id", 50256u),
            tokens.Length)!;
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("tokenizers/gpt2/golden.json")));
        int count = 0;
        foreach (JsonElement row in golden.RootElement.EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            Assert.Equal(Ids(row.GetProperty("ids")), tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            count++;
        }

        Assert.Equal(72, count);
        Assert.Equal((50256, 50256, false), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBosByDefault));
        Assert.Equal([50256], tokenizer.Encode("<|endoftext|>"));
    }

    [Fact]
    public void The_frame_is_that_of_the_file()
    {
        GgufBuilder Pieces() => SmallLlama().With("tokenizer.ggml.bos_token_id", 1u);
        Assert.Equal([1, 3, 4], Read(Pieces())!.Encode("ab"));
        Assert.Equal([1, 4], Read(Pieces().With("tokenizer.ggml.add_space_prefix", false))!.Encode("ab"));
        Assert.Equal([3, 4], Read(Pieces().With("tokenizer.ggml.add_bos_token", false))!.Encode("ab"));
        Assert.Equal(
            [1, 3, 4, 2],
            Read(Pieces().With("tokenizer.ggml.eos_token_id", 2u).With("tokenizer.ggml.add_eos_token", true))!.Encode("ab"));
        Assert.Null(Read(new GgufBuilder()));
        Assert.Null(Read(new GgufBuilder().With("tokenizer.ggml.model", "no_vocab")));
    }

    // Words and digits as the published patterns split them.
    [Theory]
    [InlineData("gpt-2", "abc", "0 1 2")]
    [InlineData("llama-bpe", "abc", "8")]
    [InlineData("qwen2", "abc", "0 1 2")]
    [InlineData("gpt-2", "1111", "5 5")]
    [InlineData("llama-bpe", "1111", "6 3")]
    [InlineData("qwen2", "1111", "3 3 3 3")]
    [InlineData("llama-bpe", "a<|end|>abc<|end|>", "0 7 8 7")]
    public void Words_are_those_of_the_pattern(string pattern, string text, string ids)
    {
        // 11 is merged from two digits, 111 and abc are only there as whole words.
        TextTokenizer tokenizer = Read(new GgufBuilder().With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.pre", pattern)
            .With("tokenizer.ggml.tokens", new[] { "a", "b", "c", "1", "!", "11", "111", "<|end|>", "abc" })
            .With("tokenizer.ggml.token_type", new[] { 1, 1, 1, 1, 1, 1, 1, 3, 1 })
            .With("tokenizer.ggml.merges", new[] { "1 1" }))!;
        Assert.Equal(ids, string.Join(' ', tokenizer.Encode(text)));
    }

    [Fact]
    public void What_is_wrong_or_not_read_is_named()
    {
        string[] tokens = ["a", "b", "ab"];
        GgufBuilder Bpe() => new GgufBuilder().With("general.architecture", "gpt2")
            .With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.tokens", tokens);
        GgufBuilder Merged() => Bpe().With("tokenizer.ggml.merges", new[] { "a b" });
        Refuse(new GgufBuilder().With("tokenizer.ggml.model", "bert"), "'bert' is not supported; expected llama or gpt2");
        Refuse(new GgufBuilder().With("tokenizer.ggml.model", "gpt2"), "tokens'", "expected an array, found nothing");
        Refuse(Bpe(), "merges'", "found nothing");
        Refuse(Bpe().With("tokenizer.ggml.merges", new[] { "ab" }), "merges'", "two pieces", "'ab'");
        Refuse(Bpe().With("tokenizer.ggml.merges", Enumerable.Repeat("a b", 13).ToArray()), "at most 4 merges per token, found 13");
        Refuse(Bpe().With("tokenizer.ggml.merges", new[] { "a x" }), "merges: merge 0: token 'x' is not in the vocabulary");
        Refuse(Merged().With("tokenizer.ggml.split_digits", true), "'tokenizer.ggml.split_digits'", "is not known");
        Refuse(Merged().With("tokenizer.ggml.pre", "dbrx"), "pre'", "'dbrx' is not supported");
        Refuse(
            new GgufBuilder().With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.tokens", tokens).With("tokenizer.ggml.merges", new[] { "a b" }),
            "pre'", "expected a text, found nothing");
        Refuse(Merged().With("tokenizer.ggml.add_space_prefix", true), "add_space_prefix'", "expected false");
        Refuse(Merged().With("tokenizer.ggml.bos_token_id", 3u), "bos_token_id'", "expected a token from 0 to 2, found 3");
        Refuse(Merged().With("tokenizer.ggml.token_type", new[] { 1 }), "token_type'", "expected 3 elements", "found 1");
        Refuse(new GgufBuilder().With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.tokens", new[] { "a", "a" }), "'a' is there twice");
        Refuse(new GgufBuilder().With("tokenizer.ggml.model", "gpt2").With("tokenizer.ggml.tokens", new string[101].Select((_, i) => $"{i}").ToArray()),
            "expected 1 to 100 tokens", "found 101");
        Refuse(new GgufBuilder().With("tokenizer.ggml.model", "llama").With("tokenizer.ggml.tokens", tokens), "scores'", "found nothing");
        Refuse(SmallLlama().With("tokenizer.ggml.remove_extra_whitespaces", true), "remove_extra_whitespaces'");
        Refuse(SmallLlama().With("tokenizer.ggml.precompiled_charsmap", new byte[] { 1 }), "precompiled_charsmap'");

        void Refuse(GgufBuilder builder, params string[] words) => Refused.With(() => Read(builder), ["x.gguf", .. words]);
    }

    private static GgufBuilder SmallLlama() => new GgufBuilder().With("tokenizer.ggml.model", "llama")
        .With("tokenizer.ggml.tokens", new[] { "<unk>", "<s>", "</s>", "▁", "ab", "a", "b" })
        .With("tokenizer.ggml.scores", new[] { 0f, 0, 0, -9, -1, -9, -9 })
        .With("tokenizer.ggml.token_type", new[] { 2, 3, 3, 1, 1, 1, 1 });

    private TextTokenizer? Read(GgufBuilder builder, int vocabulary = 100)
    {
        using GgufFile file = GgufFile.Open(directory.Put("x.gguf", builder.Build()));
        return GgufTokenizer.Read(file.FilePath, file.Metadata, vocabulary)?.Build();
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(i => i.GetInt32())];
}
