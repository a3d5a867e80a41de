using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 4)]
    [InlineData(7, 1)]
    [InlineData(1000, 2)]
    [InlineData(1000, 5)]
    public void Every_item_is_done_exactly_once(int items, int threads)
    {
        for (int run = 0; run < 200; run++)
        {
            int[] done = new int[items];
            WorkerPool.Run(new CountJob(done), items, threads);
            Assert.All(done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void A_run_inside_a_run_is_done_by_the_thread_that_asks()
    {
        int[] done = new int[64];
        WorkerPool.Run(new NestedJob(done), 8, 3);
        Assert.All(done, count => Assert.Equal(1, count));
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_pool_works_on()
    {
        for (int run = 0; run < 50; run++)
        {
            var thrown = Assert.Throws<InvalidOperationException>(() => WorkerPool.Run(new FailingJob(13), 100, 3));
            Assert.Equal("item 13", thrown.Message);
        }

        int[] done = new int[100];
        WorkerPool.Run(new CountJob(done), 100, 3);
        Assert.All(done, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Runs_from_several_threads_at_once_do_not_disturb_each_other()
    {
        Parallel.For(0, 8, _ =>
        {
            for (int run = 0; run < 200; run++)
            {
                int[] done = new int[50];
                WorkerPool.Run(new CountJob(done), 50, 3);
                Assert.All(done, count => Assert.Equal(1, count));
            }
        });
    }

    [Fact]
    public void More_than_one_thread_takes_part()
    {
        // Another test may have the workers for a while; then one thread does both items and nobody meets.
        int[] met = new int[1];
        for (int attempt = 0; attempt < 200 && met[0] == 0; attempt++)
        {
            using var arrived = new CountdownEvent(2);
            WorkerPool.Run(new MeetingJob(arrived, met), 2, 2);
        }

        Assert.NotEqual(0, met[0]);
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        int[] done = new int[100];
        var job = new CountJob(done);
        long allocated = long.MaxValue;

        // The least of several: the first run starts threads, and may come late when another test has the pool.
        for (int attempt = 0; attempt < 20 && allocated != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 100; run++)
                WorkerPool.Run(job, 100, 2);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Default_threads_are_physical_cores_and_no_threads_are_refused()
    {
        Assert.InRange(WorkerPool.DefaultThreads, 1, Environment.ProcessorCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Run(new FailingJob(0), 1, 0));
    }

    private readonly struct CountJob(int[] done) : IParallelJob
    {
        public void Run(int item) => Interlocked.Increment(ref done[item]);
    }

    private readonly struct NestedJob(int[] done) : IParallelJob
    {
        public void Run(int item) => WorkerPool.Run(new PartJob(done, item * 8), 8, 3);
    }

    private readonly struct PartJob(int[] done, int first) : IParallelJob
    {
        public void Run(int item) => Interlocked.Increment(ref done[first + item]);
    }

    private readonly struct FailingJob(int item) : IParallelJob
    {
        public void Run(int item1)
        {
            if (item1 == item)
                throw new InvalidOperationException($"item {item}");
        }
    }

    /// <summary>Two items that wait for each other: one thread alone meets nobody.</summary>
    private readonly struct MeetingJob(CountdownEvent arrived, int[] met) : IParallelJob
    {
        public void Run(int item)
        {
            arrived.Signal();
            if (arrived.Wait(TimeSpan.FromMilliseconds(100)) && item == 0)
                met[0] = 1;
        }
    }
}
