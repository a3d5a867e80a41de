using System.Runtime.InteropServices;

namespace Interp.Runtime.Machine;

/// <summary>What Linux is told about memory. Advice only: elsewhere, and where it is not taken, nothing changes but speed.</summary>
internal static unsafe partial class SystemMemory
{
    internal const int LargePage = 2 << 20;

    private const int FewestTaken = 4;
    private const int DoNotNeed = 4;
    private const int HugePage = 14;
    private const int PopulateWrite = 23;
    private const int ReadAndWrite = 3;
    private const int PrivateAnonymous = 0x22;

    /// <summary>Asks for large pages, which spare a product that streams through its weights the translation of addresses.</summary>
    internal static void UseLargePages(void* start, long bytes)
    {
        if (OperatingSystem.IsLinux())
            _ = Advise(start, (nuint)bytes, HugePage);
    }

    /// <summary>
    /// An array that is not cleared and stays where it is, its whole large pages on such: the system clears each page that is touched first, which
    /// for small ones costs more than writing them.
    /// </summary>
    /// <param name="floats">Its length.</param>
    internal static float[] PinnedArray(int floats)
    {
        float[] array = GC.AllocateUninitializedArray<float>(floats, pinned: true);
        if ((long)floats * sizeof(float) >= 2 * LargePage)
        {
            fixed (float* start = array)
            {
                nint first = ((nint)start + LargePage - 1) & -LargePage;
                nint end = ((nint)start + ((nint)floats * sizeof(float))) & -LargePage;
                UseLargePages((void*)first, end - first);
            }
        }

        return array;
    }

    /// <summary>
    /// Takes the pages of memory that is about to be written at once: each new one would be an exception of its own. Pages that are there already cost little.
    /// </summary>
    internal static void Take(void* start, long bytes)
    {
        nint page = Environment.SystemPageSize, first = (nint)start & -page;
        if (OperatingSystem.IsLinux() && bytes >= FewestTaken * page)
            _ = Advise((void*)first, (nuint)((nint)start + (nint)bytes - first), PopulateWrite);
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

    /// <summary>
    /// Memory that goes back to the system when it is freed. The C library's allocator keeps freed memory of its own for later, so
    /// that what a process holds would depend on what it once held.
    /// </summary>
    internal static void* Allocate(long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return NativeMemory.AlignedAlloc((nuint)bytes, 64);

        // What fills large pages begins with one; the rest behind the last lies on small ones, so that nothing is held that nobody needs.
        long large = bytes / LargePage * LargePage, room = large > 0 ? bytes + LargePage : bytes;
        var memory = (nint)Map(null, (nuint)room, ReadAndWrite, PrivateAnonymous, -1, 0);
        if (memory == -1)
            throw new InvalidInputException($"memory: the system has no {bytes} bytes left");
        if (large == 0)
            return (void*)memory;
        nint start = (memory + LargePage - 1) & -LargePage, page = Environment.SystemPageSize;
        nint end = (start + (nint)bytes + page - 1) & -page, mapped = (memory + (nint)room + page - 1) & -page;
        Trim(memory, start);
        Trim(end, mapped);
        UseLargePages((void*)start, large);
        return (void*)start;
    }

    /// <summary>Frees what <see cref="Allocate"/> gave.</summary>
    internal static void Free(void* memory, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            NativeMemory.AlignedFree(memory);
        else
            _ = Unmap(memory, (nuint)bytes);
    }

    private static void Trim(nint start, nint end)
    {
        if (end > start)
            _ = Unmap((void*)start, (nuint)(end - start));
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
