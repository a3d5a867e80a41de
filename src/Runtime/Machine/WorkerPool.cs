using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Interp.Runtime.Machine;

/// <summary>
/// The threads of the kernels: started once, parked while there is nothing to do. A run shares its items out
/// (<see cref="WorkShares"/>), the caller takes part, and nothing is allocated. One run has the threads at a time: a run inside a run, or beside
/// another thread's run, does its items on its own thread, so that there are never more busy threads than were asked for.
/// Results cannot depend on it, since what an item computes does not depend on who computes it.
/// </summary>
internal static unsafe class WorkerPool
{
    // A worker looks for work this long before it parks: longer than what lies between two products of a run, since a thread
    // that wakes up may have to wait for a core.
    private static readonly long SpinTicks = Stopwatch.Frequency / 1000;

    private const int MaxWorkers = 255;

    // Some tens of microseconds: giving the processor away takes a call of the system.
    private const int SpinsBeforeYielding = 1000;

    private static readonly Worker[] Workers = new Worker[MaxWorkers];

    private static int started;
    private static int busy;

    private static readonly WorkShares Shares = new(MaxWorkers + 1);

    // What is being run. Written before the run is opened, read by workers that found it open.
    private static void* job;
    private static delegate*<void*, int, int, void> body;
    private static int sharers;
    private static int atOnce;
    private static Exception? failure;

    private static Signals signals;

    /// <summary>Threads to use when nothing is said: one for each physical core that the process may use.</summary>
    internal static int DefaultThreads { get; } = Math.Clamp(PhysicalCores(), 1, Environment.ProcessorCount);

    /// <summary>Runs every item once and returns when all are done.</summary>
    /// <param name="work">The job; the threads work on one copy of it.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="threads">Most threads to use, the caller included.</param>
    /// <exception cref="Exception">The first exception that an item threw; items not yet begun are then left out.</exception>
    internal static void Run<TJob>(in TJob work, int count, int threads)
        where TJob : struct, IParallelJob => RunRanges(new OneByOne<TJob>(work), count, threads, 1);

    /// <summary>Runs every item once, several at a time, and returns when all are done.</summary>
    /// <param name="work">The job; the threads work on one copy of it.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="threads">Most threads to use, the caller included.</param>
    /// <param name="most">Most items at a time; the last ones are done in smaller ranges.</param>
    /// <exception cref="Exception">The first exception that an item threw; items not yet begun are then left out.</exception>
    internal static void RunRanges<TJob>(in TJob work, int count, int threads, int most)
        where TJob : struct, IParallelRanges
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        TJob copy = work;
        int wanted = Math.Min(Math.Min(threads, count) - 1, MaxWorkers);
        if (wanted <= 0 || Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            for (int first = 0; first < count; first += most)
                copy.Run(first, Math.Min(most, count - first));
            return;
        }

        Exception? thrown;
        try
        {
            // The copy lies on this thread's stack, which outlives the run.
            thrown = Share(Unsafe.AsPointer(ref copy), &Invoke<TJob>, count, wanted, most);
        }
        finally
        {
            Volatile.Write(ref busy, 0);
        }

        if (thrown is not null)
            ExceptionDispatchInfo.Throw(thrown);
    }

    private static void Invoke<TJob>(void* job, int first, int count)
        where TJob : struct, IParallelRanges => Unsafe.AsRef<TJob>(job).Run(first, count);

    private static Exception? Share(void* work, delegate*<void*, int, int, void> run, int count, int wanted, int most)
    {
        while (started < wanted)
        {
            Workers[started] = new Worker(started);
            started++;
        }

        job = work;
        body = run;
        sharers = wanted + 1;
        atOnce = most;
        failure = null;
        Shares.Deal(count, sharers);
        Volatile.Write(ref signals.IsOpen, true);
        Interlocked.Increment(ref signals.Number);
        for (int w = 0; w < wanted; w++)
            Workers[w].Wake();
        Work(0);

        // Nothing is left to begin. A worker that comes from here on finds the run closed; those inside are waited for.
        Volatile.Write(ref signals.IsOpen, false);
        Interlocked.MemoryBarrier();
        SpinWait wait = default;
        for (int spins = 0; Volatile.Read(ref signals.Inside) != 0; spins++)
        {
            if (spins < SpinsBeforeYielding)
                Thread.SpinWait(1);
            else
                wait.SpinOnce(sleep1Threshold: -1);
        }

        job = null;
        return failure;
    }

    /// <summary>Does items until none is left that was not begun.</summary>
    private static void Work(int thread)
    {
        while (Shares.TryTake(thread, sharers, atOnce, out int first, out int count))
            RunItems(first, count);
    }

    private static void RunItems(int first, int count)
    {
        if (Volatile.Read(ref failure) is not null)
            return;
        try
        {
            body(job, first, count);
        }
        catch (Exception exception) when (Keep(exception))
        {
            // Whatever an item throws is the caller's.
        }
    }

    private static bool Keep(Exception exception)
    {
        Interlocked.CompareExchange(ref failure, exception, null);
        return true;
    }

    /// <summary>
    /// Cores, counting those that share an execution unit once, where the system says so (Linux); else logical processors.
    /// </summary>
    private static int PhysicalCores()
    {
        try
        {
            var siblings = new HashSet<string>(StringComparer.Ordinal);
            for (int cpu = 0; Directory.Exists($"/sys/devices/system/cpu/cpu{cpu}"); cpu++)
            {
                string file = $"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list";
                if (File.Exists(file))
                    siblings.Add(File.ReadAllText(file).Trim());
            }

            return siblings.Count > 0 ? siblings.Count : Environment.ProcessorCount;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Environment.ProcessorCount;
        }
    }

    private sealed class Worker
    {
        private readonly object gate = new();
        private readonly int index;
        private int parked;
        private bool signalled;

        internal Worker(int index)
        {
            this.index = index;
            new Thread(Loop) { IsBackground = true, Name = $"Interp worker {index + 1}" }.Start();
        }

        /// <summary>Called after a run was published.</summary>
        internal void Wake()
        {
            if (Interlocked.Exchange(ref parked, 0) == 0)
                return;
            lock (gate)
            {
                signalled = true;
                Monitor.Pulse(gate);
            }
        }

        private void Loop()
        {
            int last = 0;
            while (true)
            {
                last = Await(last);

                // The run stays as it is from here until the worker has left, or is closed already. It may be a later one than was seen.
                Interlocked.Increment(ref signals.Inside);
                if (Volatile.Read(ref signals.IsOpen) && index + 1 < sharers)
                    Work(index + 1);
                Interlocked.Decrement(ref signals.Inside);
            }
        }

        /// <summary>The number of a run that is not <paramref name="last"/>; spins for a while, then parks.</summary>
        private int Await(int last)
        {
            while (true)
            {
                long start = Stopwatch.GetTimestamp();
                do
                {
                    int number = Volatile.Read(ref signals.Number);
                    if (number != last)
                        return number;
                    Thread.SpinWait(1);
                }
                while (Stopwatch.GetTimestamp() - start < SpinTicks);

                Interlocked.Exchange(ref parked, 1);

                // A run that was published before the line above does not wake this worker; one published after it does.
                if (Volatile.Read(ref signals.Number) != last && Interlocked.Exchange(ref parked, 0) == 1)
                    continue;
                lock (gate)
                {
                    while (!signalled)
                        Monitor.Wait(gate);
                    signalled = false;
                }
            }
        }
    }

    private struct OneByOne<TJob>(TJob job) : IParallelRanges
        where TJob : struct, IParallelJob
    {
        public void Run(int first, int count)
        {
            for (int item = first; item < first + count; item++)
                job.Run(item);
        }
    }

    /// <summary>What threads tell each other, on cache lines of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Signals
    {
        /// <summary>Number of the run that was published last.</summary>
        [FieldOffset(128)]
        internal int Number;

        /// <summary>Whether workers may take part in it.</summary>
        [FieldOffset(132)]
        internal bool IsOpen;

        /// <summary>Workers that take part, or are about to look whether they may.</summary>
        [FieldOffset(256)]
        internal int Inside;
    }
}
