using System.Runtime.InteropServices;
using CsCheck;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

/// <summary>P3 and P7: equal bytes whatever the threads, the company in the batch, the listeners and the cache.</summary>
public sealed class SameBitsTests
{
    [Fact]
    public void One_and_two_threads_give_the_same_bytes() => Property((model, tokens) => Same(
        model.Run(tokens, new RunOptions { Threads = 1 }).LogitBytes(),
        model.Run(tokens, new RunOptions { Threads = 2 }).LogitBytes()));

    // Large enough that products and heads are really divided among threads.
    [Fact]
    public void One_and_two_threads_give_the_same_bytes_on_a_wider_model()
    {
        ModelConfig config = RandomModel.Config(head: 32) with { DModel = 256, DMlp = 1024 };
        TransformerModel model = RandomModel.Create(config, 3);
        int[] tokens = RandomModel.Tokens(40, 3);
        Same(
            model.Run(tokens, new RunOptions { Threads = 1 }).LogitBytes(),
            model.Run(tokens, new RunOptions { Threads = 2 }).LogitBytes());
    }

    [Fact]
    public void A_prompt_alone_and_in_a_ragged_batch_gives_the_same_bytes() => Property((model, tokens) =>
    {
        RunResult batch = model.Run(new TokenBatch([RandomModel.Tokens(13, 8), tokens, RandomModel.Tokens(2, 9)]));
        Same(model.Run(tokens).LogitBytes(), batch.LogitBytes(1));
    });

    [Fact]
    public void All_observers_change_no_byte() => Property((model, tokens) =>
        Same(model.Run(tokens).LogitBytes(), model.Run(tokens, All(model)).LogitBytes()));

    [Fact]
    public void What_is_recorded_does_not_depend_on_which_logits_are_read() => Property((model, tokens) =>
    {
        ActivationCache all = model.Run(tokens, All(model)).Cache();
        foreach (HookPoint point in model.Hooks.AllPoints.Where(p => p.Layer == model.Config.NLayers - 1))
        {
            foreach (LogitRows rows in new[] { LogitRows.Last, LogitRows.None })
            {
                RunResult run = model.Run(tokens, new RunOptions { Observe = [point], Logits = rows });
                Same(
                    MemoryMarshal.AsBytes<float>(all.Values(point)).ToArray(),
                    MemoryMarshal.AsBytes<float>(run.Cache().Values(point)).ToArray());
            }
        }
    });

    [Fact]
    public void A_patch_of_a_run_with_its_own_values_changes_no_byte() => Property((model, tokens) =>
    {
        RunResult run = model.Run(tokens, All(model));
        RunResult patched = model.Run(tokens, All(model) with
        {
            Interventions = [.. model.Hooks.AllPoints.Select(p => new Patch(p, run.Cache().Value(p), Scope.Everything))],
        });
        Same(run.LogitBytes(), patched.LogitBytes());
        foreach (HookPoint point in model.Hooks.AllPoints)
        {
            Same(
                MemoryMarshal.AsBytes<float>(run.Cache().Values(point)).ToArray(),
                MemoryMarshal.AsBytes<float>(patched.Cache().Values(point)).ToArray());
        }
    });

    [Fact]
    public void Logits_in_memory_of_the_callers_are_the_same_bytes_and_other_lengths_are_refused() => Property((model, tokens) =>
    {
        TokenBatch batch = new([tokens, RandomModel.Tokens(3, 5)]);
        foreach (LogitRows rows in new[] { LogitRows.All, LogitRows.Last })
        {
            float[] own = model.Forward(batch, default(NoHooks), logits: rows), into = new float[own.Length];
            model.Forward(batch, default(NoHooks), into, logits: rows);
            Same(MemoryMarshal.AsBytes<float>(own).ToArray(), MemoryMarshal.AsBytes<float>(into).ToArray());
            string message = Assert.Throws<InvalidInputException>(
                () => model.Forward(batch, default(NoHooks), into.AsSpan(1), logits: rows)).Message;
            Assert.Contains($"into: expected room for {own.Length} logits", message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void A_continuation_from_the_cache_gives_the_bytes_of_the_whole_run() => Property(
        (model, tokens) =>
        {
            byte[] whole = model.Run(tokens).LogitBytes();
            var cache = new KeyValueCache(model.Config, 1);
            float[] first = model.Forward(TokenBatch.Of(tokens[..3]), new NoHooks(), cache);
            float[] rest = model.Forward(TokenBatch.Of(tokens[3..]), new NoHooks(), cache);
            Same(whole, MemoryMarshal.AsBytes<float>([.. first, .. rest]).ToArray());
        },
        causal: true);

    // Over several panels of keys, so that the cache grows, in pieces of one row, some and more than a block of queries; sequences of unequal
    // lengths beside each other.
    [Theory]
    [InlineData(4, null)]
    [InlineData(2, null)]
    [InlineData(4, 20)]
    public void A_long_continuation_from_the_cache_gives_the_bytes_of_the_whole_run(int keyHeads, int? window)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(keyHeads: keyHeads, window: window) with { NCtx = 160 }, 5);
        int[][] tokens = [RandomModel.Tokens(150, 1), RandomModel.Tokens(147, 2)];
        int[][] pieces = [[1, 30, 1, 1, 40, 1, 5, 70, 1], [1, 30, 1, 1, 1, 37, 2, 73, 1]];
        foreach (int threads in new[] { 1, 2 })
        {
            var cache = new KeyValueCache(model.Config, 2);
            List<float>[] found = [[], []];
            int[] at = [0, 0];
            for (int piece = 0; piece < pieces[0].Length; piece++)
            {
                int[] counts = [pieces[0][piece], pieces[1][piece]];
                var batch = new TokenBatch([.. Enumerable.Range(0, 2).Select(s => tokens[s][at[s]..(at[s] + counts[s])])]);
                float[] logits = model.Forward(batch, new NoHooks(), cache, threads: threads);
                int cut = counts[0] * model.Config.DVocab;
                found[0].AddRange(logits[..cut]);
                found[1].AddRange(logits[cut..]);
                at = [at[0] + counts[0], at[1] + counts[1]];
            }

            for (int s = 0; s < 2; s++)
            {
                Same(model.Run(tokens[s]).LogitBytes(), MemoryMarshal.AsBytes<float>([.. found[s]]).ToArray());
            }
        }
    }

    [Fact]
    public void Logits_of_the_last_position_alone_have_the_bytes_of_all() => Property((model, tokens) =>
    {
        RunResult all = model.Run(tokens), last = model.Run(tokens, new RunOptions { Logits = LogitRows.Last });
        Assert.True(all.LogitsAt(0, -1).SequenceEqual(last.LogitsAt(0, -1)));
    });

    [Fact]
    public void Logits_of_chosen_positions_have_the_bytes_of_all() => Property((model, tokens) =>
    {
        var batch = new TokenBatch([tokens, tokens[..3]]);
        RunResult all = model.Run(batch);
        foreach (IReadOnlyList<HookQuery> observe in new IReadOnlyList<HookQuery>[] { [], [Hook.UnembedOut] })
        {
            RunResult some = model.Run(batch, new RunOptions { Logits = LogitRows.At(IndexSet.Of(-1, 1, 2)), Observe = observe });
            foreach ((int sequence, int position) in new[] { (0, 1), (0, 2), (0, -1), (1, 1), (1, 2), (1, -1) })
            {
                Assert.True(all.LogitsAt(sequence, position).SequenceEqual(some.LogitsAt(sequence, position)));
            }
        }
    });

    // The checkpoints of all families, with windows, ALiBi, rotary scaling, norms after the branches and post-norm.
    [Theory]
    [MemberData(nameof(Reference.HuggingFaceTests.All), MemberType = typeof(Reference.HuggingFaceTests))]
    public void A_checkpoint_gives_the_same_bytes_with_other_threads_neighbours_and_listeners(string name)
    {
        TransformerModel model = Reference.HuggingFaceTests.Load(name);
        int vocabulary = model.Config.DVocab;
        int[] tokens = [.. RandomModel.Tokens(19, 4, vocabulary).Select(t => t == model.Config.PaddingId ? t + 1 : t)];
        byte[] plain = model.Run(tokens, new RunOptions { Threads = 1 }).LogitBytes();
        Same(plain, model.Run(tokens, new RunOptions { Threads = 2 }).LogitBytes());
        RunResult all = model.Run(tokens, All(model));
        Same(plain, all.LogitBytes());
        Same(plain, model.Run(new TokenBatch([tokens[3..], tokens, tokens[..1]])).LogitBytes(1));
        Same(plain, model.Run(tokens, new RunOptions
        {
            Interventions = [.. model.Hooks.Points.Select(p => new Patch(p, all.Cache().Value(p), Scope.Everything))],
        }).LogitBytes());
    }

    private static void Property(Action<TransformerModel, int[]> holds, bool causal = false) =>
        Gen.Select(RandomModel.Configs.Where(c => c.Causal || !causal), Gen.Int[0, 1000], Gen.Int[4, 12]).Sample(
            (config, seed, length) => holds(RandomModel.Create(config, seed), RandomModel.Tokens(length, seed)), iter: 40);

    private static RunOptions All(TransformerModel model) =>
        new() { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] };

    private static void Same(byte[] expected, byte[] found) => Assert.True(expected.AsSpan().SequenceEqual(found));
}

internal static class RunBytes
{
    /// <summary>The logits of one sequence, byte by byte.</summary>
    public static byte[] LogitBytes(this RunResult run, int sequence = 0)
    {
        var values = new float[run.Logits(sequence).FlattenedLength];
        run.Logits(sequence).FlattenTo(values);
        return MemoryMarshal.AsBytes<float>(values).ToArray();
    }
}
