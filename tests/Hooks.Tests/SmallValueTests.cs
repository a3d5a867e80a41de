namespace Interp.Hooks.Tests;

public sealed class SmallValueTests
{
    [Theory]
    [InlineData("9.6")]
    [InlineData("L9H6")]
    [InlineData(" l9h6 ")]
    public void Heads_parse(string text) => Assert.Equal(new HeadRef(9, 6), HeadRef.Parse(text));

    [Fact]
    public void A_head_prints_as_layer_and_head() => Assert.Equal("L9H6", new HeadRef(9, 6).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("L9")]
    [InlineData("9.-1")]
    [InlineData("L9.6")]
    [InlineData("99999999999.1")]
    public void A_text_that_is_no_head_is_an_error(string text) =>
        Assert.Equal($"head '{text}': expected layer and head as L9H6 or 9.6", Models.Error(() => HeadRef.Parse(text)));

    [Fact]
    public void Nearest_names_come_nearest_first_and_ties_keep_their_order()
    {
        Assert.Equal(["pre", "pos"], NearestNames.Find("PRE", ["post", "pos", "pre"], 2).Order().Reverse());
        Assert.Equal(["ab", "ac"], NearestNames.Find("ad", ["xyz", "ab", "ac"], 2));
        Assert.Equal(["ba", "ac"], NearestNames.Find("ab", ["ba", "ac"]));
    }

    [Fact]
    public void Index_sets_compare_resolve_and_print()
    {
        IndexSet set = IndexSet.Of(3, -1, 3);
        Assert.Equal(IndexSet.Of(3, -1, 3), set);
        Assert.NotEqual(IndexSet.Of(), IndexSet.All);
        Assert.Equal([3, 6], set.Resolve(7));
        Assert.Equal([0, 1, 2], IndexSet.All.Resolve(3));
        Assert.True(set.Contains(6, 7));
        Assert.False(set.Contains(5, 7));
        Assert.Equal("3,-1,3", set.ToString());
        Assert.Equal("all", IndexSet.All.ToString());
        Assert.Equal("index 3 is out of range, expected -3..2", Models.Error(() => set.Resolve(3)));
    }

    [Fact]
    public void Tensors_compare_by_content_and_check_their_shape()
    {
        Assert.Equal(new TensorValue([2, 1], [1, 2]), new TensorValue([2, 1], [1, 2]));
        Assert.NotEqual(new TensorValue([2, 1], [1, 2]), new TensorValue([1, 2], [1, 2]));
        Assert.NotEqual(new TensorValue([1], [0f]), new TensorValue([1], [-0f]));
        Assert.Equal(
            "tensor of shape [2, 3]: cannot hold 2 values", Models.Error(() => _ = new TensorValue([2, 3], [1, 2])));
    }

    [Fact]
    public void Position_maps_compare_by_content_and_refuse_nonsense()
    {
        Assert.Equal(new PositionMap((1, 2), (0, 0)), new PositionMap((0, 0), (1, 2)));
        Assert.Equal("position map: position 1 is mapped twice", Models.Error(() => _ = new PositionMap((1, 2), (1, 3))));
        Models.ErrorHas("expected positions from 0", () => _ = new PositionMap((-1, 2)));
        Models.ErrorHas("at least one pair", () => _ = new PositionMap());
    }

    [Fact]
    public void Interventions_print_what_they_do_and_compare_by_content()
    {
        TensorValue row = new([2], [1, 2]);
        Assert.Equal(
            "patch blocks.5.attn.hook_z (positions -1, heads 3) with [7, 4, 12]",
            new Patch(Hook.Z(5), new TensorValue([7, 4, 12], new float[336]), Scope.At(-1).OnHeads(3)).ToString());
        Assert.Equal("zero-ablate blocks.0.hook_mlp_out", Ablate.Zero(Hook.MlpOut(0)).ToString());
        Assert.Equal(
            "knock out blocks.1.attn.hook_attn_scores (positions -1, sources 2,3)",
            new KnockOut(1, -1, IndexSet.Of(2, 3)).ToString());
        Assert.Equal(
            "steer blocks.1.hook_resid_pre by 2.5 x [2]",
            new Steer(Hook.ResidPre(1), row, 2.5f, Scope.Everything).ToString());
        Assert.Equal(
            new Steer(Hook.ResidPre(1), row, 1, Scope.At(1)),
            new Steer(Hook.ResidPre(1), new TensorValue([2], [1, 2]), 1, Scope.At(1)));
        Assert.NotEqual<Intervention>(new KnockOut(1, 1, 0), new KnockOut(1, 1, 0, renormalize: false));
    }
}
