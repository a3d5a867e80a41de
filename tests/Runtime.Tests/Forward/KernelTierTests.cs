using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Tests.Forward;

/// <summary>
/// P3 across vector widths: child processes with tiers switched off compute the same bytes at every hook point. Each child
/// reports its vector units, so that a switch that does nothing cannot pass.
/// </summary>
public sealed class KernelTierTests
{
    private static readonly Lazy<string[]> Here = new(() => Probe());

    [Fact]
    public void Without_512_bit_vectors_the_bytes_are_the_same()
    {
        Require(Vector512.IsHardwareAccelerated, "512-bit vectors");
        Compare(Probe(("DOTNET_EnableAVX512", "0")), "512=False 256=True", "Vector256");
    }

    [Fact]
    public void Without_256_bit_vectors_and_fused_multiply_add_the_bytes_are_the_same()
    {
        Require(Avx2.IsSupported, "AVX2");
        Compare(Probe(("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0")), "512=False 256=False 128=True fma=False", "Vector128");
    }

    [Fact]
    public void Without_any_vectors_the_bytes_are_the_same()
    {
        Require(Vector128.IsHardwareAccelerated, "vectors");
        Compare(Probe(("DOTNET_EnableHWIntrinsic", "0")), "512=False 256=False 128=False fma=False", "Scalar");
    }

    [Theory]
    [InlineData("scalar", "Scalar")]
    [InlineData("128", "Vector128")]
    [InlineData("256", "Vector256")]
    [InlineData("512", "Vector512")]
    public void A_tier_can_be_forced_and_gives_the_same_bytes(string name, string tier)
    {
        Require(
            (name != "512" || Vector512.IsHardwareAccelerated) && (name != "256" || Vector256.IsHardwareAccelerated), $"tier {name}");
        Compare(Probe(("INTERP_KERNEL_TIER", name)), "hardware", tier);
    }

    private static void Compare(string[] lines, string hardware, string tier)
    {
        Assert.Contains(hardware, lines[0], StringComparison.Ordinal);
        Assert.Equal("tier " + tier, lines[1]);
        Assert.True(lines.Length > 40);
        Assert.Equal(Here.Value[2..], lines[2..]);
    }

    private static void Require(bool present, string what)
    {
        if (!present)
        {
            Assert.Skip($"This machine has no {what}.");
        }
    }

    private static string[] Probe(params (string Name, string Value)[] switches) =>
        ProbeProcess.Run((Fixtures.Find("stories260K") ?? Fixtures.Find("hf/llama")) is { } checkpoint ? [checkpoint] : [], switches);
}
