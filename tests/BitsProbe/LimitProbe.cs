using System.Runtime.CompilerServices;
using Interp.Runtime.Forward;

/// <summary>Takes and drops an array, then takes another one that a limit of the heap leaves no room for beside it.</summary>
internal static class LimitProbe
{
    public static void Run(string how)
    {
        var memory = new ResultMemory(long.MaxValue);
        Take(memory, 30_000_000);
        if (how == "kept")
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Console.WriteLine($"kept {memory.Kept}");
        Console.WriteLine($"taken {Take(memory, 25_000_000)}, kept {memory.Kept}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Take(ResultMemory memory, int floats) => memory.Take(floats).Length * sizeof(float);
}
