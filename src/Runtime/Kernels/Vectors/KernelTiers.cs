using System.Runtime.Intrinsics;

namespace Interp.Runtime.Kernels;

/// <summary>The one place where the vector width is chosen: the widest that the machine has, or the one that is forced.</summary>
internal static class KernelTiers
{
    /// <summary>Environment variable that forces a tier: <c>scalar</c>, <c>128</c>, <c>256</c> or <c>512</c>.</summary>
    internal const string Variable = "INTERP_KERNEL_TIER";

    private const int Unknown = -1;

    private static readonly string[] Names = ["scalar", "128", "256", "512"];

    private static volatile int current = Unknown;

    /// <summary>The tier that kernels use when none is named.</summary>
    /// <exception cref="InvalidInputException">The environment variable names no tier, or one this machine lacks.</exception>
    internal static KernelTier Current
    {
        get
        {
            if (current == Unknown)
                current = (int)Choose(Environment.GetEnvironmentVariable(Variable));
            return (KernelTier)current;
        }
    }

    /// <summary>The tiers of this machine, narrowest first.</summary>
    internal static IReadOnlyList<KernelTier> Available { get; } = [.. Enum.GetValues<KernelTier>().Where(IsSupported)];

    /// <summary>What <see cref="Variable"/> calls a tier.</summary>
    internal static string Name(KernelTier tier) => Names[(int)tier];

    internal static bool IsSupported(KernelTier tier) => tier switch
    {
        KernelTier.Scalar => true,
        KernelTier.Vector128 => Vector128.IsHardwareAccelerated,
        KernelTier.Vector256 => Vector256.IsHardwareAccelerated,
        KernelTier.Vector512 => Vector512.IsHardwareAccelerated,
        _ => false,
    };

    /// <summary>The forced tier, or the widest one when nothing (or nothing but spaces) is forced.</summary>
    internal static KernelTier Choose(string? forced)
    {
        if (string.IsNullOrWhiteSpace(forced))
            return Available[^1];
        int index = Array.IndexOf(Names, forced.Trim().ToLowerInvariant());
        if (index < 0)
            throw new InvalidInputException($"{Variable}: expected {string.Join(", ", Names)}, found '{forced}'");
        var tier = (KernelTier)index;
        return IsSupported(tier)
            ? tier
            : throw new InvalidInputException(
                $"{Variable}: expected a vector width of this machine ({string.Join(", ", Available.Select(Name))}), "
                + $"found '{forced}'");
    }

    /// <summary>Runs the job with the lane type of the tier.</summary>
    internal static void Run<TJob>(ref TJob job, KernelTier? tier)
        where TJob : struct, ILaneJob
    {
        switch (tier ?? Current)
        {
            case KernelTier.Vector512:
                job.Run<Lanes512>();
                break;
            case KernelTier.Vector256:
                job.Run<Lanes256>();
                break;
            case KernelTier.Vector128:
                job.Run<Lanes128>();
                break;
            default:
                job.Run<LanesScalar>();
                break;
        }
    }
}
