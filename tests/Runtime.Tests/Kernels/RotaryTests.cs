using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

public sealed class RotaryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_pair_turns_like_a_complex_number_and_the_rest_stays(bool adjacent)
    {
        const int DHead = 11, RotaryDim = 6;
        float[] head = Values.Random(DHead, 1), turned = [.. head];
        float[] angles = [0.1f, 1f, 2.5f];
        Rotary.Apply(
            turned, [.. angles.Select(MathF.Cos)], [.. angles.Select(MathF.Sin)], RotaryDim, adjacent);
        for (int i = 0; i < 3; i++)
        {
            (int a, int b) = adjacent ? (2 * i, (2 * i) + 1) : (i, i + 3);
            var expected = new System.Numerics.Complex(head[a], head[b])
                * System.Numerics.Complex.FromPolarCoordinates(1, angles[i]);

            // Three roundings of values below 2.
            Values.Close(expected.Real, turned[a], 3e-7, 0, $"pair {i}");
            Values.Close(expected.Imaginary, turned[b], 3e-7, 0, $"pair {i}");
        }

        Values.SameBits(head.AsSpan(RotaryDim), turned.AsSpan(RotaryDim));
    }

    [Fact]
    public void Odd_or_too_many_dimensions_are_refused()
    {
        float[] head = new float[4], one = new float[1];
        Assert.Throws<ArgumentException>(() => Rotary.Apply(head, one, one, 3, false));
        Assert.Throws<ArgumentException>(() => Rotary.Apply(head, new float[3], new float[3], 6, false));
        Assert.Throws<ArgumentException>(() => Rotary.Apply(head, one, new float[2], 2, false));
    }
}
