using CsCheck;

namespace Interp.Hooks.Tests;

public sealed class InterventionJsonTests
{
    private static readonly HookMap Map = Models.Map("gpt2");

    /// <summary>Exact: float32 is written with enough digits to be read back bit for bit.</summary>
    [Fact]
    public void Every_intervention_reads_back_as_it_was() =>
        Gen.Int.Sample(
            seed =>
            {
                RandomInterventions random = new(seed);
                HookMap map = new(RandomInterventions.Outlines[random.Random.Next(RandomInterventions.Outlines.Length)]);
                Intervention[] written = [.. Enumerable.Range(0, 3).Select(_ => random.Next(map, [4, 6], 0))];
                IReadOnlyList<Intervention> read = InterventionJson.Deserialize(InterventionJson.Serialize(written), map);
                Assert.Equal(written, read);
                Assert.Equal(InterventionJson.Sha256(written), InterventionJson.Sha256(read));
                Assert.Equal(written.Select(i => i.GetHashCode()), read.Select(i => i.GetHashCode()));
            },
            iter: 1000);

    [Fact]
    public void The_text_is_readable()
    {
        string json = InterventionJson.Serialize(
            [new Steer(Hook.ResidPre(1), new TensorValue([3], [1, float.NegativeInfinity, 0.1f]), 2.5f, Scope.At(-1)),
             new KnockOut(1, 3, IndexSet.Of(0, 1))]);
        Assert.Equal(
            """
            {
              "interp.interventions": 1,
              "interventions": [
                {
                  "type": "steer",
                  "hook": "blocks.1.hook_resid_pre",
                  "positions": [-1],
                  "vector": {
                    "shape": [3],
                    "data": [1, "-Infinity", 0.1]
                  },
                  "coefficient": 2.5
                },
                {
                  "type": "knock_out",
                  "layer": 1,
                  "destinations": [3],
                  "sources": [0, 1],
                  "renormalize": true
                }
              ]
            }

            """,
            json);
    }

    [Fact]
    public void Hooks_are_read_by_any_name() =>
        Assert.Equal(
            [Ablate.Zero(Hook.Z(2))],
            InterventionJson.Deserialize(Wrap("""{"type":"ablate","kind":"zero","hook":"z-1"}"""), Map));

    [Theory]
    [InlineData(
        """{"type":"patsh"}""",
        ", $.interventions[0].type: expected one of patch, ablate, knock_out, steer, freeze, found 'patsh'")]
    [InlineData("""{}""", ", $.interventions[0]: expected a field 'type', found none")]
    [InlineData("""[]""", ", $.interventions[0]: expected an object, found an array")]
    [InlineData(
        """{"type":"ablate","kind":"zero","hook":"z0","head":[1]}""",
        ", $.interventions[0]: unknown field 'head'; nearest: heads, hook, kind")]
    [InlineData(
        """{"type":"ablate","kind":"zero","hook":"z9"}""",
        ", $.interventions[0].hook: hook 'z9': layer 9 is out of range, the model has layers 0..2")]
    [InlineData(
        """{"type":"ablate","kind":"zero","hook":"z0","heads":[1,"2"]}""",
        ", $.interventions[0].heads[1]: expected a whole number, found \"2\"")]
    [InlineData(
        """{"type":"ablate","kind":"zero","hook":"z0","values":{"shape":[0],"data":[]}}""",
        ", $.interventions[0].values: zero ablation takes no values")]
    [InlineData(
        """{"type":"ablate","kind":"mean","hook":"mlp_out0","values":{"shape":[1,2],"data":[1,2]}}""",
        ", $.interventions[0].kind: values of shape [1, 2] are for mean_by_position, found mean")]
    [InlineData(
        """{"type":"freeze","hook":"attn0","values":{"shape":[2],"data":[1]}}""",
        ", $.interventions[0].values: tensor of shape [2]: cannot hold 1 values")]
    [InlineData(
        """{"type":"freeze","hook":"attn0","values":{"shape":[1],"data":[1e99]}}""",
        ", $.interventions[0].values.data[0]: expected a float32, \"Infinity\", \"-Infinity\" or \"NaN\", found 1e99")]
    [InlineData(
        """{"type":"patch","hook":"z0","values":{"shape":[0],"data":[]},"map":[[1]]}""",
        ", $.interventions[0].map[0]: expected a pair of positions")]
    [InlineData(
        """{"type":"knock_out","layer":0,"renormalize":1}""",
        ", $.interventions[0].renormalize: expected true or false, found 1")]
    public void A_wrong_part_is_named_with_its_place(string item, string message) =>
        Assert.EndsWith(message, Models.Error(() => InterventionJson.Deserialize(Wrap(item), Map)), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{\"interp.interventions\": 1,\n \"interventions\": [}", "not valid JSON")]
    [InlineData("""{"interp.interventions": 1, "interp.interventions": 1, "interventions": []}""", "not valid JSON")]
    [InlineData("[]", "$: expected an object with interp.interventions, interventions, found an array")]
    [InlineData("""{"interventions": []}""", "$: expected a field 'interp.interventions', found none")]
    [InlineData("""{"interp.interventions": 2, "interventions": []}""", "expected version 1, found 2")]
    public void A_wrong_document_is_an_error(string json, string part) =>
        Models.ErrorHas(part, () => InterventionJson.Deserialize(json, Map));

    [Fact]
    public void Code_cannot_be_saved() =>
        Assert.Equal(
            "custom blocks.0.attn.hook_z 'double': it is code, which cannot be saved or hashed as JSON",
            Models.Error(() => InterventionJson.Serialize(
                [new Custom(Hook.Z(0), "double", (in Activation _) => { }, Scope.Everything)])));

    [Fact]
    public void A_file_is_written_aside_and_names_itself_in_errors()
    {
        string folder = Directory.CreateTempSubdirectory("interp-hooks-").FullName;
        try
        {
            string path = Path.Combine(folder, "patches.json");
            Intervention[] written = [Ablate.Zero(Hook.Z(1), Scope.At(IndexSet.Of(0, -1)).OnHeads(2))];
            InterventionJson.Save(path, [new KnockOut(0, 1, 0)]);
            InterventionJson.Save(path, written);
            Assert.Equal(written, InterventionJson.Load(path, Map));
            Assert.Equal([path], Directory.GetFiles(folder));
            File.WriteAllText(path, "{");
            Models.ErrorHas(path + ": not valid JSON", () => InterventionJson.Load(path, Map));
            string missing = Path.Combine(folder, "none", "patches.json");
            Models.ErrorHas(missing + ": no such file", () => InterventionJson.Load(missing, Map));
            Models.ErrorHas(missing + ": cannot be written", () => InterventionJson.Save(missing, written));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Wrap(string item) => $$"""{"interp.interventions": 1, "interventions": [{{item}}]}""";
}
