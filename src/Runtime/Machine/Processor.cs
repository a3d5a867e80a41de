using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Machine;

/// <summary>Which processor runs the kernels, for what one maker's do better alone. Nothing that is computed depends on it.</summary>
internal static class Processor
{
    private const int MostBaseFamily = 15;

    /// <summary>Whether it is a Zen 3 or 4.</summary>
    internal static readonly bool IsZen3Or4 = IsAmd(family: 25);

    /// <summary>Whether it is one of AMD's of a family, as its manuals number them: 25 are Zen 3 and 4, 26 Zen 5.</summary>
    internal static bool IsAmd(int family)
    {
        if (!X86Base.IsSupported)
            return false;
        (int _, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        (int signature, int _, int _, int _) = X86Base.CpuId(1, 0);
        return Name(ebx, edx, ecx) == "AuthenticAMD" && Family(signature) == family;
    }

    /// <summary>The family in a signature: a base of 15 says that there is more of it.</summary>
    internal static int Family(int signature)
    {
        int family = (signature >> 8) & 15;
        return family == MostBaseFamily ? family + ((signature >> 20) & 255) : family;
    }

    private static string Name(params ReadOnlySpan<int> words)
    {
        Span<char> name = stackalloc char[words.Length * sizeof(int)];
        for (int i = 0; i < name.Length; i++)
            name[i] = (char)((words[i / sizeof(int)] >> (8 * (i % sizeof(int)))) & 255);
        return new string(name);
    }
}
