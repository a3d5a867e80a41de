using Interp.Hooks;

namespace Interp.Runtime.Tests.Variants;

/// <summary>The reference engine gives what a run of each variant alone gives, bit for bit.</summary>
public sealed class NaiveEngineTests
{
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config(keyHeads: 2, positions: PositionKind.Rotary));
    private static readonly int[][] Prompts = [RandomModel.Tokens(5, 1), RandomModel.Tokens(3, 2), RandomModel.Tokens(7, 3)];
    private static readonly TokenBatch Batch = new(Prompts);
    private static readonly NaiveEngine Engine = new();

    private static readonly Variant[] Variants =
    [
        new(2, [Ablate.Zero(Hook.Z(1), Scope.At(-1).OnHeads(1))]) { Observe = [Hook.ResidPost(1), Hook.Z(1)] },
        new(0, []),
        new(1, [new KnockOut(0, -1, 0)]),
        new(2, [Ablate.Zero(Hook.MlpOut(0)), Ablate.Zero(Hook.V(2), Scope.Everything.OnHeads(0))]),
        new(0, [Ablate.Zero(Hook.ResidMid(2), Scope.At(1))]) { Observe = [Hook.ResidPost(1)] },
    ];

    [Theory]
    [InlineData(null, 0)]
    [InlineData(1L, 1)]
    [InlineData(20_000L, 2)]
    public void Each_variant_has_the_bits_of_its_own_run(long? budget, int threads)
    {
        List<int> order = [];
        var options = new VariantOptions { Logits = LogitRows.At(new[] { -1, 1 }), MemoryBudget = budget, Threads = threads };
        Engine.Run(Model, Batch, Variants, options, (in VariantResult result) =>
        {
            Variant variant = Variants[result.Index];
            RunResult alone = Model.Run(
                Prompts[variant.Sequence],
                new RunOptions { Interventions = variant.Interventions, Observe = ["resid_post1", "z1"] });
            order.Add(result.Index);
            Assert.Equal(alone.LogitsAt(0, 1), result.Row(0));
            Assert.Equal(alone.LogitsAt(0, -1), result.Row(1));
            Assert.Equal(variant.Observe.Count == 0, result.Recorded is null);
            foreach (HookPoint point in variant.Observe)
            {
                Assert.Equal(alone.Cache().Values(point), result.Recorded!.Values(point));
            }

            Assert.Equal(variant.Observe.Count, result.Recorded?.Points.Count ?? 0);
            Assert.Equal(alone.Cache().Changed, result.Recorded?.Changed ?? alone.Cache().Changed);
        });
        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact]
    public void Chosen_tokens_come_in_the_order_listed()
    {
        int[][] tokens = [[4, 1], [36, 0], [7, 7]];
        float[][] found = new float[Variants.Length][];
        Engine.Run(
            Model, Batch, Variants, new VariantOptions { Tokens = LogitTokens.Of(tokens) },
            (in VariantResult result) => found[result.Index] = result.Logits.ToArray());
        for (int i = 0; i < Variants.Length; i++)
        {
            int sequence = Variants[i].Sequence;
            RunResult alone = Model.Run(Prompts[sequence], new RunOptions { Interventions = Variants[i].Interventions });
            Assert.Equal(tokens[sequence].Select(t => alone.LogitsAt(0, -1)[t]), found[i]);
        }
    }

    [Fact]
    public void Interventions_of_the_base_come_before_those_of_a_variant()
    {
        Intervention first = Ablate.Mean(Hook.Z(0), new TensorValue([4, 8], [.. Enumerable.Repeat(1f, 32)]));
        Intervention[][] bases = [[first], [], [Ablate.Zero(Hook.Embed)]];
        Variant[] variants = [new(0, [Ablate.Zero(Hook.Z(0), Scope.At(1))]), new(2, [])];
        float[][] found = new float[2][];
        Engine.Run(
            Model, Batch, variants, new VariantOptions { Base = bases },
            (in VariantResult result) => found[result.Index] = result.Logits.ToArray());
        RunOptions both = new() { Interventions = [first, .. variants[0].Interventions] };
        Assert.Equal(Model.Run(Prompts[0], both).LogitsAt(0, -1), found[0]);
        Assert.Equal(Model.Run(Prompts[2], new RunOptions { Interventions = bases[2] }).LogitsAt(0, -1), found[1]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    public void Values_that_are_not_finite_are_an_error_or_told_of_each_variant(long? budget)
    {
        var huge = TensorValue.Vector([.. Enumerable.Repeat(1e30f, 24)]);
        Variant[] variants = [.. Variants, new(1, [new Steer(Hook.MlpOut(1), huge, 1, Scope.At(2))]), new(0, [new Steer(Hook.Embed, huge, 1, Scope.At(4))])];
        var options = new VariantOptions { MemoryBudget = budget };
        Assert.Equal(
            "prompt 1, the run with blocks.1.hook_mlp_out replaced: expected finite numbers, found infinite or undefined ones first "
            + "at blocks.2.ln1.hook_scale at position 2",
            Assert.Throws<InvalidInputException>(() => Engine.Run(Model, Batch, variants, options, (in _) => { })).Message);
        List<NonFinite?> met = [];
        Engine.Run(
            Model, Batch, variants, options with { AllowNonFinite = true }, (in VariantResult result) => met.Add(result.NonFinite));
        Assert.Equal(
            [
                null, null, null, null, null, new(1, 2, new HookPoint(HookKind.Ln1Scale, 2)),
                new(0, 4, new HookPoint(HookKind.Ln1Scale, 0)),
            ],
            met);
    }

    [Fact]
    public void It_stops_between_variants_and_tells_how_far_it_is()
    {
        using var source = new CancellationTokenSource();
        List<VariantProgress> told = [];
        int handed = 0;
        var options = new VariantOptions
        {
            MemoryBudget = 1,
            Cancellation = source.Token,
            Progress = new Teller(told.Add),
        };
        Assert.Throws<OperationCanceledException>(() => Engine.Run(Model, Batch, Variants, options, (in _) =>
        {
            if (++handed == 2)
            {
                source.Cancel();
            }
        }));
        Assert.Equal(2, handed);
        Assert.Equal([new(1, 5), new(2, 5)], told);
    }

    [Fact]
    public void What_does_not_fit_is_an_error_before_anything_runs()
    {
        Refuse("variant 1: sequence 3 is out of range, the batch has sequences 0..2", new(0, []), new(3, []));
        Refuse(
            "prompt 1: intervention 0, zero-ablate blocks.0.attn.hook_z (positions 3): position 3 is out of range, sequence 0 has "
            + "positions 0..2",
            new(0, []), new(1, [Ablate.Zero(Hook.Z(0), Scope.At(3))]));
        Refuse(
            "hook blocks.3.attn.hook_z: layer 3 is out of range, the model has layers 0..2",
            new Variant(0, []) { Observe = [Hook.Z(3)] });
        RefuseOptions("memory budget: expected at least 1 byte, found 0", new VariantOptions { MemoryBudget = 0 });
        RefuseOptions(
            "logit tokens: expected a list for each of 3 sequences, found 1",
            new VariantOptions { Tokens = LogitTokens.Of([[1]]) });
        RefuseOptions(
            "logit tokens of sequence 2: token 37 is out of range, expected 0..36",
            new VariantOptions { Tokens = LogitTokens.Of([[1], [2], [37]]) });
        RefuseOptions("base interventions: expected a list for each of 3 sequences, found 1", new VariantOptions { Base = [[]] });
        RefuseOptions("position 4: prompt 1 has 3 tokens, expected -3..2", new VariantOptions { Logits = LogitRows.At(4) });
    }

    private static void Refuse(string message, params Variant[] variants) => RefuseOptions(message, new VariantOptions(), variants);

    private static void RefuseOptions(string message, VariantOptions options, params Variant[] variants) => Assert.Equal(
        message,
        Assert.Throws<InvalidInputException>(() => Engine.Run(
            Model, Batch, variants, options, (in VariantResult _) => Assert.Fail("Nothing may run."))).Message);

    private sealed class Teller(Action<VariantProgress> tell) : IProgress<VariantProgress>
    {
        public void Report(VariantProgress value) => tell(value);
    }
}
