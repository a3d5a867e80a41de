using System.Runtime.CompilerServices;

namespace Interp.Runtime.Machine;

/// <summary>Memory of one thread that lasts until it asks again.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static float[]? _memory;

    /// <summary>At least so many floats, not cleared.</summary>
    public static float* Take(nint floats)
    {
        if (_memory is null || _memory.Length < floats)
        {
            _memory = GC.AllocateUninitializedArray<float>(checked((int)floats + 64), pinned: true);
        }

        return (float*)Unsafe.AsPointer(ref _memory[0]);
    }
}
