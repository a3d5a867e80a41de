using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

public sealed class RowLoopsTests
{
    [Fact]
    public void Rows_are_added_element_by_element_bit_for_bit()
    {
        foreach (int length in Values.Lengths)
        {
            float[] sum = Values.Random(length, 1), term = Values.Random(length, 2);
            Values.Special.AsSpan(0, Math.Min(length, Values.Special.Length)).CopyTo(term);
            var expected = new float[length];
            for (int i = 0; i < length; i++)
                expected[i] = sum[i] + term[i];
            RowLoops.Add(sum, term);
            Values.SameBits(expected, sum, $"length {length}");
        }
    }

    [Fact]
    public void Rows_of_different_lengths_are_refused() =>
        Assert.Throws<ArgumentException>(() => RowLoops.Add(new float[8], new float[7]));

    [Fact]
    public void One_value_that_is_not_finite_is_found_wherever_it_stands()
    {
        float[] finite = [.. Values.Special.Where(float.IsFinite)], others = [.. Values.Special.Where(v => !float.IsFinite(v))];
        Assert.Equal(3, others.Length);
        foreach (int length in Values.Lengths)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(i => finite[i % finite.Length])];
            Assert.True(RowLoops.AllFinite(values), $"length {length}");
            for (int at = 0; at < length; at++)
            {
                float kept = values[at];
                foreach (float other in others)
                {
                    values[at] = other;
                    Assert.False(RowLoops.AllFinite(values), $"{other} at {at} of {length}");
                }

                values[at] = kept;
            }
        }
    }
}
