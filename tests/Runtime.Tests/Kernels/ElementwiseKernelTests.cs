using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>Every elementwise kernel is a line in the table and gets all these tests.</summary>
public sealed class ElementwiseKernelTests
{
    internal delegate void Kernel(ReadOnlySpan<float> x, Span<float> destination, KernelTier? tier);

    // Tolerance of Exp: 2 units in the last place, each at most 2^-23 of the value. Of the others: 2e-7 absolute is about
    // three units in the last place of a value just below 1; the activations multiply by x, so theirs grows with x.
    private static readonly Dictionary<string, (Kernel Kernel, Func<double, double> Definition, double Absolute, double Relative)>
        Table = new()
        {
            ["Exp"] = (Elementary.Exp, Math.Exp, 2e-45, 2.4e-7),
            ["Tanh"] = (Elementary.Tanh, Math.Tanh, 1e-45, 2e-7),
            ["Sigmoid"] = (Elementary.Sigmoid, x => 1 / (1 + Math.Exp(-x)), 2e-45, 4e-7),
            ["Erf"] = (Elementary.Erf, Values.Erf, 1e-45, 2e-7),
            ["Relu"] = (Activation(ActivationFunction.Relu), x => Math.Max(0, x), 0, 0),
            ["ReluSquared"] = (Activation(ActivationFunction.ReluSquared), x => Math.Max(0, x) * Math.Max(0, x), 1e-45, 1e-7),
            ["Identity"] = (Activation(ActivationFunction.Identity), x => x, 0, 0),
            ["Silu"] = (Activation(ActivationFunction.Silu), x => x / (1 + Math.Exp(-x)), 2e-43, 4e-7),
            ["GeluExact"] = (Activation(ActivationFunction.GeluExact), GeluExact, 6e-7, 4e-7),
            ["GeluTanh"] = (Activation(ActivationFunction.GeluTanh), GeluTanh, 6e-7, 4e-7),
        };

    public static TheoryData<string> Names => [.. Table.Keys];

    // What tanh and erf ask for: 2 |x| up to 20, and ln erfc down to -18.
    [Fact]
    public void Exponential_of_moderate_numbers_has_the_bits_of_that_of_all()
    {
        float[] x = [.. Values.Random(100_000, 7).Select(v => 87 * v), 0f, -0f, 20f, -18f, 87f, -87f], all = new float[x.Length], moderate = new float[x.Length];
        foreach (KernelTier tier in KernelTiers.Available)
        {
            Elementwise.Apply(default(AllExp), x, all, tier);
            Elementwise.Apply(default(ModerateExp), x, moderate, tier);
            Values.SameBits(all, moderate, $"{tier}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_tier_and_length_has_the_bits_of_the_scalar_tier(string name)
    {
        Kernel kernel = Table[name].Kernel;
        foreach (int length in Values.Lengths)
        {
            float[] x = Values.Random(length, length, 20f), expected = new float[length];
            kernel(x, expected, KernelTier.Scalar);
            foreach (KernelTier tier in KernelTiers.Available)
            {
                var actual = new float[length];
                kernel(x, actual, tier);
                Values.SameBits(expected, actual, $"{name} {tier} length {length}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Place_in_the_span_and_working_in_place_change_no_bits(string name)
    {
        Kernel kernel = Table[name].Kernel;
        float[] x = Values.Random(67, 3, 5f);
        foreach (KernelTier tier in KernelTiers.Available)
        {
            float[] whole = new float[67], inPlace = [.. x];
            kernel(x, whole, tier);
            kernel(inPlace, inPlace, tier);
            Values.SameBits(whole, inPlace, name);
            for (int i = 0; i < x.Length; i++)
            {
                var alone = new float[1];
                kernel(x.AsSpan(i, 1), alone, tier);
                Values.SameBits(whole.AsSpan(i, 1), alone, $"{name} {tier} place {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Special_values_have_the_same_bits_on_every_tier(string name)
    {
        Kernel kernel = Table[name].Kernel;

        // Each value several times, so that it meets whole vectors and tails.
        float[] x = [.. Values.Special, .. Values.Special, .. Values.Special], expected = new float[x.Length];
        kernel(x, expected, KernelTier.Scalar);
        foreach (KernelTier tier in KernelTiers.Available)
        {
            var actual = new float[x.Length];
            kernel(x, actual, tier);
            Values.SameBits(expected, actual, $"{name} {tier}");
        }

        Assert.True(float.IsNaN(expected[Values.Special.Length - 1]), "NaN stays NaN");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Result_is_close_to_the_definition_in_double(string name)
    {
        (Kernel kernel, Func<double, double> definition, double absolute, double relative) = Table[name];
        const int Count = 400_001;
        foreach (float range in new[] { 1e-3f, 1.5f, 10f, 88f })
        {
            var x = new float[Count];
            for (int i = 0; i < Count; i++)
                x[i] = range * ((2f * i / (Count - 1)) - 1f);
            var actual = new float[Count];
            kernel(x, actual, null);
            for (int i = 0; i < Count; i++)
                Values.Close(definition(x[i]), actual[i], absolute, relative, $"{name}({x[i]:G9})");
        }
    }

    [Fact]
    public void Exponential_ends_in_zero_and_infinity_and_reaches_into_the_subnormal_numbers()
    {
        float[] x =
            [float.NegativeInfinity, -105f, -100f, -90f, 0f, -0f, 88.72f, 88.73f, 200f, float.PositiveInfinity, float.NaN];
        var y = new float[x.Length];
        Elementary.Exp(x, y);
        Assert.Equal([0f, 0f], y[..2]);
        Assert.Equal(Math.Exp(-100), y[2], 2e-45);
        Assert.Equal(Math.Exp(-90), y[3], 2e-45);
        Assert.Equal([1f, 1f], y[4..6]);
        Assert.True(float.IsFinite(y[6]));
        Assert.Equal([float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity], y[7..10]);
        Assert.True(float.IsNaN(y[10]));
    }

    [Fact]
    public void Saturated_functions_reach_their_limits_exactly()
    {
        float[] x = [float.NegativeInfinity, -1e10f, 1e10f, float.PositiveInfinity], y = new float[4];
        Elementary.Tanh(x, y);
        Assert.Equal([-1f, -1f, 1f, 1f], y);
        Elementary.Erf(x, y);
        Assert.Equal([-1f, -1f, 1f, 1f], y);
        Elementary.Sigmoid(x, y);
        Assert.Equal([0f, 0f, 1f, 1f], y);
    }

    [Theory]
    [InlineData("Silu")]
    [InlineData("GeluTanh")]
    [InlineData("GeluExact")]
    public void Activations_end_in_zero_and_in_their_input(string name)
    {
        float[] x = [-3e38f, -1e10f, -105f, 105f, 1e10f, 3e38f, float.PositiveInfinity], y = new float[7];
        Table[name].Kernel(x, y, null);
        Assert.Equal([0f, 0f, 0f, 105f, 1e10f, 3e38f, float.PositiveInfinity], y);
    }

    [Fact]
    public void Partial_overlap_and_wrong_length_are_refused()
    {
        float[] x = new float[10];
        Assert.Throws<ArgumentException>(() => Elementary.Exp(x.AsSpan(0, 8), x.AsSpan(1, 8)));
        Assert.Throws<ArgumentException>(() => Elementary.Exp(x, new float[9]));
    }

    private static Kernel Activation(ActivationFunction f) =>
        (x, destination, tier) => Activations.Apply(f, x, destination, tier);

    private static double GeluExact(double x) => 0.5 * x * (1 + Values.Erf(x / Math.Sqrt(2)));

    private static double GeluTanh(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private readonly struct AllExp : IFormula
    {
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.Exp(x);
    }

    private readonly struct ModerateExp : IFormula
    {
        public T Evaluate<T>(T x)
            where T : struct, ILanes<T> => ElementaryFormulas.ModerateExp(x);
    }
}
