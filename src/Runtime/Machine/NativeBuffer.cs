using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Interp.Runtime.Machine;

/// <summary>
/// Memory outside of the garbage collector's, not initialised. Large ones lie on large pages where the system has them
/// (Linux: transparent huge pages), which spares the address translation of a product that streams through its weights.
/// </summary>
internal sealed unsafe class NativeBuffer : SafeHandleZeroOrMinusOneIsInvalid
{
    private const nuint Line = 64;

    internal NativeBuffer(long bytes)
        : base(ownsHandle: true)
    {
        Bytes = bytes;
        SetHandle((nint)(IsLarge ? SystemMemory.Allocate(bytes) : NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Line)));
        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    internal long Bytes { get; }

    internal byte* Pointer => (byte*)handle;

    private bool IsLarge => Bytes >= SystemMemory.LargePage;

    protected override bool ReleaseHandle()
    {
        if (IsLarge)
            SystemMemory.Free((void*)handle, Bytes);
        else
            NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        return true;
    }
}
