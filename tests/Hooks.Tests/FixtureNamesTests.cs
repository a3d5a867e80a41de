using System.Text.Json;

namespace Interp.Hooks.Tests;

public sealed class FixtureNamesTests
{
    [Theory]
    [MemberData(nameof(Models.Names), MemberType = typeof(Models))]
    public void Points_fire_under_the_reference_names_in_the_reference_order(string model)
    {
        string path = Path.Combine(Root(), "tl", model, "hook_names.json");
        Assert.SkipUnless(File.Exists(path), $"{path} is not there");
        string[] recorded = JsonSerializer.Deserialize<string[]>(File.ReadAllText(path))!;
        string[] notHooks = ["logits", "loss", "loss_per_token"];
        HookMap map = Models.Map(model);
        Assert.Equal(recorded.Except(notHooks), map.Points.Select(map.Name));
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("INTERP_FIXTURES") is string set)
        {
            return set;
        }

        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Interp.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.Parent?.FullName ?? ".", "shared", "fixtures");
    }
}
