namespace Interp.Hooks.Tests;

public sealed class ActivationTests
{
    // z of positions 3 and 4, two heads of width 3.
    private static float[] Z => [.. Enumerable.Range(0, 12).Select(i => (float)i)];

    [Fact]
    public void A_row_is_named_by_position_then_head()
    {
        var z = new Activation(Hook.Z(0), 0, 3, 2, 2, Z);
        Assert.Equal([6, 7, 8], z.Row(4).ToArray());
        Assert.Equal([9, 10, 11], z.Row(4, head: 1).ToArray());

        // Patterns stand head by head: [head, position, source].
        var pattern = new Activation(Hook.Pattern(0), 0, 3, 2, 2, Z);
        Assert.Equal([3, 4, 5], pattern.Row(4).ToArray());
        Assert.Equal([6, 7, 8], pattern.Row(3, head: 1).ToArray());
    }

    [Theory]
    [InlineData(2, 0, "position 2 is out of range, expected 3..4")]
    [InlineData(5, 0, "position 5 is out of range, expected 3..4")]
    [InlineData(3, 2, "head 2 is out of range, expected 0..1")]
    [InlineData(3, -1, "head -1 is out of range, expected 0..1")]
    public void What_is_out_of_range_is_refused(int position, int head, string message) =>
        Models.ErrorHas(message, () => new Activation(Hook.Z(0), 0, 3, 2, 2, Z).Row(position, head));
}
