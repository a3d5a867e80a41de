namespace Interp.Hooks.Tests;

public sealed class AttentionReachTests
{
    /// <summary>Exact, over all small cases: a source is seen unless it is later and hidden, or a window away or more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_destination_sees_what_is_less_than_a_window_away(bool causal)
    {
        foreach (int? window in new int?[] { null, 1, 2, 3, 9, int.MaxValue })
        {
            AttentionReach reach = new(causal, window);
            for (int destination = 0; destination < 8; destination++)
            {
                for (int source = 0; source < 8; source++)
                {
                    bool expected = (!causal || source <= destination)
                        && (window is not int size || Math.Abs(destination - source) < size);
                    Assert.Equal(expected, reach.Sees(destination, source));
                    Assert.Equal(expected, source >= reach.First(destination) && source < reach.End(destination, 8));
                }
            }
        }
    }
}
