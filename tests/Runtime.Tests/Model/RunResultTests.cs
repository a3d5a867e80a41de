using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Model;

/// <summary>Indices into a run are checked against what it has.</summary>
public sealed class RunResultTests
{
    private static readonly TransformerModel Model =
        RandomModel.Create(RandomModel.Config(heads: 4, keyHeads: 2, positions: PositionKind.Rotary));

    private static readonly TokenBatch Batch = new([[1, 2, 3], [4, 5]]);

    private static readonly RunResult Run = Model.Run(
        Batch, new RunOptions { Observe = ["z0", "k0", "resid_pre0", "pattern1"], Logits = LogitRows.At(IndexSet.Of(0, -1)) });

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_sequence_that_the_run_does_not_have_is_an_error(int sequence)
    {
        foreach (Action use in new Action[]
                 { () => Run.Cache(sequence), () => Run.Logits(sequence), () => Run.LogitsAt(sequence, 0) })
        {
            Assert.Equal($"sequence {sequence}: expected 0..1, the sequences of this run", Error(use));
        }
    }

    [Fact]
    public void Logits_that_were_not_computed_are_an_error()
    {
        Assert.Equal(
            "logits at position 1 of prompt 0: the run computed those of position 0, 2 only", Error(() => Run.LogitsAt(0, 1)));
        Assert.Equal([2, 37], Run.Logits(0).Lengths.ToArray().Select(n => (int)n));
        Assert.Equal(
            "position 2: prompt 1 has 2 tokens, expected -2..1",
            Error(() => Model.Run(Batch, new RunOptions { Logits = LogitRows.At(2) })));
        RunResult none = Model.Run([1], new RunOptions { Logits = LogitRows.None });
        Assert.Equal("logits: the run was asked for none (RunOptions.Logits)", Error(() => none.LogitsAt(0, 0)));
    }

    [Fact]
    public void Rows_of_a_cache_are_found_by_position_and_head_or_refused()
    {
        ActivationCache cache = Run.Cache();
        Assert.True(cache.Row(Hook.Z(0), -1, 3).SequenceEqual(cache.Row(Hook.Z(0), 2, 3)));
        Assert.True(cache.Row(Hook.Pattern(-2), 1, 2).SequenceEqual(cache.Row(Hook.Pattern(1), 1, 2)));
        Assert.Equal("hook blocks.0.attn.hook_z: head 4 is out of range, expected 0..3", Error(() => cache.Row(Hook.Z(0), 0, 4)));
        Assert.Equal("hook blocks.0.attn.hook_k: head 2 is out of range, expected 0..1", Error(() => cache.Row(Hook.K(0), 0, 2)));
        Assert.Equal(
            "hook blocks.0.hook_resid_pre: head 1 is out of range, the point has no heads",
            Error(() => cache.Row(Hook.ResidPre(0), 0, 1)));
        Assert.Equal("position 3: the prompt has 3 tokens, expected -3..2", Error(() => cache.Row(Hook.Z(0), 3)));
    }

    [Fact]
    public void A_batch_that_arrays_cannot_hold_is_refused_before_it_is_computed()
    {
        ModelConfig config = Model.Config with { DVocab = 50_000 };
        var many = new TokenBatch(Enumerable.Repeat(new[] { 1 }, 50_000));
        Assert.Equal(
            "batch of 50000 prompts with 50000 tokens: expected at most 2147483591 numbers for logits, found 2500000000; "
            + "run fewer or shorter prompts at a time",
            Error(() => BatchLimit.Check(config, many, null, LogitRows.All, default(NoHooks))));
        var large = new TokenBatch([new int[40_000]]);
        BatchLimit.Check(config, large, null, LogitRows.None, default(NoHooks));
        var pattern = new PlanHooks(InterventionPlan.Create(Model.Hooks, [1], [Ablate.Zero(Hook.Pattern(0))]));
        Assert.Contains(
            "numbers for the attention of prompt 0, found 6400000000",
            Error(() => BatchLimit.Check(config, large, null, LogitRows.None, pattern)),
            StringComparison.Ordinal);
    }

    private static string Error(Action use) => Assert.Throws<InvalidInputException>(use).Message;
}
