using System.Text.Json;

namespace Interp.Hooks.Tests;

public sealed class FixtureNamesTests
{
    [Theory]
    [MemberData(nameof(Models.Names), MemberType = typeof(Models))]
    public void Points_fire_under_the_reference_names_in_the_reference_order(string model)
    {
        string path = Fixtures.Require($"tl/{model}/hook_names.json");
        string[] recorded = JsonSerializer.Deserialize<string[]>(File.ReadAllText(path))!;
        string[] notHooks = ["logits", "loss", "loss_per_token"];
        HookMap map = Models.Map(model);
        Assert.Equal(recorded.Except(notHooks), map.Points.Select(map.Name));
    }
}
