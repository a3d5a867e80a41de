using CsCheck;

namespace Interp.Hooks.Tests;

public sealed class InterventionJsonTests
{
    private static readonly HookMap Map = new(Outlines.Gpt2);

    private static readonly Gen<IndexSet> Sets = Gen.Int[-3, 5].HashSet[0, 3].Select(s => s.Count == 0 ? IndexSet.All : IndexSet.Of(s));

    private static readonly Gen<Scope> Scopes = Gen.Select(Sets, Sets, Sets, Sets, Sets, (a, b, c, d, e) =>
        new Scope { Sequences = a, Positions = b, Sources = c, Heads = d, Neurons = e });

    private static readonly Gen<TensorValue> Tensors = Gen.Float.Array[6].Select(v => new TensorValue([2, 3], v));

    private static readonly Gen<HookPoint> Points = Gen.Int[0, Map.AllPoints.Length - 1].Select(i => Map.AllPoints[i]);

    private static readonly Gen<Intervention> Interventions = Gen.OneOf(
        Gen.Select(Points, Tensors, Scopes, (p, t, s) => (Intervention)new Patch(p, t, s)),
        Gen.Select(Points, Tensors, Scopes, Gen.Int[-1, 9].Array[1, 4], (p, t, s, m) => (Intervention)new Patch(p, t, s) { Map = new PositionMap(m) }),
        Gen.Select(Points, Tensors, Scopes, (p, t, s) => (Intervention)new Freeze(p, t, s)),
        Gen.Select(Points, Tensors, Gen.Float, Scopes, (p, t, c, s) => (Intervention)new Steer(p, t, c, s)),
        Gen.Select(Points, Scopes, (p, s) => (Intervention)Ablate.Zero(p, s)),
        Gen.Select(Points, Tensors, Scopes, (p, t, s) => (Intervention)Ablate.Mean(p, t, s)),
        Gen.Select(Points, Tensors, Scopes, (p, t, s) => (Intervention)Ablate.Resample(p, t, s)),
        Gen.Select(Gen.Int[0, 2], Sets, Sets, Sets, Gen.Bool, (l, d, s, h, r) => (Intervention)new KnockOut(l, d, s, h, r)));

    public static TheoryData<string, string[]> Malformed => new()
    {
        { "nonsense", ["not valid JSON at line 1"] },
        { "[]", ["expected an object, found Array"] },
        { "{}", ["interp.interventions: expected an integer"] },
        { """{"interp.interventions": 2, "list": []}""", ["expected version 1, found 2"] },
        { """{"interp.interventions": 1}""", ["list: expected a list"] },
        { """{"interp.interventions": 1, "list": [], "more": 1}""", ["unknown field 'more'"] },
        { Item("""{"type": "explode"}"""), ["list[0]: type", "knockout", "'explode'"] },
        { Item("""{"type": "ablate", "with": "Zero", "hook": "zz1"}"""), ["'zz1'", "nearest"] },
        { Item("""{"type": "ablate", "with": "Half", "hook": "z1"}"""), ["with: expected Zero", "'Half'"] },
        { Item("""{"type": "ablate", "with": "Zero", "hook": "z1", "heads": [1]}"""), ["unknown field 'heads'"] },
        { Item("""{"type": "ablate", "with": "Zero", "hook": "z1", "scope": {"head": [1]}}"""), ["scope: unknown field 'head'"] },
        { Item("""{"type": "ablate", "with": "Zero", "hook": "z1", "scope": {"heads": []}}"""), ["at least one"] },
        { Item("""{"type": "steer", "hook": "z1", "coefficient": "much", "vector": {"shape": [1], "data": [1]}}"""), ["coefficient: expected a number"] },
        { Item("""{"type": "steer", "hook": "z1", "coefficient": 1, "vector": {"shape": [2], "data": [1]}}"""), ["vector", "expected 2 values, found 1"] },
    };

    [Fact]
    public void What_is_saved_is_read_back_equal() => Interventions.Array[0, 4].Sample(list =>
    {
        string json = InterventionJson.Serialize(list);
        Assert.Equal(list, InterventionJson.Deserialize(json, Map));
        Assert.Equal(InterventionJson.Sha256(list), InterventionJson.Sha256(InterventionJson.Deserialize(json, Map)));
    });

    [Fact]
    public void Files_hold_canonical_names_and_hooks_may_be_given_short()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("interp-hooks-").FullName, "cut.json");
        InterventionJson.Save(path, [Ablate.Zero(Hook.Z(1), Scope.At(-1).OnHeads(2))]);
        string text = File.ReadAllText(path);
        Assert.Contains("blocks.1.attn.hook_z", text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace("blocks.1.attn.hook_z", "z1", StringComparison.Ordinal));
        Assert.Equal([Ablate.Zero(Hook.Z(1), Scope.At(-1).OnHeads(2))], InterventionJson.Load(path, Map));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_an_error_that_names_the_place(string json, string[] words)
    {
        var error = Assert.Throws<InvalidInputException>(() => InterventionJson.Deserialize(json, Map, "cut.json"));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Code_cannot_be_saved() => Assert.Contains(
        "code cannot be saved",
        Assert.Throws<InvalidInputException>(
            () => InterventionJson.Serialize([new Custom(Hook.Z(0), "mine", (in Activation _) => { }, Scope.Everything)])).Message);

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Contains("no such file", Assert.Throws<InvalidInputException>(() => InterventionJson.Load("nowhere.json", Map)).Message);

    private static string Item(string item) => $$"""{"interp.interventions": 1, "list": [{{item}}]}""";
}
