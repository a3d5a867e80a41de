using CsCheck;

namespace Interp.Hooks.Tests;

public sealed class InterventionTests
{
    private static readonly HookMap Map = new(Outlines.Gpt2), Grouped = new(Outlines.Llama);

    public static TheoryData<Intervention, string[]> Impossible => new()
    {
        { Ablate.Zero(Hook.Z(5)), ["blocks.5.attn.hook_z", "layer 5 is out of range"] },
        { Ablate.Zero(new HookPoint(HookKind.RotQ, 0)), ["positions are not rotary"] },
        { Ablate.Zero(Hook.Z(0), Scope.Everything.OnHeads(4)), ["head 4 is out of range", "0..3"] },
        { Ablate.Zero(Hook.Z(0), Scope.Everything.OnHeads(-5)), ["head -1 is out of range"] },
        { Ablate.Zero(Hook.Z(0), Scope.At(6)), ["position 6 is out of range", "0..5"] },
        { Ablate.Zero(Hook.Post(0), Scope.Everything.OnNeurons(16)), ["neuron 16 is out of range"] },
        { Ablate.Zero(Hook.Z(0), Scope.Everything.InSequences(2)), ["sequence 2 is out of range", "0..1"] },
        { Ablate.Zero(Hook.ResidPre(0), Scope.Everything.OnHeads(1)), ["blocks.0.hook_resid_pre has no head axis"] },
        { Ablate.Zero(Hook.Z(0), Scope.Everything.OnNeurons(1)), ["has no neuron axis"] },
        { Ablate.Zero(Hook.Z(0), Scope.Everything.FromSources(1)), ["has no source position axis"] },
        { new Patch(Hook.ResidPre(0), new TensorValue([6, 7], new float[42]), Scope.Everything), ["[pos, 8]", "[6, 7]"] },
        { new Patch(Hook.ResidPre(0), new TensorValue([4, 8], new float[32]), Scope.Everything), ["hold 4 positions", "position 5"] },
        { new Patch(Hook.Z(0), new TensorValue([6, 8], new float[48]), Scope.Everything), ["[pos, 4, 2]"] },
        { Ablate.Mean(Hook.Z(0), TensorValue.Vector(1, 2)), ["expected shape [4, 2], found [2]"] },
        { Ablate.Mean(Hook.Pattern(0), TensorValue.Vector(1, 2)), ["not defined for attention"] },
        { new Steer(Hook.ResidPre(0), TensorValue.Vector(1, 2), 1, Scope.Everything), ["expected shape [8], found [2]"] },
        { new Steer(Hook.Pattern(0), TensorValue.Vector(1, 2), 1, Scope.Everything), ["cannot be added to attention"] },
        { new Freeze(Hook.Z(0), new TensorValue([6, 4, 2], new float[48]), Scope.Everything), ["use Patch for other points"] },
        { new KnockOut(0, 2, 4), ["nothing to cut", "position 2 never attends to 4", "causal"] },
        { new Custom(Hook.Z(0), "mine", (in Activation _) => { }, Scope.At(1)), ["scope of sequences only"] },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void An_intervention_that_cannot_fire_is_an_error_before_the_run(Intervention intervention, string[] words)
    {
        var error = Assert.Throws<InvalidInputException>(() => InterventionPlan.Create(Map, [6, 6], [intervention]));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Heads_of_grouped_keys_are_key_value_heads() => Assert.Contains(
        "head 2 is out of range, expected 0..1",
        Assert.Throws<InvalidInputException>(
            () => InterventionPlan.Create(Grouped, [6], [Ablate.Zero(Hook.K(0), Scope.Everything.OnHeads(2))])).Message);

    [Fact]
    public void A_position_too_far_for_one_of_the_sequences_is_an_error() => Assert.Contains(
        "position 5 is out of range, expected 0..3",
        Assert.Throws<InvalidInputException>(() => InterventionPlan.Create(Map, [6, 4], [Ablate.Zero(Hook.Z(0), Scope.At(5))])).Message);

    [Fact]
    public void Generation_extends_the_positions_that_can_be_named()
    {
        Intervention late = Ablate.Zero(Hook.Z(0), Scope.At(8));
        Assert.Throws<InvalidInputException>(() => InterventionPlan.Create(Map, [6], [late], newTokens: 2));
        Assert.True(InterventionPlan.Create(Map, [6], [late], newTokens: 3).Targets(Hook.Z(0)));
    }

    [Fact]
    public void A_windowed_layer_has_nothing_to_cut_beyond_its_window()
    {
        var map = new HookMap(Outlines.Gpt2 with { Window = _ => 2 });
        Assert.Contains("window 2", Assert.Throws<InvalidInputException>(() => InterventionPlan.Create(map, [6], [new KnockOut(0, 5, 3)])).Message);
        Assert.False(InterventionPlan.Create(map, [6], [new KnockOut(0, 5, 4)]).IsEmpty);
    }

    [Fact]
    public void An_empty_set_of_indices_is_an_error() =>
        Assert.Contains("at least one", Assert.Throws<InvalidInputException>(() => IndexSet.Of()).Message);

    // Against a loop over every element, written from the definition: scoped elements take the value, others keep theirs.
    [Fact]
    public void Scopes_choose_exactly_the_named_elements() =>
        Gen.Select(
            Gen.Int[0, 3].Select(i => new[] { Hook.Z(1), Hook.Post(1), Hook.Pattern(1), Hook.ResidPost(1) }[i]),
            Gen.Int[0, 5].HashSet[1, 3], Gen.Int[0, 3].HashSet[1, 2], Gen.Int[0, 5].HashSet[1, 3], Gen.Int[0, 3]).Sample(
            (point, positions, heads, columns, first) =>
            {
                HookRow row = HookTable.Row(point.Kind);
                bool headed = row.HeadAxis >= 0, pairs = point.Kind == HookKind.Pattern, neurons = point.Kind == HookKind.Post;
                var scope = new Scope
                {
                    Positions = IndexSet.Of(positions),
                    Heads = headed ? IndexSet.Of(heads) : IndexSet.All,
                    Sources = pairs ? IndexSet.Of(columns) : IndexSet.All,
                    Neurons = neurons ? IndexSet.Of(columns) : IndexSet.All,
                };
                int queries = 6 - first, headCount = headed ? 4 : 1;
                int[] shape = Map.Shape(point, queries, 6);
                float[] data = [.. Enumerable.Range(1, shape.Aggregate(1, (a, b) => a * b)).Select(i => (float)i)];
                float[] before = [.. data];
                InterventionPlan.Create(Map, [6], [Ablate.Zero(point, scope)])
                    .Apply(new Activation(point, 0, first, queries, headCount, data));
                int width = shape[^1];
                for (int i = 0; i < data.Length; i++)
                {
                    int run = i / width, column = i % width;
                    int head = pairs ? run / queries : run % headCount, position = first + (pairs ? run % queries : run / headCount);
                    bool chosen = positions.Contains(position) && (!headed || heads.Contains(head))
                        && (!(pairs || neurons) || columns.Contains(column));
                    Assert.Equal(chosen ? 0 : before[i], data[i]);
                }
            });

    [Fact]
    public void Interventions_apply_in_registration_order()
    {
        float[] data = new float[8];
        InterventionPlan.Create(
            Map,
            [1],
            [
                new Steer(Hook.ResidPre(0), TensorValue.Vector([1, 1, 1, 1, 1, 1, 1, 1]), 2, Scope.Everything),
                new Custom(Hook.ResidPre(0), "square", (in Activation a) => a.Data[0] *= a.Data[0], Scope.Everything),
            ]).Apply(new Activation(Hook.ResidPre(0), 0, 0, 1, 1, data));
        Assert.Equal([4, 2, 2, 2, 2, 2, 2, 2], data);
    }

    [Fact]
    public void A_map_of_positions_takes_values_from_where_it_says()
    {
        float[] source = [.. Enumerable.Range(0, 24).Select(i => (float)i)], data = new float[16];
        var patch = new Patch(Hook.ResidPre(0), new TensorValue([3, 8], source), Scope.Everything) { Map = new PositionMap([2, -1]) };
        InterventionPlan.Create(Map, [2], [patch]).Apply(new Activation(Hook.ResidPre(0), 0, 0, 2, 1, data));
        Assert.Equal([16, 17, 18, 19, 20, 21, 22, 23, 0, 0, 0, 0, 0, 0, 0, 0], data);
    }

    [Fact]
    public void Interventions_are_values()
    {
        Assert.Equal(Ablate.Zero(Hook.Z(0), Scope.At(1)), Ablate.Zero(Hook.Z(0), Scope.At(1)));
        Assert.NotEqual(Ablate.Zero(Hook.Z(0), Scope.At(1)), Ablate.Zero(Hook.Z(0), Scope.At(2)));
        Assert.Equal(
            new Steer(Hook.ResidPre(0), TensorValue.Vector(1, 2), 3, Scope.Everything),
            new Steer(Hook.ResidPre(0), TensorValue.Vector(1, 2), 3, Scope.Everything));
        Assert.Equal("Ablate.Zero(blocks.0.attn.hook_z; positions 1, heads 2,3)", Ablate.Zero(Hook.Z(0), Scope.At(1).OnHeads(new[] { 2, 3 })).ToString());
        Assert.Equal("KnockOut(layer 1; positions 5, sources 2; renormalize true)", new KnockOut(1, 5, 2).ToString());
    }
}
