namespace Interp.Hooks.Tests;

public sealed class QueryTests
{
    private static readonly HookMap Map = new(Models.Gpt2);

    [Fact]
    public void Typed_access_and_access_by_name_are_the_same_call()
    {
        Assert.Equal(Map.Resolve(Hook.Z(1)), Map.Resolve("z1"));
        Assert.Equal([Hook.Z(1), Hook.ResidPost(1)], Map.ResolveAll(["resid_post1", Hook.Z(1), "blocks.1.attn.hook_z"]));
        Assert.Equal(3, Map.ResolveAll(["blocks.*.hook_resid_pre"]).Count);
    }

    [Fact]
    public void A_point_that_the_model_does_not_have_is_an_error_either_way()
    {
        Assert.Throws<InvalidInputException>(() => Map.Resolve(Hook.Z(3)));
        Assert.Throws<InvalidInputException>(() => Map.Resolve("z3"));
        Assert.Throws<InvalidInputException>(() => Map.ResolveAll([new HookPoint(HookKind.RotQ, 0)]));
    }
}
