namespace Interp.Runtime;

/// <summary>What the kernels run on. Results do not depend on it; files of results say it all the same.</summary>
public static class KernelInfo
{
    /// <summary>
    /// The vector width in use, as <c>INTERP_KERNEL_TIER</c> names it: <c>scalar</c>, <c>128</c>, <c>256</c> or <c>512</c> bits.
    /// </summary>
    /// <exception cref="InvalidInputException">The environment variable names none that this machine has.</exception>
    public static string Tier => Kernels.KernelTiers.Name(Kernels.KernelTiers.Current);
}
