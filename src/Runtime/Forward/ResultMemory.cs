using System.Diagnostics;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>
/// The large arrays of results: recorded activations and logits. An array that nobody holds any more is not freed but handed to a later
/// run, which then writes to memory that is there: new memory costs the system more than what is written to it. The garbage collector finds
/// out that nobody holds an array, so that a result, or one array of it, may be kept for as long as anybody likes.
/// </summary>
internal sealed class ResultMemory
{
    // Smaller arrays are left to the collector.
    private const int FewestFloats = 4096;

    // The collector finds large arrays late. It is asked to look when so much, and as much as the results that are held, may be found,
    // unless that would take more than a hundredth of the time, not counting what it found: as much in new memory would have taken the system
    // a tenth of a second for a gigabyte to clear, at the least.
    private const long WorthLooking = 128L << 20;
    private const int MostLooking = 100;
    private const double ClearedPerSecond = 1e10;

    // Finalizers are through in a few milliseconds, unless somebody's waits for something, which may be this very thread.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200), LongestWaitForMemory = TimeSpan.FromSeconds(10);

    // As in the shared pool of .NET, what nobody asked for in a minute is let go of, and everything where memory runs short.
    private const long LongestIdle = 60_000;
    private const double HighLoad = 0.9;

    private readonly object _gate = new();
    private readonly Dictionary<int, Shelf> _shelves = [];
    private readonly ConditionalWeakTable<float[], Loan> _loans = [];
    private readonly long _mostKept;
    private readonly int _mostLooking;
    private readonly double _clearedPerSecond;
    private long _kept;
    private long _out;
    private long _outSinceLook;
    private int _collections;
    private long _lookEnded;
    private long _lookTook;
    private long _foundSinceLook;

    /// <summary>Begins with nothing.</summary>
    /// <param name="mostKept">Most bytes that are kept for later runs.</param>
    /// <param name="mostLooking">The collector is asked to look at most one in so many parts of the time.</param>
    /// <param name="clearedPerSecond">Bytes of new memory that the system clears in a second.</param>
    internal ResultMemory(long mostKept, int mostLooking = MostLooking, double clearedPerSecond = ClearedPerSecond)
    {
        _mostKept = mostKept;
        _mostLooking = mostLooking;
        _clearedPerSecond = clearedPerSecond;
        _ = new CollectionNotice(this);
    }

    /// <summary>That of all models: it keeps an eighth of the memory that the process may use, at most.</summary>
    public static ResultMemory Shared { get; } = new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    /// <summary>Bytes that nobody holds, kept for later runs.</summary>
    internal long Kept
    {
        get
        {
            lock (_gate)
            {
                return _kept;
            }
        }
    }

    /// <summary>How often the collector was asked to look.</summary>
    internal int Looks { get; private set; }

    /// <summary>An array, not cleared; it comes back by itself when nobody holds it any more.</summary>
    /// <param name="floats">Its length.</param>
    public float[] Take(int floats) => Take(floats, out _);

    /// <summary>As <see cref="Take(int)"/>.</summary>
    /// <param name="floats">Its length.</param>
    /// <param name="isNew">Whether its memory was not written before, as far as is known here.</param>
    public float[] Take(int floats, out bool isNew)
    {
        isNew = false;
        if (floats < FewestFloats)
        {
            return GC.AllocateUninitializedArray<float>(floats);
        }

        if (Find(floats) is { } kept)
        {
            return kept;
        }

        if (ShouldLook() && Look(floats) is { } found)
        {
            return found;
        }

        isNew = true;
        return New(floats);
    }

    /// <summary>Lets go of the arrays of lengths that nobody asked for in so many milliseconds.</summary>
    internal void Drop(long idle)
    {
        long now = Environment.TickCount64;
        lock (_gate)
        {
            foreach (int floats in _shelves.Where(s => now - s.Value.LastAsked >= idle).Select(s => s.Key).ToArray())
            {
                Drop(floats);
            }
        }
    }

    private static long Bytes(int floats) => (long)floats * sizeof(float);

    private float[] New(int floats)
    {
        float[] array;
        try
        {
            array = SystemMemory.PinnedArray(floats);
        }
        catch (OutOfMemoryException)
        {
            // What nobody holds is found, let go of, and given back to the system, which only the last kind of collection does at once.
            GC.Collect();
            Finalizers.Wait(LongestWaitForMemory);
            Drop(idle: 0);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            array = SystemMemory.PinnedArray(floats);
        }

        _loans.Add(array, new Loan(this, array));
        lock (_gate)
        {
            CountOut(floats);
        }

        return array;
    }

    private bool ShouldLook()
    {
        lock (_gate)
        {
            NoticeCollections();
            double lost = _lookTook - (_foundSinceLook / _clearedPerSecond * Stopwatch.Frequency);
            return _outSinceLook >= Math.Max(WorthLooking, _out - _outSinceLook)
                && Stopwatch.GetTimestamp() >= _lookEnded + (_mostLooking * Math.Max(0, lost))
                && GCSettings.LatencyMode != GCLatencyMode.NoGCRegion;
        }
    }

    /// <summary>Has the collector look; an array of what it finds, null if there is none in time.</summary>
    private float[]? Look(int floats)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            _foundSinceLook = 0;
            Looks++;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);

        // What was found comes back one by one; until then an array that is there would be made anew.
        Finalizers.Wait(LongestWait);
        lock (_gate)
        {
            _lookEnded = Stopwatch.GetTimestamp();
            _lookTook = _lookEnded - start;
            return Find(floats);
        }
    }

    private float[]? Find(int floats)
    {
        lock (_gate)
        {
            if (!_shelves.TryGetValue(floats, out Shelf? shelf))
            {
                _shelves[floats] = shelf = new Shelf();
            }

            shelf.LastAsked = Environment.TickCount64;
            if (!shelf.Loans.TryPop(out Loan? loan))
            {
                return null;
            }

            _kept -= Bytes(floats);
            CountOut(floats);
            GC.ReRegisterForFinalize(loan);
            return loan.Array;
        }
    }

    private void CountOut(int floats)
    {
        NoticeCollections();
        _out += Bytes(floats);
        _outSinceLook += Bytes(floats);
    }

    private void NoticeCollections()
    {
        // Any full collection looks, whoever asked for it.
        int collections = GC.CollectionCount(GC.MaxGeneration);
        if (collections != _collections)
        {
            _collections = collections;
            _outSinceLook = 0;
        }
    }

    private void TakeBack(Loan loan)
    {
        lock (_gate)
        {
            int floats = loan.Array.Length;
            _out -= Bytes(floats);
            _foundSinceLook += Bytes(floats);
            if (_shelves.TryGetValue(floats, out Shelf? shelf))
            {
                shelf.Loans.Push(loan);
                _kept += Bytes(floats);
                while (_kept > _mostKept)
                {
                    Drop(_shelves.MinBy(s => s.Value.LastAsked).Key);
                }
            }
        }
    }

    private void Tidy()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        Drop(memory.MemoryLoadBytes > HighLoad * memory.HighMemoryLoadThresholdBytes ? 0 : LongestIdle);
    }

    private void Drop(int floats)
    {
        // The arrays are freed by the next full collection: nobody holds them.
        if (_shelves.Remove(floats, out Shelf? shelf))
        {
            _kept -= Bytes(floats) * shelf.Loans.Count;
        }
    }

    /// <summary>Arrays of one length.</summary>
    private sealed class Shelf
    {
        public Stack<Loan> Loans { get; } = [];

        public long LastAsked { get; set; }
    }

    /// <summary>
    /// Is finalized when nobody holds its array: the table of loans keeps it alive as long as the array is, and that it holds the array itself does
    /// not count there.
    /// </summary>
    private sealed class Loan(ResultMemory owner, float[] array)
    {
        ~Loan() => owner.TakeBack(this);

        public float[] Array { get; } = array;
    }

    /// <summary>Is finalized after each full collection once it is old.</summary>
    private sealed class CollectionNotice
    {
        private readonly WeakGCHandle<ResultMemory> _owner;

        public CollectionNotice(ResultMemory owner) => _owner = new WeakGCHandle<ResultMemory>(owner);

        ~CollectionNotice()
        {
            if (_owner.TryGetTarget(out ResultMemory? owner))
            {
                owner.Tidy();
                GC.ReRegisterForFinalize(this);
            }
            else
            {
                _owner.Dispose();
            }
        }
    }
}
