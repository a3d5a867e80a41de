using Interp.Runtime.Tokenization;

namespace Interp.Tokenizers.Tests;

/// <summary>A tokenizer.json that is written here is read by the reference to the same tokens.</summary>
public sealed class WrittenFileTests
{
    private const string Qwen2 = OlderFiles.Qwen2Words;

    [Theory]
    [InlineData(null, false, true, false)]
    [InlineData(Qwen2, true, true, true)]
    [InlineData(Qwen2, false, false, true)]
    public void Byte_level_is_that_of_the_reference(string? words, bool wholeWords, bool bos, bool eos)
    {
        ReferenceTokenizer.Require();
        string[] tokens = [.. Enumerable.Range(0, 256).Select(b => $"{ByteLevel.Letter((byte)b)}"), "<s>", "</s>", "u u", "aa", "Ġa", "11", "111", "don", "do"];
        (string, string)[] merges = [("a", "a"), ("Ġ", "a"), ("1", "1"), ("d", "o")];
        var vocabulary = new Vocabulary(tokens.Index().ToDictionary(t => t.Item, t => t.Index), "test");
        TokenizerParts parts = new()
        {
            Kind = "byte-level BPE",
            Source = "test",
            PreTokenizer = OlderFiles.ByteLevelWords(words, prefix: false),
            Model = BytePairModel.ByteLevel(vocabulary, merges, "test", wholeWords, unknown: null),
            Decoder = Decoders.Bytes,
            Added = [new AddedToken("<s>") { Special = true }, new AddedToken("</s>") { Special = true }, new AddedToken("u u")],
            Bos = "<s>",
            Eos = "</s>",
            AddBos = bos,
            AddEos = eos,
        };
        string folder = Directory.CreateTempSubdirectory("interp-written-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, TokenizerJson.FileName), TokenizerWriter.ByteLevelBpe(parts, tokens, merges, words, wholeWords));
            using ReferenceTokenizer reference = new(folder);
            Assert.Null(reference.Refusal);
            var own = new TokenizerPipeline(parts);
            Draw draw = new(3);
            for (int i = 0; i < 300; i++)
            {
                string text = TextGenerator.Next(draw, Lexicon.Next(draw), ["<s>", "u u", "aaa", "111", "don't", " a"]);
                int[] ids = [.. own.Encode(text)];
                Assert.Equal(reference.Encode(text).Ids, ids);
                Assert.Equal(reference.Decode(ids).Text, own.Decode(ids));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
