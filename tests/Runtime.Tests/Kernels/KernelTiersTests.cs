using Interp.Runtime.Kernels;

namespace Interp.Runtime.Tests.Kernels;

public sealed class KernelTiersTests
{
    [Fact]
    public void Nothing_forced_takes_the_widest_tier_of_the_machine()
    {
        Assert.Equal(KernelTiers.Available[^1], KernelTiers.Choose(null));
        Assert.Equal(KernelTiers.Available[^1], KernelTiers.Choose(" "));
        Assert.Equal(KernelTier.Scalar, KernelTiers.Available[0]);
    }

    [Theory]
    [InlineData("scalar", 0)]
    [InlineData("128", 1)]
    [InlineData("256", 2)]
    [InlineData(" 512 ", 3)]
    public void Forced_tier_is_taken_or_refused_where_the_machine_lacks_it(string forced, int expected)
    {
        var tier = (KernelTier)expected;
        if (KernelTiers.IsSupported(tier))
            Assert.Equal(tier, KernelTiers.Choose(forced));
        else
            Assert.Contains(KernelTiers.Variable, Assert.Throws<InvalidInputException>(() => KernelTiers.Choose(forced)).Message);
    }

    [Fact]
    public void Unknown_tier_is_an_error_that_names_the_variable_and_the_choices()
    {
        var error = Assert.Throws<InvalidInputException>(() => KernelTiers.Choose("avx"));
        Assert.Equal("INTERP_KERNEL_TIER: expected scalar, 128, 256, 512, found 'avx'", error.Message);
    }
}
