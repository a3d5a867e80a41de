using System.Runtime.CompilerServices;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

public sealed unsafe class WeightMemoryTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public void Pieces_do_not_overlap_and_start_on_cache_lines()
    {
        // Small and large ones, and more than one piece of shared memory holds.
        int[] sizes = [1, 100, 300_001, Megabyte, 5 * Megabyte, 15 * Megabyte, 16 * Megabyte, 16 * Megabyte, 17 * Megabyte, 16 * Megabyte, 16 * Megabyte, 300_000];
        WeightMemory[] pieces = [.. sizes.Select(size => WeightMemory.Take(size))];
        (long Start, long End)[] places = [.. pieces.Select(p => ((long)p.Pointer, (long)p.Pointer + p.Bytes)).Order()];
        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.Equal(sizes[i], pieces[i].Bytes);
            Assert.Equal(0, (nint)pieces[i].Pointer % 64);
            pieces[i].Pointer[0] = pieces[i].Pointer[sizes[i] - 1] = 1;
            if (i > 0)
                Assert.True(places[i].Start >= places[i - 1].End, $"{places[i - 1]} and {places[i]}");
        }

        GC.KeepAlive(pieces);
    }

    [Fact]
    public void Shared_memory_lives_as_long_as_one_of_its_matrices()
    {
        WeakReference shared = KeepSecondOfTwo();

        // Another test may have a matrix of its own there for a while.
        for (int attempt = 0; attempt < 50 && shared.IsAlive; attempt++)
            Collect();
        Assert.False(shared.IsAlive);
    }

    // A method of its own, so that no local variable outlives it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference KeepSecondOfTwo()
    {
        (WeakReference first, WeightMemory second) = TakeTwo();
        for (int attempt = 0; attempt < 50 && first.IsAlive; attempt++)
            Collect();
        Assert.False(first.IsAlive);
        second.Pointer[0] = second.Pointer[second.Bytes - 1] = 1;
        Assert.False(second.Buffer.IsClosed);
        return new WeakReference(second.Buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference First, WeightMemory Second) TakeTwo() => (new WeakReference(WeightMemory.Take(16 * Megabyte)), WeightMemory.Take(16 * Megabyte));

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
