using System.Diagnostics;
using System.Globalization;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>
/// Changes files and loads them. Each must load, and then run, or be refused by <see cref="InvalidInputException"/> with one
/// line; within 5 seconds; and loading may allocate no more than four times the bytes of its files and 64 MB, everything
/// counted that the thread ever asked for, garbage included. (Loading is single-threaded.)
/// </summary>
internal sealed class FuzzRun
{
    private const int ShortCount = 150, MostFailures = 20;
    private const long FreeBytes = 64L << 20, BytesPerByte = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly List<string> _failures = [];
    private readonly HashSet<string> _kinds = [];
    private readonly Stopwatch _watch = new();
    private readonly Lock _gate = new();
    private int _loaded, _refused;
    private long _most;
    private TimeSpan _slowest;
    private string _current = "";

    /// <summary>Cases of each format: INTERP_FUZZ_COUNT, or few.</summary>
    private static int Count { get; } = Setting("INTERP_FUZZ_COUNT", ShortCount);

    /// <summary>The seed: INTERP_FUZZ_SEED, or 1.</summary>
    private static int Seed { get; } = Setting("INTERP_FUZZ_SEED", 1);

    /// <summary>Runs all cases of a format and fails with what went wrong, or prints how many loaded and were refused.</summary>
    /// <param name="format">The format's name.</param>
    /// <param name="cases">What is changed, in turn.</param>
    public static void Check(string format, IReadOnlyList<FuzzCase> cases)
    {
        var run = new FuzzRun();
        // A small stack: a reader that recurses by what a file says would overflow it here first.
        var thread = new Thread(() => run.All(cases), 1 << 20) { IsBackground = true };
        thread.Start();
        while (!thread.Join(TimeSpan.FromMilliseconds(500)))
        {
            Assert.True(run.Running() < Longest + Longest, $"{format}: still loading after 10 s: {run._current}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{format}: {Count} files, seed {Seed}: {run._loaded} loaded, {run._refused} refused, slowest {run._slowest.TotalMilliseconds:F0} ms, "
            + $"most allocated {run._most / 1048576.0:F1} MiB beyond 4 x the size"));
        Assert.True(run._failures.Count == 0, $"{format}: {string.Join("\n", run._failures)}");
        // Both happen, or the changes are too weak or too strong to say anything.
        Assert.InRange(run._loaded, Count / 100, Count);
        Assert.InRange(run._refused, Count / 100, Count);
    }

    private static int Setting(string name, int fallback) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

    private TimeSpan Running()
    {
        lock (_gate)
        {
            return _watch.Elapsed;
        }
    }

    private void All(IReadOnlyList<FuzzCase> cases)
    {
        try
        {
            Cases(cases);
        }
        catch (Exception e)
        {
            _failures.Add($"before any change: {e}");
        }
    }

    private void Cases(IReadOnlyList<FuzzCase> cases)
    {
        var folders = new List<TemporaryDirectory>();
        foreach (FuzzCase one in cases)
        {
            var folder = new TemporaryDirectory();
            folders.Add(folder);
            foreach ((string name, byte[] bytes) in one.Files)
            {
                folder.Put(name, bytes);
            }

            // What the changes start from must be right, or refusals would mean nothing.
            one.Load(folder.FullPath)();
        }

        for (int i = 0; i < Count && _failures.Count < MostFailures; i++)
        {
            FuzzCase one = cases[i % cases.Count];
            byte[] changed = one.Mutate(new Random(unchecked((Seed * 1_000_003) + i)), one.Files[one.Target]);
            folders[i % cases.Count].Put(one.Target, changed);
            One(one, folders[i % cases.Count].FullPath, changed.LongLength, $"{one.Name}, case {i} of seed {Seed}");
        }

        folders.ForEach(f => f.Dispose());
    }

    private void One(FuzzCase one, string folder, long length, string label)
    {
        lock (_gate)
        {
            _current = label;
            _watch.Restart();
        }

        long size = length + one.Files.Where(f => f.Key != one.Target).Sum(f => f.Value.LongLength);
        long before = GC.GetAllocatedBytesForCurrentThread(), used = 0;
        bool loaded = false;
        try
        {
            Action use;
            try
            {
                use = one.Load(folder);
            }
            finally
            {
                used = GC.GetAllocatedBytesForCurrentThread() - before - (BytesPerByte * size);
            }

            loaded = true;
            _loaded++;
            use();
        }
        catch (InvalidInputException e)
        {
            _refused += loaded ? 0 : 1;
            if (e.Message.AsSpan().IndexOfAny('\n', '\r') >= 0)
            {
                Fail(label, "a message of several lines", e);
            }
        }
        catch (Exception e)
        {
            Fail(label, e.GetType().Name, e);
        }

        _most = Math.Max(_most, used);
        if (used > FreeBytes)
        {
            Fail(label, $"allocated {used >> 20} MiB beyond 4 x its size", null);
        }

        TimeSpan took = Running();
        _slowest = took > _slowest ? took : _slowest;
        if (took > Longest)
        {
            Fail(label, $"took {took.TotalSeconds:F1} s", null);
        }
    }

    // One of each kind is enough to find the mistake.
    private void Fail(string label, string what, Exception? exception)
    {
        string at = exception?.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("Interp.Runtime", StringComparison.Ordinal)) ?? "";
        if (_kinds.Add(what.Split(' ')[0] + at))
        {
            _failures.Add($"{label}: {what}: {exception?.Message} {at.Trim()}");
        }
    }
}
