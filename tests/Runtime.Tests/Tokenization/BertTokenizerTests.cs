using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

public sealed class BertTokenizerTests
{
    [Theory]
    [InlineData("Café naïve ÜBER", "cafe naive uber", "Café naïve ÜBER")]
    [InlineData("a\tb\nc\r\nd\u00A0e", "a b c d e", "a b c d e")]
    [InlineData("don't <unk> x+y=1$ ~", "don ' t < unk > x + y = 1 $ ~", "don ' t < unk > x + y = 1 $ ~")]
    [InlineData("日本語x", "日 本 語 x", "日 本 語 x")]
    [InlineData("zero\u200Bwidth\u0007 bell", "zerowidth bell", "zerowidth bell")]
    [InlineData("½ 𝔘x – «Ж»", "½ 𝔘x – « ж »", "½ 𝔘x – « Ж »")]
    [InlineData(" \t ", "", "")]
    public void Text_is_split_as_bert_does(string text, string uncased, string cased)
    {
        Assert.Equal(uncased, Words(lower: true));
        Assert.Equal(cased, Words(lower: false));

        string Words(bool lower) => string.Join(' ', PreTokenizers.Bert(
            Normalizers.Bert(clean: true, chinese: true, accents: lower, lower)(TextPiece.Of(text))));
    }

    [Fact]
    public void An_uncased_vocabulary_knows_words_without_their_accents()
    {
        TextTokenizer tokenizer = TokenizerLoader.TryLoad(Fixtures.Require("tokenizers/bert"))!;
        Assert.Equal(["cafe", "naive", "uber"], Pieces("Café naïve Über"));
        Assert.Equal(["a", "b"], Pieces("a\tb\n"));
        Assert.Equal(["hello", "##world"], Pieces("hello\u200Bworld"));
        Assert.Equal(["<", "un", "##k", ">"], Pieces("<unk>"));
        Assert.Equal(["[UNK]", "½"], Pieces("𝔘nicode ½"));
        Assert.Empty(Pieces(" \n"));
        Assert.Equal(["[MASK]", "ed", "[", "mask", "]"], Pieces("[MASK]ed [mask]"));

        string[] Pieces(string text) => [.. tokenizer.Encode(text, BosMode.Never).Select(tokenizer.TokenText)];
    }
}
