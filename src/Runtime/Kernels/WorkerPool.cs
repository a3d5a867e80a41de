using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Interp.Runtime.Kernels;

/// <summary>
/// The threads of the kernels: started once, parked while there is nothing to do. A run hands out its items by an atomic
/// counter, the caller takes part, and nothing is allocated. One run has the threads at a time: a run inside a run, or beside
/// another thread's run, does its items on its own thread, so that there are never more busy threads than were asked for.
/// Results cannot depend on it, since what an item computes does not depend on who computes it.
/// </summary>
internal static unsafe class WorkerPool
{
    // A worker looks for work this long before it parks: longer than what lies between two products of a run, since a thread
    // that wakes up may have to wait for a core.
    private static readonly long SpinTicks = Stopwatch.Frequency / 1000;

    private const int MaxWorkers = 255;

    private static readonly Worker[] Workers = new Worker[MaxWorkers];

    private static int started;
    private static int busy;

    // What is being run. Written before the first item is published, read after one of its items was claimed.
    private static void* job;
    private static delegate*<void*, int, void> body;
    private static int items;
    private static int helpers;

    // Run number in the upper half, items not yet claimed in the lower one; claiming an item of an old run cannot succeed.
    private static long state;
    private static int finished;
    private static Exception? failure;

    /// <summary>Threads to use when nothing is said: one for each physical core that the process may use.</summary>
    internal static int DefaultThreads { get; } = Math.Clamp(PhysicalCores(), 1, Environment.ProcessorCount);

    /// <summary>Runs every item once and returns when all are done.</summary>
    /// <param name="work">The job; the threads work on one copy of it.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="threads">Most threads to use, the caller included.</param>
    /// <exception cref="Exception">The first exception that an item threw; items not yet begun are then left out.</exception>
    internal static void Run<TJob>(in TJob work, int count, int threads)
        where TJob : struct, IParallelJob
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        TJob copy = work;
        int wanted = Math.Min(Math.Min(threads, count) - 1, MaxWorkers);
        if (wanted <= 0 || Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            for (int item = 0; item < count; item++)
                copy.Run(item);
            return;
        }

        Exception? thrown;
        try
        {
            // The copy lies on this thread's stack, which outlives the run.
            thrown = Share(Unsafe.AsPointer(ref copy), &Invoke<TJob>, count, wanted);
        }
        finally
        {
            Volatile.Write(ref busy, 0);
        }

        if (thrown is not null)
            ExceptionDispatchInfo.Throw(thrown);
    }

    private static void Invoke<TJob>(void* job, int item)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(job).Run(item);

    private static Exception? Share(void* work, delegate*<void*, int, void> run, int count, int wanted)
    {
        while (started < wanted)
        {
            Workers[started] = new Worker(started);
            started++;
        }

        job = work;
        body = run;
        items = count;
        helpers = wanted;
        failure = null;
        Volatile.Write(ref finished, 0);
        long number = (Volatile.Read(ref state) >> 32) + 1;
        Interlocked.Exchange(ref state, (number << 32) | (uint)count);
        for (int w = 0; w < wanted; w++)
            Workers[w].Wake();
        Work((int)number);
        SpinWait wait = default;
        while (Volatile.Read(ref finished) != count)
            wait.SpinOnce(sleep1Threshold: -1);
        job = null;
        return failure;
    }

    /// <summary>Claims and does items of one run until none is left.</summary>
    private static void Work(int number)
    {
        long now = Volatile.Read(ref state);
        while ((int)(now >> 32) == number && (uint)now != 0)
        {
            long before = Interlocked.CompareExchange(ref state, now - 1, now);
            if (before != now)
            {
                now = before;
                continue;
            }

            RunItem(items - (int)(uint)now);
            Interlocked.Increment(ref finished);
            now = Volatile.Read(ref state);
        }
    }

    private static void RunItem(int item)
    {
        if (Volatile.Read(ref failure) is not null)
            return;
        try
        {
            body(job, item);
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
                int number = Await(last);
                if (index < Volatile.Read(ref helpers))
                    Work(number);
                last = number;
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
                    int number = (int)(Volatile.Read(ref state) >> 32);
                    if (number != last)
                        return number;
                    Thread.SpinWait(8);
                }
                while (Stopwatch.GetTimestamp() - start < SpinTicks);

                Interlocked.Exchange(ref parked, 1);

                // A run that was published before the line above does not wake this worker; one published after it does.
                if ((int)(Volatile.Read(ref state) >> 32) != last && Interlocked.Exchange(ref parked, 0) == 1)
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
}
