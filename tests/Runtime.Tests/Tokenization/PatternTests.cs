using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

/// <summary>Regular expressions as Oniguruma (Ruby) reads them; expected: String#scan of Ruby, by its documentation.</summary>
public sealed class PatternTests
{
    [Theory]
    [InlineData("a+", "baac a", "aa|a")]
    [InlineData("a++a|b", "aaab", "b")]
    [InlineData("(?>a|ab)c", "abc ac", "ac")]
    [InlineData("(?i:'s)|\\p{L}+", "It'S", "It|'S")]
    [InlineData("(?i)k", "Kk\u212A", "K|k|\u212A")]
    [InlineData("(?i)[\u212B\u03C3]", "\u00E5\u00C5x\u03C2\u03A3", "\u00E5|\u00C5|\u03C2|\u03A3")]
    [InlineData("\\h+", "xFFg9", "FF|9")]
    [InlineData("^b|b$", "b\nab", "b|b")]
    [InlineData("\\Ab|b\\z", "b\nb\nab", "b|b")]
    [InlineData("[^\\s\\p{L}\\p{N}]+", "a\U0001F600\U0001F600b", "\U0001F600\U0001F600")]
    [InlineData("\\p{L}", "\U0001D465x", "\U0001D465|x")]
    [InlineData(".", "a\U0001F600\n", "a|\U0001F600")]
    [InlineData("[a-c&&[^b]]+", "abcab", "a|ca")]
    [InlineData("a{2}?", "aaa", "aa|")]
    [InlineData("a{,2}", "aaa", "aa|a")]
    [InlineData("(?<=a)b|(?<!a)c", "abcac", "b|c")]
    [InlineData("\\s+(?!\\S)|\\s+", "a   b ", "  | | ")]
    [InlineData("(?:ab)*?c", "ababc", "ababc")]
    [InlineData("x*", "axa", "|x|")]
    [InlineData("\\x{1F600}|\\u0041", "A\U0001F600", "A|\U0001F600")]
    [InlineData("a{x", "a{x", "a{x")]
    public void Fits_are_those_of_the_syntax(string pattern, string text, string expected)
    {
        int[] codes = CodePoints.Of(text);
        Assert.Equal(expected, string.Join('|', new Pattern(pattern).Find(codes).Select(f => CodePoints.Text(codes.AsSpan(f.Start, f.End - f.Start)))));
    }

    [Theory]
    [InlineData("(a", "a bracket that is not closed")]
    [InlineData("a)", "a closing bracket too many")]
    [InlineData("[a", "a set of characters that is not closed")]
    [InlineData("*a", "'*' with nothing to repeat")]
    [InlineData("\\1", "\\1, which is not supported")]
    [InlineData("\\p{Klingon}", "the property 'Klingon', which is not supported")]
    [InlineData("(?<=a+)b", "looks back of at most")]
    [InlineData("(?i)[\\x{100}-\\x{10FFFF}]", "a set of more than 200000 characters whatever their case")]
    [InlineData("(?~a)", "a group (?~...), which is not supported")]
    [InlineData("((((a{99}){99}){99}){99}){99}", "too long when its repeats are written out")]
    public void What_is_not_known_is_named(string pattern, string words) => Refused.With(() => _ = new Pattern(pattern), words);

    [Fact]
    public void A_pattern_that_explodes_is_an_error_and_no_text_overflows_the_stack()
    {
        Refused.With(() => new Pattern("(a|aa)+$").Find(CodePoints.Of(new string('a', 200) + "b")), "takes too long on this text");
        int[] text = CodePoints.Of(new string('a', 100_000));
        Assert.Equal([(0, text.Length)], new Pattern("(?:a|b)+").Find(text));
        Assert.Equal([(0, text.Length)], new Pattern("[a-z]+").Find(text));
    }
}
