using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

public sealed class ProcessorTests
{
    // Signatures as the makers list them: Zen 4 (EPYC 9004), Zen 5 (EPYC 9005), Zen 2 (EPYC 7002), Sapphire Rapids.
    [Theory]
    [InlineData(0x00A10F11, 25)]
    [InlineData(0x00B00F21, 26)]
    [InlineData(0x00830F10, 23)]
    [InlineData(0x000806F8, 6)]
    public void Family_is_read_from_the_signature(int signature, int family) => Assert.Equal(family, Processor.Family(signature));

    [Fact]
    public void Processor_is_of_one_family_as_the_system_says()
    {
        Assert.SkipUnless(File.Exists("/proc/cpuinfo"), "the system does not tell its processor in /proc/cpuinfo");
        string[] facts = File.ReadAllLines("/proc/cpuinfo");
        string Fact(string name) => facts.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "";
        int[] families = [.. Enumerable.Range(0, 64).Where(Processor.IsAmd)];
        Assert.Equal(Fact("vendor_id") == "AuthenticAMD" ? [int.Parse(Fact("cpu family"), System.Globalization.CultureInfo.InvariantCulture)] : [], families);
    }
}
