namespace Interp.Reports.Tests.Text;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData(" Mary", "␣Mary")]
    [InlineData("\n", "↵")]
    [InlineData("\t\r", "⇥⟨U+000D⟩")]
    [InlineData("a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩")]
    [InlineData("\u202Eabc\u200F", "⟨U+202E⟩abc⟨U+200F⟩")]
    [InlineData("\uFFFD", "\uFFFD")]
    [InlineData("\uD83D\uDE00", "\uD83D\uDE00")]
    [InlineData("<script>alert(1)</script>", "<script>alert(1)</script>")]
    [InlineData("\0", "⟨U+0000⟩")]
    [InlineData(null, "")]
    public void Everything_in_a_token_can_be_seen(string? token, string shown) => Assert.Equal(shown, VisibleText.Of(token));

    [Fact]
    public void Half_a_character_is_its_code()
    {
        string half = new([(char)0xD83D, 'x']);
        Assert.Equal("⟨U+D83D⟩x", VisibleText.Of(half));
    }

    [Fact]
    public void Markup_that_Plotly_reads_is_written_as_entities() =>
        Assert.Equal("&lt;b&gt;&amp;lt;", VisibleText.ForPlotly("<b>&lt;"));

    [Fact]
    public void A_long_token_is_cut_between_characters()
    {
        string label = VisibleText.Label(string.Concat(Enumerable.Repeat("\uD83D\uDE00", 30)));
        Assert.EndsWith("…", label, StringComparison.Ordinal);
        Assert.DoesNotContain("U+", VisibleText.Of(label[..^1]), StringComparison.Ordinal);
    }
}
