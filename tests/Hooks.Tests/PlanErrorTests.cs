namespace Interp.Hooks.Tests;

public sealed class PlanErrorTests
{
    private static readonly int[] Lengths = [7, 4];

    private static readonly Dictionary<string, (string Model, Intervention What, string Problem)> Cases = new()
    {
        ["absent"] = ("neox", Ablate.Zero(Hook.ResidMid(0)), "this model has no such point because it is attention only or runs"),
        ["layer"] = ("gpt2", Ablate.Zero(Hook.Z(3)), "layer 3 is out of range, the model has layers 0..2"),
        ["knock-out layer"] = ("gpt2", new KnockOut(-4, 1, 0), "layer -4 is out of range, the model has layers 0..2"),
        ["head"] = ("gpt2", Zero(Hook.Z(0), s => s.OnHeads(4)), "head 4 is out of range, z has heads 0..3"),
        ["kv head"] = ("llama", Zero(Hook.K(0), s => s.OnHeads(2)), "head 2 is out of range, k has key-value heads 0..1"),
        ["neuron"] = ("gpt2", Zero(Hook.Post(0), s => s.OnNeurons(192)), "neuron 192 is out of range, post has neurons 0..191"),
        ["position"] = ("gpt2", Ablate.Zero(Hook.Z(0), Scope.At(4)), "position 4 is out of range, sequence 1 has positions 0..3"),
        ["negative"] = (
            "gpt2", Ablate.Zero(Hook.Z(0), Scope.At(-5)), "position -5 is out of range, sequence 1 has positions 0..3"),
        ["sequence"] = (
            "gpt2", Zero(Hook.Z(0), s => s.InSequences(2)), "sequence 2 is out of range, the batch has sequences 0..1"),
        ["source"] = ("gpt2", new KnockOut(0, -1, 9), "source position 9 is out of range, sequence 0 has positions 0..6"),
        ["no heads"] = ("gpt2", Zero(Hook.ResidPre(0), s => s.OnHeads(0)), "resid_pre has no heads; its axes are [pos, d_model]"),
        ["no neurons"] = (
            "gpt2", Zero(Hook.Z(0), s => s.OnNeurons(0)), "z has no neurons; only pre, pre_linear and post have them (of experts: expert_pre, ...)"),
        ["no sources"] = ("gpt2", Zero(Hook.Z(0), s => s.FromSources(0)), "z has no sources; use positions"),
        ["empty"] = ("gpt2", Zero(Hook.Z(0), s => s.OnHeads(IndexSet.Of())), "expected at least one index in heads, found none"),
        ["rank"] = ("gpt2", new Patch(Hook.Z(0), Zeros(7, 48)), "expected values of shape [pos, 4, 12], found [7, 48]"),
        ["heads of values"] = (
            "llama", new Patch(Hook.K(0), Zeros(7, 4, 12)), "expected values of shape [pos, 2, 12], found [7, 4, 12]"),
        ["width"] = ("gpt2", new Patch(Hook.ResidPre(0), Zeros(7, 4)), "expected values of shape [pos, 48], found [7, 4]"),
        ["short"] = (
            "gpt2", new Patch(Hook.ResidPre(0), Zeros(6, 48)),
            "the values [6, 48] do not cover position 6, they hold positions 0..5"),
        ["sources of values"] = (
            "gpt2", new Freeze(Hook.Pattern(0), Zeros(4, 7, 6), Scope.Everything),
            "the values [4, 7, 6] do not cover source position 6, they hold positions 0..5"),
        ["mean"] = ("gpt2", Ablate.Mean(Hook.Z(0), Zeros(4, 13)), "expected a mean of shape [4, 12], found [4, 13]"),
        ["mean of a pattern"] = (
            "gpt2", Ablate.Mean(Hook.Pattern(0), Zeros(4, 7)),
            "pattern needs a mean for each position, as [head, pos, src_pos], found [4, 7]"),
        ["vector"] = (
            "gpt2", new Steer(Hook.Z(0), Zeros(48), 1, Scope.Everything),
            "expected a vector of shape [12] or [4, 12], found [48]"),
        ["steered scores"] = (
            "gpt2", new Steer(Hook.AttnScores(0), Zeros(7), 1, Scope.Everything),
            "attn_scores has rows of varying width and cannot be steered"),
        ["frozen z"] = (
            "gpt2", new Freeze(Hook.Z(0), Zeros(7, 4, 12), Scope.Everything),
            "only pattern, attn_scores and the scale of a norm can be frozen, found z; use Patch"),
        ["custom"] = (
            "gpt2", new Custom(Hook.Z(0), "mine", (in Activation _) => { }, Scope.At(1)),
            "a custom edit is called with whole activations and can be narrowed to sequences only, not positions"),
        ["future"] = (
            "gpt2", new KnockOut(0, 1, IndexSet.Of(2, 3)),
            "in sequence 0 no destination in 1 can attend to a source in 2,3, because a position attends to itself and earlier "
            + "positions only"),
        ["map source"] = (
            "gpt2", new Patch(Hook.Z(0), Zeros(3, 4, 12), Scope.Everything, new PositionMap((0, 3))),
            "the values [3, 4, 12] do not cover position 3, they hold positions 0..2"),
        ["map destination"] = (
            "gpt2", new Patch(Hook.Z(0), Zeros(7, 4, 12), Scope.Everything, new PositionMap((5, 0))),
            "position 5 of the position map is out of range, sequence 1 has positions 0..3"),
        ["unmapped"] = (
            "gpt2", new Patch(Hook.Z(0), Zeros(7, 4, 12), Scope.At(1), new PositionMap((0, 0))),
            "position 1 is not in the position map 0<-0"),
        ["mapped pattern"] = (
            "gpt2", new Patch(Hook.Pattern(0), Zeros(4, 7, 7), Scope.Everything, new PositionMap((0, 0), (1, 1), (3, 2))),
            "row 3 cannot be replaced by row 2 through the position map 0<-0 1<-1 3<-2, because what the two attend to does not "
            + "correspond one to one: the row would not sum to one"),
        ["mapped scores of an encoder"] = (
            "bert", new Patch(Hook.AttnScores(0), Zeros(4, 7, 7), Scope.Everything, new PositionMap((0, 0), (1, 1))),
            "row 0 cannot be replaced by row 0"),
        ["moved knock-out"] = (
            "gpt2", new KnockOut(0, IndexSet.All, IndexSet.All) with { Point = Hook.Z(0) },
            "expected attn_scores or pattern, found z"),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void What_cannot_take_effect_is_an_error_before_the_run(string name)
    {
        (string model, Intervention what, string problem) = Cases[name];
        string message = Models.Error(
            () => InterventionPlan.Create(Models.Map(model), Lengths, [Ablate.Zero(Hook.Z(0)), what]));
        Assert.StartsWith($"intervention 1, {what}: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_outside_the_window_is_an_error()
    {
        HookMap map = new(Models.Gpt2 with { Window = layer => layer == 0 ? 3 : null });
        Assert.EndsWith(
            "because a position attends to itself and earlier positions within its window of 3 positions only",
            Models.Error(() => InterventionPlan.Create(map, [7], [new KnockOut(0, 6, 3)])),
            StringComparison.Ordinal);
        Assert.False(InterventionPlan.Create(map, [7], [new KnockOut(0, 6, 4), new KnockOut(1, 6, 3)]).IsEmpty);
    }

    [Fact]
    public void Generation_lets_positions_grow_and_says_how_far()
    {
        HookMap map = Models.Map("gpt2");
        Assert.False(InterventionPlan.Create(map, [4], [Ablate.Zero(Hook.Z(0), Scope.At(5))], newTokens: 2).IsEmpty);
        Assert.EndsWith(
            "position 6 is out of range, sequence 0 has positions 0..3 and may grow to 0..5",
            Models.Error(() => InterventionPlan.Create(map, [4], [Ablate.Zero(Hook.Z(0), Scope.At(6))], newTokens: 2)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Both_directions_are_open_in_an_encoder() =>
        Assert.False(InterventionPlan.Create(Models.Map("bert"), [4], [new KnockOut(0, 1, 3)]).IsEmpty);

    [Fact]
    public void The_window_cannot_make_an_unrestricted_knock_out_wrong() =>
        Assert.False(
            InterventionPlan.Create(Models.Map("gpt2"), Lengths, [new KnockOut(0, IndexSet.All, IndexSet.All)]).IsEmpty);

    [Fact]
    public void Rows_of_attention_are_mapped_where_what_they_attend_to_corresponds_one_to_one()
    {
        var prefix = new PositionMap((0, 0), (1, 1));
        Assert.False(InterventionPlan.Create(
            Models.Map("gpt2"), [4], [new Patch(Hook.Pattern(0), Zeros(4, 7, 7), Scope.Everything, prefix)]).IsEmpty);
        var exchanged = new PositionMap((0, 1), (1, 0), (2, 2));
        Assert.False(InterventionPlan.Create(
            Models.Map("bert"), [3], [new Patch(Hook.Pattern(0), Zeros(4, 3, 3), Scope.Everything, exchanged)]).IsEmpty);
        Assert.False(InterventionPlan.Create(
            Models.Map("gpt2"), [4],
            [new Patch(Hook.Pattern(0), Zeros(4, 7, 7), Scope.At(3).FromSources(1), new PositionMap((3, 2), (1, 1)))]).IsEmpty);
    }

    [Fact]
    public void Negative_layers_count_from_the_last()
    {
        HookMap map = Models.Map("gpt2");
        Assert.Equal(Hook.Z(2), map.Require(Hook.Z(-1)));
        InterventionPlan plan = InterventionPlan.Create(map, [4], [new KnockOut(-1, 1, 0), Ablate.Zero(Hook.Z(-3))]);
        Assert.Equal([Hook.AttnScores(2), Hook.Z(0)], plan.Points);
    }

    private static Ablate Zero(HookPoint point, Func<Scope, Scope> narrow) => Ablate.Zero(point, narrow(Scope.Everything));

    private static TensorValue Zeros(params int[] shape) => new(shape, new float[shape.Aggregate(1, (a, b) => a * b)]);
}
