using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using CsCheck;
using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Tests.Forward;

/// <summary>Arrays of results come back when nobody holds them, and never before.</summary>
public sealed class ResultMemoryTests
{
    private const int Floats = 10_000;
    private const long Much = 1L << 30;

    [Fact]
    public void An_array_that_nobody_holds_is_handed_out_again()
    {
        var memory = new ResultMemory(Much);
        Drop(memory, 3);
        Collect();
        Assert.Equal(3L * Floats * sizeof(float), memory.Kept);
        float[][] again = [memory.Take(Floats), memory.Take(Floats), memory.Take(Floats)];
        Assert.Equal([0, 1, 2], again.Select(a => a[0]).Order());
        Assert.Equal(0, memory.Kept);
    }

    [Fact]
    public void An_array_comes_back_as_often_as_it_is_dropped()
    {
        var memory = new ResultMemory(Much);
        Drop(memory, 1);
        for (int i = 0; i < 5; i++)
        {
            Collect();
            Assert.Equal(Floats * sizeof(float), memory.Kept);
            Take(memory);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Take(ResultMemory memory) => Assert.Equal(0, memory.Take(Floats)[0]);
    }

    // A result may be held in many ways; of each only the numbers are looked at, after collections and after others were written.
    [Fact]
    public void What_somebody_holds_is_nobody_elses() => Gen.Int[0, 9].Array[30].Sample(
        steps =>
        {
            var memory = new ResultMemory(Much);
            var held = new List<(Func<float[]> Read, int Id)>();
            for (int id = 0; id < steps.Length; id++)
            {
                Step(memory, held, steps[id], id);
            }

            foreach ((Func<float[]> read, int id) in held)
            {
                float[] values = read();
                Assert.All([0, values.Length / 2, values.Length - 1], i => Assert.Equal(id, values[i]));
            }
        },
        iter: 30);

    [Fact]
    public void No_more_is_kept_than_may_be_and_what_was_asked_for_last_stays()
    {
        var memory = new ResultMemory(4L * Floats * sizeof(float));
        TakeAndDrop(memory);
        Collect();
        Assert.Equal(3L * Floats * sizeof(float), memory.Kept);
        Assert.Contains(memory.Take(Floats)[0], (float[])[1, 5, 6]);

        // Held together until all were asked for: a collection in between, which another test may bring about, would let go of the first.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void TakeAndDrop(ResultMemory memory)
        {
            var held = new List<float[]>();
            int[] before = [Floats, Floats + 1, Floats + 1, Floats + 1], last = [Floats, Floats];
            Take(before);
            long asked = Environment.TickCount64;
            Assert.True(SpinWait.SpinUntil(() => Environment.TickCount64 > asked, 1000));
            Take(last);
            GC.KeepAlive(held);

            void Take(int[] lengths)
            {
                foreach (int floats in lengths)
                {
                    float[] array = memory.Take(floats);
                    held.Add(array);
                    array[0] = held.Count;
                }
            }
        }
    }

    [Fact]
    public void What_nobody_asks_for_is_let_go_of()
    {
        var memory = new ResultMemory(Much);
        Drop(memory, 3);
        Collect();
        memory.Drop(idle: 60_000);
        Assert.NotEqual(0, memory.Kept);
        memory.Drop(idle: 0);
        Assert.Equal(0, memory.Kept);
    }

    // 2 GB in arrays of 4 MB, each dropped at once: about 128 MiB are made until the collector is asked to look, and then they are enough.
    [Fact]
    public void Runs_in_a_row_take_no_more_memory_than_some()
    {
        var memory = new ResultMemory(Much, mostLooking: 0);
        for (int i = 0; i < 500; i++)
        {
            Drop(memory, 1, 1_000_000);
        }

        Collect();
        Assert.InRange(memory.Kept, 4_000_000, 2 * (128 << 20));
    }

    // A look would have to wait a million times as long as it took, if what it finds were not worth minutes.
    [Fact]
    public void A_look_that_finds_much_need_not_wait_for_the_next()
    {
        var memory = new ResultMemory(Much, mostLooking: 1_000_000, clearedPerSecond: 1e6);
        var time = Stopwatch.StartNew();
        while (memory.Looks < 3 && time.Elapsed < TimeSpan.FromMinutes(1))
        {
            Drop(memory, 1, 1_000_000);
        }

        Assert.Equal(3, memory.Looks);
    }

    // What is held is not found, at 128 MiB, 256, 512: after the first look the next one waits.
    [Fact]
    public void A_look_that_finds_nothing_is_waited_for()
    {
        var memory = new ResultMemory(Much, mostLooking: 1_000_000);
        var held = new List<float[]>();
        while (held.Count < 200)
        {
            held.Add(memory.Take(1_000_000));
        }

        Assert.InRange(memory.Looks, 0, 1);
    }

    [Fact]
    public void A_finalizer_that_waits_for_the_running_thread_does_not_hold_it_up()
    {
        // Not disposed of: the finalizer may still use them.
        ManualResetEventSlim entered = new(), done = new(), left = new();
        try
        {
            DropWaiting(entered, done, left);
            GC.Collect();
            Assert.True(entered.Wait(TimeSpan.FromSeconds(30)), "the finalizer never ran");
            Finalizers.Wait(TimeSpan.FromMilliseconds(50));
            Assert.False(left.IsSet);
        }
        finally
        {
            done.Set();
        }

        Assert.True(left.Wait(TimeSpan.FromSeconds(30)), "the wait outlasted the finalizer");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void DropWaiting(ManualResetEventSlim entered, ManualResetEventSlim done, ManualResetEventSlim left) => _ = new Waiting(entered, done, left);
    }

    [Fact]
    public void Memory_says_whether_it_is_new()
    {
        var memory = new ResultMemory(Much);
        Take(memory, expected: true);
        Collect();
        Take(memory, expected: false);
        memory.Take(1, out bool small);
        Assert.False(small);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Take(ResultMemory memory, bool expected)
        {
            memory.Take(Floats, out bool isNew);
            Assert.Equal(expected, isNew);
        }
    }

    [Fact]
    public void Memory_that_no_model_uses_is_freed()
    {
        WeakReference memory = Make();
        for (int i = 0; i < 3; i++)
        {
            Collect();
        }

        Assert.False(memory.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make()
        {
            var memory = new ResultMemory(Much);
            memory.Take(Floats);
            return new WeakReference(memory);
        }
    }

    [Fact]
    public void Values_taken_from_a_result_outlive_it()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(head: 32) with { DModel = 256 }, 3);
        int[] tokens = RandomModel.Tokens(40, 3);
        (TensorValue value, float[] copy) = Record(tokens);
        for (int i = 0; i < 5; i++)
        {
            Collect();
            int[] others = RandomModel.Tokens(40, 10 + i);
            Assert.NotEqual(copy, Record(others).Copy);
            Assert.Equal(copy, value.Values);
            Assert.Equal(copy, Record(tokens).Copy);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        (TensorValue Value, float[] Copy) Record(int[] prompt)
        {
            TensorValue value = model.Run(prompt, new RunOptions { Observe = ["resid_post1"] }).Cache().Value("resid_post1");
            return (value, [.. value.Values]);
        }
    }

    // 100 MB do not fit beside 120 in 192, whether these are kept already or not yet found.
    [Theory]
    [InlineData("kept", "kept 120000000")]
    [InlineData("dropped", "kept 0")]
    public void What_nobody_holds_is_let_go_of_when_memory_runs_out(string how, string before)
    {
        string[] lines = ProbeProcess.Run(["out-of-memory", how], ("DOTNET_GCHeapHardLimit", (192 << 20).ToString("x", CultureInfo.InvariantCulture)));
        Assert.Equal([before, "taken 100000000, kept 0"], lines);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(ResultMemory memory, int count, int floats = Floats)
    {
        var held = new float[count][];
        for (int i = 0; i < count; i++)
        {
            held[i] = memory.Take(floats);
            held[i][0] = i;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step(ResultMemory memory, List<(Func<float[]> Read, int Id)> held, int step, int id)
    {
        if (step == 8 && held.Count > 0)
        {
            held.RemoveAt(id % held.Count);
        }
        else if (step == 9)
        {
            Collect();
        }
        else
        {
            float[] array = memory.Take(Floats + (step % 2));
            Array.Fill(array, id);
            if (step < 6)
            {
                held.Add((Hold(step % 3, array), id));
            }
        }
    }

    private static Func<float[]> Hold(int way, float[] array) => way switch
    {
        0 => new Held<float[]>(array, a => a).Read,
        1 => new Held<ReadOnlyMemory<float>>(array.AsMemory(10), m => m.ToArray()).Read,
        _ => new Held<TensorValue>(new TensorValue([array.Length], array), v => v.Values).Read,
    };

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    /// <summary>Its finalizer waits, for a minute at most.</summary>
    private sealed class Waiting(ManualResetEventSlim entered, ManualResetEventSlim done, ManualResetEventSlim left)
    {
        ~Waiting()
        {
            entered.Set();
            if (done.Wait(TimeSpan.FromMinutes(1)))
                left.Set();
        }
    }

    private sealed class Held<T>(T value, Func<T, float[]> read)
    {
        public float[] Read() => read(value);
    }
}
