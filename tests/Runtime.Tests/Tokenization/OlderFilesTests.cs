using System.Text.Json;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

/// <summary>Files from before tokenizer.json; expected: the rules of the Python classes that they are named after.</summary>
public sealed class OlderFilesTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Roberta_frames_texts_and_its_mask_takes_the_space_before_it()
    {
        Pairs("<s>", "<pad>", "</s>", "<unk>", "a", "b", "Ġ", "<mask>");
        Put("tokenizer_config.json", """{"tokenizer_class": "RobertaTokenizer"}""");
        TextTokenizer tokenizer = Load();
        Assert.Equal([0, 4, 7, 6, 5, 2], tokenizer.Encode("a <mask> b"));
        Assert.Equal("0 4 2 2 5 2 | 0 0 0 0 0 0", Pair(tokenizer, "a", "b"));
        Assert.Equal("a b", tokenizer.Decode(tokenizer.Encode("a <mask> b")));
        Assert.Equal((0, 2, true), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBosByDefault));

        // Without the class, config.json names the family.
        Put("tokenizer_config.json", "{}");
        Put("config.json", """{"model_type": "roberta"}""");
        Assert.Equal([0, 4, 2], Load().Encode("a"));
    }

    [Fact]
    public void Bert_frames_a_pair_with_token_types_and_keeps_what_its_settings_keep()
    {
        Put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nA\ná\n日本\n日\n本\n##b\n");
        TextTokenizer tokenizer = Load();
        Assert.Equal("2 5 3 5 11 3 | 0 0 0 1 1 1", Pair(tokenizer, "Á", "ab"));
        Assert.Equal([9, 10], tokenizer.Encode("日本", BosMode.Never));
        Put("tokenizer_config.json", """{"do_lower_case": false, "tokenize_chinese_chars": false}""");
        Assert.Equal([6, 7, 8], Load().Encode("A á 日本", BosMode.Never));
        Put("tokenizer_config.json", """{"do_basic_tokenize": false}""");
        Refused.With(() => Load(), "do_basic_tokenize: expected true, found false");
    }

    [Fact]
    public void A_class_whose_rules_are_not_known_is_refused_by_name()
    {
        Pairs("a");
        Put("tokenizer_config.json", """{"tokenizer_class": "CLIPTokenizer"}""");
        Refused.With(() => Load(), "tokenizer_class 'CLIPTokenizer' is not supported with vocab.json and merges.txt");
    }

    [Fact]
    public void No_file_stands_in_for_another_one()
    {
        Pairs("a");
        Put("tokenizer.json", """{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "pre_tokenizer": {"type": "UnicodeScripts"}}""");
        Refused.With(() => Load(), "pre_tokenizer: type: expected one of", "found 'UnicodeScripts'");
        File.Delete(Path.Combine(directory.FullPath, "tokenizer.json"));
        Assert.Equal("vocab.json and merges.txt", Load().Source);
        File.Delete(Path.Combine(directory.FullPath, "vocab.json"));
        Put("sentencepiece.bpe.model", "");
        Refused.With(() => Load(), "sentencepiece.bpe.model: tokenizers of this format are not supported; expected tokenizer.json");
    }

    [Fact]
    public void A_setting_that_is_not_known_is_told_and_an_unread_field_of_tokenizer_json_is_refused()
    {
        Put("tokenizer.json", """{"added_tokens": [{"id": 7, "content": "<x>", "special": true}], "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""");
        Put("tokenizer_config.json", """{"reverse_text": true, "model_max_length": 8, "image_token": "<x>"}""");
        TextTokenizer tokenizer = Load();
        Assert.Equal(2, tokenizer.Remarks.Count);
        Assert.Equal("tokenizer_config.json: 'reverse_text' is not known and has no effect", tokenizer.Remarks[0]);
        Assert.Contains("'<x>' is written with id 7; its id in the vocabulary is 1", tokenizer.Remarks[1], StringComparison.Ordinal);
        Assert.Equal([0, 1], tokenizer.Encode("a<x>"));
        Put("tokenizer.json", """{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "reverse": true}}""");
        Refused.With(() => Load(), "model: 'reverse' is not supported; the fields that are: 'type'");
        Put("tokenizer.json", """{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}}""");
        Refused.With(() => Load(), "dropout: expected null or 0, since tokens would be random, found '0.1'");
    }

    [Fact]
    public void Sentence_piece_treats_spaces_as_its_model_says()
    {
        SentencePiece[] pieces =
        [
            new("<unk>", 0, SentencePiece.Unknown), new("<s>", 0, SentencePiece.Control), new("▁", -1, SentencePiece.Normal), new("a", -2, SentencePiece.Normal),
            new("▁a", -0.5f, SentencePiece.Normal), new("aa", -0.5f, SentencePiece.Normal),
        ];
        File.WriteAllBytes(Path.Combine(directory.FullPath, "tokenizer.model"), SentencePieceBuilder.Build(pieces, unigram: false, byteFallback: false));
        Assert.Equal([4, 4], Load().Encode("  a   a ", BosMode.Never));
        Assert.Equal([4, 0, 3], Load().Encode("axya", BosMode.Never));
        Assert.Equal([1, 4, 1, 4], Load().Encode("a<s>a"));
        Put("tokenizer_config.json", """{"legacy": false}""");
        Assert.Equal([1, 4, 1, 3], Load().Encode("a<s>a"));
        File.WriteAllBytes(
            Path.Combine(directory.FullPath, "tokenizer.model"), SentencePieceBuilder.Build(pieces, unigram: false, byteFallback: false, prefix: false, removeExtraSpaces: false));
        Assert.Equal([2, 4], Load().Encode("  a", BosMode.Never));
    }

    private static string Pair(TextTokenizer tokenizer, string first, string second)
    {
        (IReadOnlyList<int> ids, IReadOnlyList<int> types) = tokenizer.EncodePair(first, second);
        return $"{string.Join(' ', ids)} | {string.Join(' ', types)}";
    }

    private void Pairs(params string[] tokens)
    {
        Put("vocab.json", JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id)));
        Put("merges.txt", "#version: 0.2\n");
    }

    private void Put(string file, string content) => File.WriteAllText(Path.Combine(directory.FullPath, file), content);

    private TextTokenizer Load() => TokenizerLoader.TryLoad(directory.FullPath)!;
}
