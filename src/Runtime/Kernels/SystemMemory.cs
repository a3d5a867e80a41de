using System.Runtime.InteropServices;

namespace Interp.Runtime.Kernels;

/// <summary>What Linux is told about memory. Advice only: elsewhere, and where it is not taken, nothing changes but speed.</summary>
internal static unsafe partial class SystemMemory
{
    internal const int LargePage = 2 << 20;

    private const int DoNotNeed = 4;
    private const int HugePage = 14;

    /// <summary>Asks for large pages, which spare a product that streams through its weights the translation of addresses.</summary>
    internal static void UseLargePages(void* start, long bytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Advise(start, (nuint)bytes, HugePage);
    }

    /// <summary>
    /// Lets go of whole pages of a mapped file that is only read: they come back from the file when they are touched again.
    /// </summary>
    internal static void Forget(void* start, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        nint page = Environment.SystemPageSize;
        nint first = ((nint)start + page - 1) & -page, end = ((nint)start + (nint)bytes) & -page;
        if (end > first)
            _ = Advise((void*)first, (nuint)(end - first), DoNotNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
