namespace Interp.Hooks.Tests;

public sealed class PlanTests
{
    private static readonly HookMap Map = Models.Map("gpt2");

    [Fact]
    public void An_empty_plan_targets_nothing()
    {
        InterventionPlan plan = InterventionPlan.Create(Map, [3], []);
        Assert.True(plan.IsEmpty);
        Assert.True(InterventionPlan.Empty.IsEmpty);
        Assert.False(plan.Targets(Hook.Z(0)));
    }

    [Fact]
    public void Interventions_at_one_point_apply_in_registration_order()
    {
        TensorValue ones = new([48], [.. Enumerable.Repeat(1f, 48)]);
        Steer add = new(Hook.ResidPre(0), ones, 2, Scope.At(-1));
        float[] zeroedFirst = Run([Ablate.Zero(Hook.ResidPre(0)), add]);
        float[] zeroedLast = Run([add, Ablate.Zero(Hook.ResidPre(0))]);
        Assert.Equal(0, zeroedFirst[0]);
        Assert.Equal(2, zeroedFirst[^1]);
        Assert.Equal(0, zeroedLast[^1]);
    }

    [Fact]
    public void A_knock_out_blocks_only_what_the_destination_sees()
    {
        float[] scores = new float[4 * 3 * 3];
        InterventionPlan plan = InterventionPlan.Create(Map, [3], [new KnockOut(0, IndexSet.All, 1, 2)]);
        plan.Apply(new Activation(Hook.AttnScores(0), 0, 0, 3, 4, scores));
        float minus = float.NegativeInfinity;
        Assert.Equal([0, 0, 0, 0, minus, 0, 0, minus, 0], scores[18..27]);
        Assert.All(scores[..18], value => Assert.Equal(0, value));
        Assert.All(scores[27..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Zeroing_scores_leaves_the_causal_mask()
    {
        float[] scores = [.. Enumerable.Repeat(float.NegativeInfinity, 4 * 2 * 2)];
        InterventionPlan.Create(Map, [2], [Ablate.Zero(Hook.AttnScores(0))])
            .Apply(new Activation(Hook.AttnScores(0), 0, 0, 2, 4, scores));
        Assert.Equal([0, float.NegativeInfinity, 0, 0], scores[..4]);
    }

    [Fact]
    public void Repeated_indices_count_once()
    {
        float[] data = new float[2 * 48];
        TensorValue ones = new([48], [.. Enumerable.Repeat(1f, 48)]);
        InterventionPlan.Create(Map, [2], [new Steer(Hook.ResidPre(0), ones, 1, Scope.At(IndexSet.Of(1, -1, 1)))])
            .Apply(new Activation(Hook.ResidPre(0), 0, 0, 2, 1, data));
        Assert.Equal([0f, 1f], [data[0], data[^1]]);
    }

    [Fact]
    public void Code_is_called_for_the_sequences_in_scope_only()
    {
        List<int> called = [];
        ActivationEdit edit = (in Activation activation) =>
        {
            called.Add(activation.Sequence);
            activation.Data.Fill(3);
        };
        InterventionPlan plan = InterventionPlan.Create(
            Map, [1, 1, 1], [new Custom(Hook.ResidPre(0), "fill", edit, Scope.Everything.InSequences(IndexSet.Of(0, -1)))]);
        float[] data = new float[48];
        for (int sequence = 0; sequence < 3; sequence++)
        {
            plan.Apply(new Activation(Hook.ResidPre(0), sequence, 0, 1, 1, data));
        }

        Assert.Equal([0, 2], called);
        Assert.Equal(3, data[47]);
    }

    [Fact]
    public void Applying_allocates_nothing()
    {
        Intervention[] all =
        [
            Ablate.Zero(Hook.Z(0), Scope.At(IndexSet.Of(0, -1)).OnHeads(2)),
            new Patch(Hook.Z(0), new TensorValue([3, 4, 12], new float[144])),
            new Steer(Hook.Z(0), new TensorValue([12], new float[12]), 1, Scope.Everything),
        ];
        InterventionPlan plan = InterventionPlan.Create(Map, [3], all);
        float[] data = new float[144];
        plan.Apply(new Activation(Hook.Z(0), 0, 0, 3, 4, data));
        long before = GC.GetAllocatedBytesForCurrentThread();
        plan.Apply(new Activation(Hook.Z(0), 0, 0, 3, 4, data));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static float[] Run(Intervention[] interventions)
    {
        float[] data = [.. Enumerable.Repeat(7f, 3 * 48)];
        InterventionPlan.Create(Map, [3], interventions).Apply(new Activation(Hook.ResidPre(0), 0, 0, 3, 1, data));
        return data;
    }
}
