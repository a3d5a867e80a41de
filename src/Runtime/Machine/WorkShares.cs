using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Interp.Runtime.Machine;

/// <summary>
/// Items of a run, shared out among its threads. Each has neighbouring ones and does them in order, so that what a thread touches is one piece; one
/// that has none left takes the upper half of another's. Shares lie on cache lines of their own: as long as nobody takes from it, a thread
/// does not wait for another's to move over.
/// </summary>
internal sealed unsafe class WorkShares
{
    // Two lines, which some processors fetch together.
    private const int Apart = 128;

    private readonly byte* memory;

    /// <summary>Shares for so many threads; their memory is kept for the life of the process.</summary>
    internal WorkShares(int most)
    {
        nuint bytes = (nuint)most * Apart;
        memory = (byte*)NativeMemory.AlignedAlloc(bytes, Apart);
        NativeMemory.Clear(memory, bytes);
    }

    /// <summary>Gives each of some threads its share of the items from 0 to <paramref name="count"/>, while nobody takes any.</summary>
    internal void Deal(int count, int threads)
    {
        for (int t = 0; t < threads; t++)
            Volatile.Write(ref Share(t), Pack((int)((long)count * t / threads), (int)((long)count * (t + 1) / threads)));
    }

    /// <summary>
    /// The next items of a thread: half of what its share still has, so that few are left to wait for in the end, at least one.
    /// </summary>
    /// <param name="thread">Which thread.</param>
    /// <param name="threads">How many share.</param>
    /// <param name="most">Most items at a time.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <returns>False when nobody has items left that were not begun.</returns>
    internal bool TryTake(int thread, int threads, int most, out int first, out int count)
    {
        ref long share = ref Share(thread);
        do
        {
            long now = Volatile.Read(ref share);
            while (First(now) < End(now))
            {
                first = First(now);
                count = Math.Clamp((End(now) - first) / 2, 1, most);
                long before = Interlocked.CompareExchange(ref share, Pack(first + count, End(now)), now);
                if (before == now)
                    return true;

                now = before;
            }
        }
        while (TakeHalf(thread, threads));
        first = count = -1;
        return false;
    }

    /// <summary>Fills an empty share with the upper half of another's.</summary>
    private bool TakeHalf(int thread, int threads)
    {
        for (int i = 1; i < threads; i++)
        {
            ref long other = ref Share((thread + i) % threads);
            long now = Volatile.Read(ref other);
            while (First(now) < End(now))
            {
                int middle = First(now) + ((End(now) - First(now)) / 2);
                long before = Interlocked.CompareExchange(ref other, Pack(First(now), middle), now);
                if (before == now)
                {
                    Volatile.Write(ref Share(thread), Pack(middle, End(now)));
                    return true;
                }

                now = before;
            }
        }

        return false;
    }

    private ref long Share(int thread) => ref Unsafe.AsRef<long>(memory + ((nint)thread * Apart));

    private static long Pack(int first, int end) => ((long)end << 32) | (uint)first;

    private static int First(long share) => (int)(uint)share;

    private static int End(long share) => (int)(share >> 32);
}
