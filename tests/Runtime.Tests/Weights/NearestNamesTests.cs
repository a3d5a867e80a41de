using CsCheck;

namespace Interp.Runtime.Tests.Weights;

public sealed class NearestNamesTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("intention", "execution", 5)]
    [InlineData("flaw", "lawn", 2)]
    public void Distance_is_the_textbook_one(string from, string to, int expected) =>
        Assert.Equal(expected, NearestNames.Distance(from, to));

    [Fact]
    public void Distance_is_a_metric()
    {
        Gen<string> word = Gen.Char["abc"].Array[0, 8].Select(letters => new string(letters));
        Gen.Select(word, word, word).Sample((a, b, c) =>
        {
            int ab = NearestNames.Distance(a, b);
            return ab == NearestNames.Distance(b, a)
                && (ab == 0) == (a == b)
                && ab <= Math.Max(a.Length, b.Length)
                && ab <= NearestNames.Distance(a, c) + NearestNames.Distance(c, b);
        });
    }

    [Fact]
    public void The_nearest_come_first_and_equal_ones_in_ordinal_order()
    {
        string[] names = ["wpe.weight", "wte.weight", "h.0.ln_1.weight", "wte.weights", "wte.weight"];
        Assert.Equal(["wte.weight", "wpe.weight", "wte.weights"], NearestNames.Find("wte.wight", names));
        Assert.Equal(["a", "b"], NearestNames.Find("c", ["b", "a"]));
        Assert.Empty(NearestNames.Find("c", []));
    }
}
