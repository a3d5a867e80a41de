using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

public sealed class WorkSharesTests
{
    [Fact]
    public void Each_thread_has_neighbouring_items_in_order()
    {
        var shares = new WorkShares(3);
        shares.Deal(10, 3);
        List<int>[] taken = [[], [], []];

        // In turn, so that nobody runs out before the others do.
        for (int round = 0; round < 3; round++)
        {
            for (int t = 0; t < 3; t++)
            {
                Assert.True(shares.TryTake(t, 3, 1, out int item, out _));
                taken[t].Add(item);
            }
        }

        Assert.Equal([0, 1, 2], taken[0]);
        Assert.Equal([3, 4, 5], taken[1]);
        Assert.Equal([6, 7, 8], taken[2]);
    }

    [Fact]
    public void Who_has_none_left_takes_the_upper_half_of_anothers()
    {
        var shares = new WorkShares(2);
        shares.Deal(8, 2);
        List<int> taken = [];
        while (shares.TryTake(1, 2, 1, out int item, out _))
            taken.Add(item);
        Assert.Equal([4, 5, 6, 7, 2, 3, 1, 0], taken);
        Assert.False(shares.TryTake(0, 2, 1, out _, out _));
    }

    [Fact]
    public void Several_at_a_time_are_half_of_what_is_left()
    {
        var shares = new WorkShares(2);
        shares.Deal(40, 2);
        List<(int First, int Count)> taken = [];
        while (shares.TryTake(0, 2, 8, out int first, out int count))
            taken.Add((first, count));
        Assert.Equal([(0, 8), (8, 6), (14, 3), (17, 1), (18, 1), (19, 1), (30, 5), (35, 2), (37, 1), (38, 1), (39, 1)], taken[..11]);
        Assert.Equal(40, taken.Sum(t => t.Count));
    }

    [Fact]
    public void Threads_that_take_from_each_other_do_every_item_once()
    {
        const int Items = 20_000, Threads = 4;
        var shares = new WorkShares(Threads);
        for (int run = 0; run < 20; run++)
        {
            int[] done = new int[Items];
            int most = 1 + (run % 8);
            shares.Deal(Items, Threads);
            using var start = new Barrier(Threads);
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
            {
                start.SignalAndWait();

                // The later a thread's number, the longer its items: all end up with items of others.
                while (shares.TryTake(t, Threads, most, out int first, out int count))
                {
                    for (int item = first; item < first + count; item++)
                        Interlocked.Increment(ref done[item]);
                    Thread.SpinWait(t * 4);
                }
            }))];
            Array.ForEach(threads, t => t.Start());
            Array.ForEach(threads, t => t.Join());
            Assert.All(done, count => Assert.Equal(1, count));
        }
    }
}
