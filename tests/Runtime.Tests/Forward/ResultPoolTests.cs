using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Tests;

namespace Interp.Runtime.Tests.Forward;

/// <summary>Arrays of results that were disposed of serve later runs, and no array that somebody may hold does.</summary>
public sealed class ResultPoolTests
{
    private const int Floats = 10_000;
    private const long Bytes = Floats * sizeof(float);

    [Fact]
    public void What_comes_back_is_handed_out_again()
    {
        var pool = new ResultPool(long.MaxValue);
        float[] first = pool.Take(Floats, out bool isNew);
        Assert.True(isNew);
        pool.Return(first);
        Assert.Equal(Bytes, pool.Kept);
        Assert.Same(first, pool.Take(Floats, out isNew));
        Assert.False(isNew);
        Assert.Equal(0, pool.Kept);
        Assert.NotSame(first, pool.Take(Floats, out isNew));
    }

    [Fact]
    public void No_more_is_kept_than_allowed()
    {
        var pool = new ResultPool(2 * Bytes);
        float[][] arrays = [.. Enumerable.Range(0, 3).Select(i => pool.Take(Floats, out bool _))];
        Array.ForEach(arrays, pool.Return);
        Assert.Equal(2 * Bytes, pool.Kept);
    }

    [Fact]
    public void Arrays_of_other_origin_and_small_ones_are_not_kept()
    {
        var pool = new ResultPool(long.MaxValue);
        pool.Return(new float[Floats]);
        pool.Return(pool.Take(10, out _));
        Assert.Equal(0, pool.Kept);
    }

    [Fact]
    public void A_disposed_result_says_so_and_changes_nothing_that_was_handed_out()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        int[] tokens = RandomModel.Tokens(40, 1), others = RandomModel.Tokens(40, 2);
        var options = new RunOptions { Observe = ["resid_post", "pattern0", "z1"] };
        RunResult run = model.Run(tokens, options);
        ActivationCache cache = run.Cache();
        TensorValue z = cache.Value("z1");
        float[] pattern = cache.Values(Hook.Pattern(0)), zBefore = [.. z.Values], patternBefore = [.. pattern];
        ReadOnlyMemory<float> logits = run.LogitValues();
        float[] logitsBefore = logits.ToArray();
        run.Dispose();
        run.Dispose();
        for (int i = 0; i < 3; i++)
        {
            using RunResult other = model.Run(others, options);
        }

        Assert.Equal(zBefore, z.Values);
        Assert.Equal(patternBefore, pattern);
        Assert.Equal(logitsBefore, logits.ToArray());
        Assert.Throws<ObjectDisposedException>(() => run.Cache());
        Assert.Throws<ObjectDisposedException>(() => run.LogitsAt(0, -1).Length);
        Assert.Throws<ObjectDisposedException>(() => cache.Row(Hook.ResidPost(0), 0).Length);
        Assert.Throws<ObjectDisposedException>(() => cache.Value("z1"));
    }

    [Fact]
    public void Runs_in_reused_memory_have_the_same_bits()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        int[] tokens = RandomModel.Tokens(40, 3);
        var options = new RunOptions { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] };
        RunResult first = model.Run(tokens, options);
        for (int i = 0; i < 3; i++)
        {
            model.Run(RandomModel.Tokens(40, 10 + i), options).Dispose();
        }

        using RunResult again = model.Run(tokens, options);
        Assert.Equal(first.LogitValues().ToArray(), again.LogitValues().ToArray());
        foreach (HookPoint point in first.Cache().Points)
        {
            Assert.Equal(first.Cache().Values(point), again.Cache().Values(point));
        }
    }
}
