using Interp.Runtime.Forward;

namespace Interp.Runtime.Tests.Forward;

/// <summary>Work that is cut into blocks finds what is in any of them.</summary>
public sealed class RowJobsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_value_that_is_not_finite_is_found_wherever_it_is(int threads)
    {
        var values = new float[100_003];
        Assert.True(RowJobs.IsFinite(values, threads));
        foreach (int place in new[] { 0, 8_191, 8_192, 50_000, values.Length - 1 })
        {
            foreach (float value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                values[place] = value;
                Assert.False(RowJobs.IsFinite(values, threads), $"{value} at {place}");
            }

            values[place] = 0;
        }

        Assert.True(RowJobs.IsFinite(values, threads));
    }
}
