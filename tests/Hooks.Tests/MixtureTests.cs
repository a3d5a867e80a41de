namespace Interp.Hooks.Tests;

/// <summary>Points of mixtures of experts, of norms after the branches and of norms of queries and keys.</summary>
public sealed class MixtureTests
{
    private static readonly HookMap Map = Models.Map("mixture");

    [Theory]
    [InlineData("expert_weights0", new[] { 7, 4 })]
    [InlineData("expert_indices0", new[] { 7, 2 })]
    [InlineData("expert_pre0", new[] { 7, 2, 96 })]
    [InlineData("expert_pre_linear0", new[] { 7, 2, 96 })]
    [InlineData("expert_post0", new[] { 7, 2, 96 })]
    [InlineData("scale0ln1_post", new[] { 7, 1 })]
    [InlineData("normalized0ln2_post", new[] { 7, 48 })]
    [InlineData("scale0q_norm", new[] { 7, 4, 1 })]
    [InlineData("scale0k_norm", new[] { 7, 2, 1 })]
    [InlineData("normalized0k_norm", new[] { 7, 2, 12 })]
    public void Shapes_hold_only_the_chosen_experts(string name, int[] shape) =>
        Assert.Equal(shape, Map.Shape(Map.Parse(name), 7, 7));

    [Theory]
    [InlineData("mixture", "pre0", "use expert_pre")]
    [InlineData("mixture", "post0", "use expert_pre")]
    [InlineData("mixture", "pre_linear0", "use expert_pre_linear")]
    [InlineData("llama", "expert_post0", "not a mixture of experts")]
    [InlineData("llama", "scale0ln1_post", "no norm stands between its attention and the sum")]
    [InlineData("llama", "scale0q_norm", "does not normalise queries and keys")]
    public void A_point_that_the_model_lacks_says_why(string model, string name, string reason) =>
        Models.ErrorHas(reason, () => Models.Map(model).Parse(name));

    [Fact]
    public void Scopes_name_slots_as_heads_and_neurons_of_the_chosen_experts()
    {
        HookPoint point = Map.Parse("expert_post0");
        float[] values = [.. Enumerable.Repeat(1f, 3 * 2 * 96)];
        InterventionPlan.Create(Map, [3], [Ablate.Zero(point, Scope.At(1).OnHeads(1).OnNeurons(5))])
            .Apply(new Activation(point, 0, 0, 3, 2, values));
        Assert.Equal([(((1 * 2) + 1) * 96) + 5], values.Index().Where(v => v.Item == 0).Select(v => v.Index));
        Models.ErrorHas(
            "expert slots (as heads) 0..1", () => InterventionPlan.Create(Map, [3], [Ablate.Zero(point, Scope.Everything.OnHeads(2))]));
    }

    [Fact]
    public void Scales_of_all_norms_can_be_frozen()
    {
        foreach (string name in (string[])["scale0ln1_post", "scale0ln2_post", "scale0q_norm", "scale0k_norm"])
        {
            HookPoint point = Map.Parse(name);
            int[] shape = Map.Shape(point, 3, 3);
            var values = new TensorValue(shape, new float[shape.Aggregate((a, b) => a * b)]);
            Assert.Contains(point, InterventionPlan.Create(Map, [3], [new Freeze(point, values, Scope.Everything)]).Points);
        }
    }
}
