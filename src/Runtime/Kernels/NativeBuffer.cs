using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Memory outside of the garbage collector's, not initialised. Large ones lie on large pages where the system has them
/// (Linux: transparent huge pages), which spares the address translation of a product that streams through its weights.
/// </summary>
internal sealed unsafe class NativeBuffer : SafeHandleZeroOrMinusOneIsInvalid
{
    private const nuint Line = 64;
    private const nuint LargePage = SystemMemory.LargePage;

    internal NativeBuffer(long bytes)
        : base(ownsHandle: true)
    {
        Bytes = bytes;
        bool large = bytes >= (long)(4 * LargePage);
        void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), large ? LargePage : Line);
        SetHandle((nint)memory);
        GC.AddMemoryPressure(Math.Max(bytes, 1));

        if (large)
            SystemMemory.UseLargePages(memory, bytes);
    }

    internal long Bytes { get; }

    internal byte* Pointer => (byte*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        return true;
    }
}
