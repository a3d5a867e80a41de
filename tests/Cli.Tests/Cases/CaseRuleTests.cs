using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Cases;

/// <summary>Each rule of a case lets the right run pass and no other.</summary>
public sealed class CaseRuleTests : IDisposable
{
    private readonly Workspace workspace = new();

    [Theory]
    [InlineData("""{"exit": 0}""", true)]
    [InlineData("""{"exit": 2}""", false)]
    [InlineData("""{"stderr_contains": ["WARNING", "rope"]}""", true)]
    [InlineData("""{"stderr_contains": ["warning", "alibi"]}""", false)]
    [InlineData("""{"stderr_lacks": ["alibi"]}""", true)]
    [InlineData("""{"stderr_lacks": ["ROPE"]}""", false)]
    [InlineData("""{"stdout_contains": ["layer"]}""", true)]
    [InlineData("""{"stdout_contains": ["head"]}""", false)]
    [InlineData("""{"stdout_lacks": ["head"]}""", true)]
    [InlineData("""{"stdout_lacks": ["LAYER"]}""", false)]
    [InlineData("""{"ids": [[3, 1], [2]]}""", true)]
    [InlineData("""{"ids": [[3, 1]]}""", false)]
    [InlineData("""{"ids": [[3, 1], [2, 0]]}""", false)]
    [InlineData("""{"ids": [[3, 2], [2]]}""", false)]
    [InlineData("""{"logits": "same.safetensors"}""", true)]
    [InlineData("""{"logits": "near.safetensors"}""", false)]
    [InlineData("""{"logits": "near.safetensors", "tolerance": 1e-3}""", true)]
    [InlineData("""{"logits": "other-shape.safetensors"}""", false)]
    [InlineData("""{"logits": "more.safetensors"}""", false)]
    [InlineData("""{"rows": [{"where": {"layer": 1}, "is": {"mean": 2.0001, "word": "a", "gone": null}}]}""", true)]
    [InlineData("""{"rows": [{"where": {"layer": 1}, "is": {"mean": 2.001}}]}""", false)]
    [InlineData("""{"rows": [{"where": {"layer": 1}, "is": {"mean": 2.001}}], "row_tolerance": 1e-3}""", true)]
    [InlineData("""{"rows": [{"where": {"layer": 1}, "is": {"word": "b"}}]}""", false)]
    [InlineData("""{"rows": [{"where": {"word": "a"}, "is": {}}]}""", false)]
    [InlineData("""{"rows": [{"where": {"layer": 7}, "is": {}}]}""", false)]
    [InlineData("""{"any_of": [{"exit": 2}, {"exit": 0, "ids": [[3, 1], [2]]}]}""", true)]
    [InlineData("""{"any_of": [{"exit": 2}, {"exit": 0, "ids": [[3, 1]]}]}""", false)]
    [InlineData("""{"exitcode": 0}""", false)]
    public void A_rule_holds_where_it_should(string expect, bool right)
    {
        Put("same", Logits("0/logits", 0), Logits("1/logits", 0));
        Put("near", Logits("0/logits", 1e-3f), Logits("1/logits", 0));
        Put("other-shape", Logits("0/logits", 0), NamedTensor.Float("1/logits", [2, 1], new float[] { 1, -4 }));
        Put("more", Logits("0/logits", 0), Logits("1/logits", 0), Logits("2/logits", 0));
        Put("x", Logits("0/logits", 0), Logits("1/logits", 0), NamedTensor.Float("0/tokens", [2], new float[] { 3, 1 }), NamedTensor.Float("1/tokens", [1], new float[] { 2 }));
        CaseRun run = new(
            0, "layers\n{\"layer\": 0, \"mean\": 1, \"word\": \"a\"}\n{\"layer\": 1, \"mean\": 2, \"word\": \"a\"}\n", "Warning: RoPE", CaseTensors.Read(workspace.At("x.safetensors")));
        using JsonDocument document = JsonDocument.Parse(expect);
        Assert.Equal(right, CaseRules.Wrong(document.RootElement, run, workspace.FullPath).Count == 0);
    }

    [Theory]
    [InlineData("""{"ids": [[3]]}""")]
    [InlineData("""{"logits": "x.safetensors"}""")]
    public void Ids_and_logits_need_a_file(string expect)
    {
        using JsonDocument document = JsonDocument.Parse(expect);
        Assert.NotEmpty(CaseRules.Wrong(document.RootElement, new CaseRun(0, "", "", null), workspace.FullPath));
    }

    [Fact]
    public void Not_a_number_is_no_logit()
    {
        Put("x", NamedTensor.Float("logits", [1], new float[] { 1 }));
        Put("nan", NamedTensor.Float("logits", [1], new float[] { float.NaN }));
        using JsonDocument document = JsonDocument.Parse("""{"logits": "x.safetensors"}""");
        Assert.NotEmpty(CaseRules.Wrong(document.RootElement, new CaseRun(0, "", "", CaseTensors.Read(workspace.At("nan.safetensors"))), workspace.FullPath));
    }

    public void Dispose() => workspace.Dispose();

    private static NamedTensor Logits(string name, float off) => NamedTensor.Float(name, [2], new float[] { 1 + off, -4 });

    private void Put(string name, params NamedTensor[] tensors) => SafetensorsWriter.Write(workspace.At(name + ".safetensors"), tensors);
}
