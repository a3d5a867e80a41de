using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Commands;

public sealed class LensCommandTests
{
    private static readonly string[] Columns =
    [
        "prompt", "site", "layer", "head", "pos", "token", "target", "rank", "top_token", "logit", "prob", "entropy", "kl_to_final",
    ];

    [Fact]
    public void The_answer_appears_after_the_induction_head()
    {
        Outcome outcome = Tool.Demo("lens", "--prompt", Tool.Clean, "--answer", "met", "--pos", "-1", "--json");
        Assert.Equal(Columns, outcome.Columns);
        Assert.Equal(["resid_pre", "resid_pre", "resid_post"], outcome.Rows.Select(r => r.GetProperty("site").GetString()));
        Assert.Equal(("met", "met", 0), (
            outcome.Rows[2].GetProperty("target").GetString(), outcome.Rows[2].GetProperty("top_token").GetString(),
            outcome.Rows[2].GetProperty("rank").GetInt32()));
        Assert.True(outcome.Rows[1].GetProperty("kl_to_final").GetDouble() > 1);
        Assert.Equal(0, outcome.Rows[2].GetProperty("kl_to_final").GetDouble(), 1e-12);
        Assert.Equal(3 * 9, Tool.Demo("lens", "--prompt", Tool.Clean, "--json").Rows.Length);
        Assert.Contains("resid_post", Tool.Demo("lens", "--prompt", Tool.Clean, "--pos", "-1").Succeeded().Output, StringComparison.Ordinal);
    }

    // A translator that adds nothing leaves the logit lens; a bias moves it.
    [Fact]
    public void A_tuned_lens_is_read_from_a_file()
    {
        using var work = new Workspace();
        string model = work.PutModel(), zero = work.At("zero.safetensors"), other = work.At("other.safetensors");
        int d = Interp.Runtime.TransformerModel.Load(model).Config.DModel, layers = Interp.Runtime.TransformerModel.Load(model).Config.NLayers;
        SafetensorsWriter.Write(zero, Tensors(0));
        SafetensorsWriter.Write(other, Tensors(1));
        string[] command = ["lens", "--model", model, "--tokens", "1 2 3", "--pos", "-1", "--json"];
        string plain = Tool.Run(command).Succeeded().Output;
        Assert.Equal(plain, Tool.Run([.. command, "--tuned", zero]).Succeeded().Output);
        Assert.NotEqual(plain, Tool.Run([.. command, "--tuned", other]).Succeeded().Output);

        NamedTensor[] Tensors(float bias) => [.. Enumerable.Range(0, layers).SelectMany(l => new[]
        {
            NamedTensor.Float($"{l}.weight", [d, d], new float[d * d]),
            NamedTensor.Float($"{l}.bias", [d], Enumerable.Range(0, d).Select(i => bias * i).ToArray()),
        })];
    }

    [Theory]
    [InlineData("--sites z", "'z'")]
    [InlineData("--sites mlp_out", "attention only")]
    [InlineData("--pos 20", "20")]
    [InlineData("--tuned nothing.safetensors", "nothing.safetensors")]
    public void What_does_not_fit_is_refused(string options, string word) =>
        Tool.Refuses(["lens", "--model", "demo", "--prompt", Tool.Clean, .. options.Split(' ')], word);
}
