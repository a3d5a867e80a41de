using CsCheck;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;
using ByteLetters = Interp.Runtime.Tokenization.ByteLevel;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>The tokenizer of a GGUF file, written as the files of a directory, is read to the same tokens.</summary>
public sealed class GgufTokenizerFilesTests : IDisposable
{
    private const string Prefix = "tokenizer.ggml.";

    private static readonly string[] Letters = ["<unk>", "<s>", "</s>", "▁", "ab", "a", "b", "aa", "aaa", "bb", "▁a", "<x>", "u u", "<0x0A>", "1", "!"];
    private static readonly float[] Scores = [0, 0, 0, -9, -1, -9, -9, -2, -2, -2, -1.5f, 0, 0, 0, -9, -9];
    private static readonly int[] Types = [2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3, 4, 6, 1, 1];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData]
    [InlineData("add_space_prefix")]
    [InlineData("add_bos_token")]
    [InlineData("add_bos_token", "add_space_prefix")]
    [InlineData("+add_eos_token")]
    public void SentencePiece_keeps_its_merges_of_equal_rank(params string[] flags) =>
        Compare(Flagged(Llama(), flags), [OlderFiles.ModelFile, TokenizerConfig.FileName]);

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("gpt-2", "+add_bos_token")]
    [InlineData("llama-bpe")]
    [InlineData("llama-bpe", "add_bos_token")]
    [InlineData("llama-bpe", "+add_eos_token")]
    [InlineData("qwen2", "+add_bos_token", "+add_eos_token")]
    public void Byte_level_keeps_its_words(string pattern, params string[] flags) =>
        Compare(Flagged(ByteLevel(pattern), flags), [TokenizerJson.FileName, TokenizerConfig.FileName]);

    [Fact]
    public void What_the_files_cannot_say_is_refused()
    {
        Refused.With(
            () => Files(Llama(types: [.. Types.Select(type => type == 3 ? 1 : type)])),
            "'tokenizer.ggml.token_type'", "'<s>' starts or ends texts and is no control token");
        Refused.With(() => Files(Llama(bos: null)), "'tokenizer.ggml.bos_token_id'", "expected one beside the token <s>");
    }

    [Fact]
    public void The_fixture_is_read_the_same()
    {
        using GgufFile file = GgufFile.Open(Fixtures.Require("gguf/tinyllm.gguf"));
        Compare(GgufTokenizer.Read(file.FilePath, file.Metadata, 512)!, [OlderFiles.ModelFile, TokenizerConfig.FileName]);
    }

    private static GgufBuilder Llama(uint? bos = 1, int[]? types = null)
    {
        GgufBuilder builder = new GgufBuilder().With(Prefix + "model", "llama").With(Prefix + "tokens", Letters)
            .With(Prefix + "scores", Scores).With(Prefix + "token_type", types ?? Types).With(Prefix + "eos_token_id", 2u);
        return bos is null ? builder : builder.With(Prefix + "bos_token_id", bos.Value);
    }

    private static GgufBuilder ByteLevel(string pattern)
    {
        string[] tokens =
        [
            .. Enumerable.Range(0, 256).Select(b => $"{ByteLetters.Letter((byte)b)}"), "<s>", "</s>", "<x>", "u u", "aa", "Ġa", "11", "111", "ab", "aba",
        ];
        return new GgufBuilder().With(Prefix + "model", "gpt2").With(Prefix + "pre", pattern).With(Prefix + "tokens", tokens)
            .With(Prefix + "token_type", tokens.Select(t => t is "<s>" or "</s>" or "<x>" ? 3 : t == "u u" ? 4 : 1).ToArray())
            .With(Prefix + "merges", new[] { "a a", "Ġ a", "1 1", "a b" })
            .With(Prefix + "bos_token_id", 256u).With(Prefix + "eos_token_id", 257u);
    }

    // A flag by its name is false, with a plus true.
    private static GgufBuilder Flagged(GgufBuilder builder, string[] flags) =>
        flags.Aggregate(builder, (b, flag) => b.With(Prefix + flag.TrimStart('+'), flag[0] == '+'));

    private IReadOnlyList<(string Name, byte[] Content)> Files(GgufBuilder builder)
    {
        using GgufFile file = GgufFile.Open(_directory.Put("x.gguf", builder.Build()));
        return GgufTokenizer.Read(file.FilePath, file.Metadata, 1000)!.Files();
    }

    private void Compare(GgufBuilder builder, string[] names)
    {
        using GgufFile file = GgufFile.Open(_directory.Put("x.gguf", builder.Build()));
        Compare(GgufTokenizer.Read(file.FilePath, file.Metadata, 1000)!, names);
    }

    private void Compare(GgufTokenizer gguf, string[] names)
    {
        IReadOnlyList<(string Name, byte[] Content)> files = gguf.Files();
        Assert.Equal(names, files.Select(f => f.Name));
        foreach ((string name, byte[] content) in files)
        {
            _directory.Put(name, content);
        }

        TextTokenizer expected = gguf.Build(), actual = TokenizerLoader.TryLoad(_directory.FullPath)!;
        Assert.Equal((expected.VocabSize, expected.BosId, expected.EosId, expected.AddsBosByDefault), (actual.VocabSize, actual.BosId, actual.EosId, actual.AddsBosByDefault));
        Assert.Empty(actual.Remarks);
        Assert.All(Enumerable.Range(0, expected.VocabSize), id => Assert.Equal(expected.TokenText(id), actual.TokenText(id)));
        string[] parts = ["a", "b", " ", "aaaa", "abab", "<s>", "</s>", "<x>", "u u", "1", "1111", "!", "\n", "  ", "é", "猫", "😀", "don't", "\r\n", "<unk>", "▁"];
        RandomModel.Pick(parts).Array[0, 12].Select(string.Concat).Sample(
            text =>
            {
                foreach (BosMode mode in Enum.GetValues<BosMode>())
                {
                    Assert.Equal(Outcome(() => expected.Encode(text, mode)), Outcome(() => actual.Encode(text, mode)));
                    Assert.Equal(Outcome(() => expected.EncodePair(text, "ab", mode).Ids), Outcome(() => actual.EncodePair(text, "ab", mode).Ids));
                }

                IReadOnlyList<int> ids = expected.Encode(text);
                Assert.Equal(expected.Decode(ids), actual.Decode(ids));
            },
            iter: 300);
    }

    private static string Outcome(Func<IReadOnlyList<int>> encode) => string.Join(' ', encode());
}
