namespace Interp.Runtime.Machine;

/// <summary>
/// Memory of one packed matrix. Matrices of some megabytes lie next to each other on shared large pages (<see cref="SystemMemory"/>), which a matrix alone
/// fills in part or not at all; what they share is freed with the last of them.
/// </summary>
internal sealed unsafe class WeightMemory
{
    // Below this a shared large page would hold more than the matrices of a small model.
    private const long LeastShared = 256 << 10;

    // From here on the rest behind the last large page is little.
    private const long MostShared = 16 << 20;

    private const long SharedBytes = 64 << 20;
    private const long Line = 64;

    private static readonly Lock Gate = new();
    private static readonly WeakReference<NativeBuffer?> Current = new(null);
    private static long used;

    private readonly long start;

    private WeightMemory(NativeBuffer buffer, long start, long bytes)
    {
        Buffer = buffer;
        this.start = start;
        Bytes = bytes;
    }

    /// <summary>What it lies in, freed when nobody holds it any more.</summary>
    internal NativeBuffer Buffer { get; }

    /// <summary>Bytes that may be used.</summary>
    internal long Bytes { get; }

    /// <summary>The first of them, at the start of a cache line; valid while this object is alive.</summary>
    internal byte* Pointer => Buffer.Pointer + start;

    /// <summary>Memory that is not initialised.</summary>
    internal static WeightMemory Take(long bytes)
    {
        if (bytes is < LeastShared or > MostShared || !OperatingSystem.IsLinux())
            return new WeightMemory(new NativeBuffer(bytes), 0, bytes);
        lock (Gate)
        {
            if (!Current.TryGetTarget(out NativeBuffer? shared) || used + bytes > SharedBytes)
            {
                shared = new NativeBuffer(SharedBytes);
                Current.SetTarget(shared);
                used = 0;
            }

            long start = used;
            used += (bytes + Line - 1) / Line * Line;
            return new WeightMemory(shared, start, bytes);
        }
    }
}
