using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>
/// The large arrays of results that were disposed of, for later runs: new memory costs the system more than what is written to it. Nothing comes
/// back by itself; a result that nobody disposes of is left to the garbage collector like any other object.
/// </summary>
/// <param name="mostKept">Most bytes that are kept; what comes back beyond that is left to the collector.</param>
internal sealed class ResultPool(long mostKept)
{
    // Smaller arrays are cheap to make.
    private const int FewestFloats = 4096;

    // Lengths that nobody asked for so long are let go of when something comes back.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Shelf> _shelves = [];

    /// <summary>That of all models: it keeps an eighth of the memory that the process may use, at most.</summary>
    public static ResultPool Shared { get; } = new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    /// <summary>Bytes that are kept.</summary>
    internal long Kept { get; private set; }

    /// <summary>An array, not cleared.</summary>
    /// <param name="floats">Its length.</param>
    /// <param name="isNew">Whether its memory was not written before, as far as is known here.</param>
    public float[] Take(int floats, out bool isNew)
    {
        isNew = false;
        if (floats < FewestFloats)
        {
            return GC.AllocateUninitializedArray<float>(floats);
        }

        lock (_gate)
        {
            if (!_shelves.TryGetValue(floats, out Shelf? shelf))
            {
                _shelves[floats] = shelf = new Shelf();
            }

            shelf.LastAsked = Environment.TickCount64;
            if (shelf.Arrays.TryPop(out float[]? kept))
            {
                Kept -= Bytes(floats);
                return kept;
            }
        }

        isNew = true;
        return SystemMemory.PinnedArray(floats);
    }

    /// <summary>Takes an array back that nobody reads any more.</summary>
    public void Return(float[] array)
    {
        lock (_gate)
        {
            // An array of another origin has no shelf.
            if (_shelves.TryGetValue(array.Length, out Shelf? shelf) && Kept + Bytes(array.Length) <= mostKept)
            {
                shelf.Arrays.Push(array);
                Kept += Bytes(array.Length);
            }

            DropIdle();
        }
    }

    private static long Bytes(int floats) => (long)floats * sizeof(float);

    private void DropIdle()
    {
        long since = Environment.TickCount64 - (long)LongestIdle.TotalMilliseconds;
        foreach ((int floats, Shelf shelf) in _shelves.Where(s => s.Value.LastAsked < since).ToArray())
        {
            Kept -= Bytes(floats) * shelf.Arrays.Count;
            _shelves.Remove(floats);
        }
    }

    /// <summary>Arrays of one length.</summary>
    private sealed class Shelf
    {
        public Stack<float[]> Arrays { get; } = [];

        public long LastAsked { get; set; } = Environment.TickCount64;
    }
}
