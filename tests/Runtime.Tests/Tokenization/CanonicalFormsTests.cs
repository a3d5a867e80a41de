using CsCheck;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

public sealed class CanonicalFormsTests
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
        Assert.Equal(composed, CanonicalForms.Compose(text));
        Assert.Equal(decomposed, CanonicalForms.Decompose(text));
    }

    // Letters, marks of several classes, Hangul parts and syllables, characters that decompose only.
    [Fact]
    public void Both_forms_keep_the_meaning_and_are_final() =>
        RandomModel.Pick("a", "e", "\u00E9", "\u0300", "\u0301", "\u0323", "\u0315", "\u0344", "\u212B", "\u1100", "\u1161", "\u11A8", "\uAC00", "\u1EC7", "\u0958")
            .Array[0, 8].Select(string.Concat).Sample(
                text =>
                {
                    string composed = CanonicalForms.Compose(text), decomposed = CanonicalForms.Decompose(text);
                    Assert.Equal(decomposed, CanonicalForms.Decompose(composed));
                    Assert.Equal(composed, CanonicalForms.Compose(decomposed));
                    Assert.Equal(composed, CanonicalForms.Compose(composed));
                    Assert.Equal(decomposed, CanonicalForms.Decompose(decomposed));
                },
                iter: 2000);
}
