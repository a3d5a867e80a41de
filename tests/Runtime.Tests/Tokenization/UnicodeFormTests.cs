using CsCheck;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

public sealed class UnicodeFormTests
{
    // Expected: unicodedata.normalize of Python.
    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\u00E9", "\u00E9", "e\u0301")]
    [InlineData("\u212B", "\u00C5", "A\u030A")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\uAC01", "\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("plain", "plain", "plain")]
    [InlineData("\u0344", "\u0308\u0301", "\u0308\u0301")]
    [InlineData("e\u0302\u0323", "\u1EC7", "e\u0323\u0302")]
    public void Text_is_composed_and_decomposed_as_unicode_says(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, UnicodeForm.C.Of(text));
        Assert.Equal(decomposed, UnicodeForm.D.Of(text));
    }

    // Expected: unicodedata.normalize of Python.
    [Theory]
    [InlineData("\uFB01\u00A0\u2075", "fi 5", "fi 5")]
    [InlineData("\uFF21\uFF76\uFF9E", "A\u30AC", "A\u30AB\u3099")]
    [InlineData("\u00E9\u2460\u3392", "\u00E91MHz", "e\u03011MHz")]
    [InlineData("\U0001D400\u1E9B\u0323", "A\u1E69", "As\u0323\u0307")]
    [InlineData("\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645", null)]
    public void Compatible_characters_are_taken_apart_too(string text, string composed, string? decomposed)
    {
        Assert.Equal(composed, UnicodeForm.KC.Of(text));
        Assert.Equal(decomposed ?? composed, UnicodeForm.KD.Of(text));
    }

    // Letters, marks of several classes, Hangul parts and syllables, characters that decompose only.
    [Fact]
    public void Both_forms_keep_the_meaning_and_are_final() =>
        RandomModel.Pick("a", "e", "\u00E9", "\u0300", "\u0301", "\u0323", "\u0315", "\u0344", "\u212B", "\u1100", "\u1161", "\u11A8", "\uAC00", "\u1EC7", "\u0958")
            .Array[0, 8].Select(string.Concat).Sample(
                text =>
                {
                    string composed = UnicodeForm.C.Of(text), decomposed = UnicodeForm.D.Of(text);
                    Assert.Equal(decomposed, UnicodeForm.D.Of(composed));
                    Assert.Equal(composed, UnicodeForm.C.Of(decomposed));
                    Assert.Equal(composed, UnicodeForm.C.Of(composed));
                    Assert.Equal(decomposed, UnicodeForm.D.Of(decomposed));
                },
                iter: 2000);
}
