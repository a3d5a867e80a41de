using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class SweepCommandTests
{
    private static readonly string[] Pair =
        ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw"];

    [Fact]
    public void Patching_finds_the_two_heads_of_the_demo_model()
    {
        Outcome outcome = Tool.Demo("patch", [.. Pair, "--sites", "z", "--json"]);
        Assert.Equal(
            [
                "prompt", "id", "group", "site", "hook", "layer", "head", "pos", "src_pos", "neuron", "span", "src_span", "metric",
                "clean", "corrupted", "patched",
                "effect",
            ],
            outcome.Columns);
        Assert.Equal([(0, 2), (1, 1)], outcome.Rows.Where(r => Effect(r) > 0.99).Select(Head));
        Assert.Equal(8, outcome.Rows.Length);
    }

    [Fact]
    public void Noising_swaps_the_runs()
    {
        JsonElement denoise = Tool.Demo("patch", [.. Pair, "--sites", "resid_pre", "--json"]).Rows[0];
        JsonElement noise = Tool.Demo("patch", [.. Pair, "--sites", "resid_pre", "--direction", "noise", "--json"]).Rows[0];
        Assert.Equal(denoise.GetProperty("clean").GetDouble(), noise.GetProperty("clean").GetDouble());
        // Position 0 is the same in both runs: patching it gives the run that is patched.
        Assert.Equal(denoise.GetProperty("corrupted").GetDouble(), denoise.GetProperty("patched").GetDouble());
        Assert.Equal(noise.GetProperty("clean").GetDouble(), noise.GetProperty("patched").GetDouble());
    }

    [Fact]
    public void Sites_and_axes_may_be_lists()
    {
        Outcome outcome = Tool.Demo("patch", [.. Pair, "--sites", "z,attn_out", "resid_pre", "--by", "layer,pos", "--json"]);
        Assert.Equal(["z", "attn_out", "resid_pre"], outcome.Rows.Select(r => r.GetProperty("site").GetString()).Distinct());
        Assert.Equal(3 * 2 * 9, outcome.Rows.Length);
    }

    [Fact]
    public void Ablation_finds_the_same_two_heads()
    {
        Outcome outcome = Tool.Demo("ablate", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--json");
        Assert.Contains("with", outcome.Columns);
        Assert.Equal([(0, 2), (1, 1)], outcome.Rows.Where(r => Effect(r) < -1).Select(Head));
    }

    [Fact]
    public void People_see_the_largest_cells_of_each_site()
    {
        Outcome outcome = Tool.Demo("patch", [.. Pair, "--sites", "z,resid_pre"]).Succeeded();
        Assert.Contains("L1H1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("resid_pre: 10 of 18 cells", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("26 rows", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pair_that_measures_the_same_has_no_effect_and_says_so()
    {
        Outcome outcome = Tool.Demo(
            "patch", "--clean", Tool.Clean, "--corrupted", "Mary met Tom in Paris . then Mary", "--answer", "met",
            "--metric", "logit", "--json");
        Assert.All(outcome.Rows, r => Assert.Equal(JsonValueKind.Null, r.GetProperty("effect").ValueKind));
        Assert.Contains("effect is null", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_stopped_before_its_first_cell_writes_nothing_and_exits_with_130()
    {
        using var work = new Workspace();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Outcome outcome = Tool.Run(source.Token, ["patch", "--model", "demo", .. Pair, "--out", work.At("p.csv")]);
        Assert.Equal(130, outcome.Code);
        Assert.Empty(work.Entries);
    }

    [Fact]
    public void A_report_of_a_sweep_that_was_stopped_before_its_first_cell_is_said_to_be_none()
    {
        using var work = new Workspace();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Outcome outcome = Tool.Run(source.Token, ["patch", "--model", "demo", .. Pair, "--report", work.At("p.html")]);
        Assert.Equal(130, outcome.Code);
        Assert.Empty(work.Entries);
        Assert.Contains("p.html: no report, because nothing was finished", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_knockout_and_a_path_name_the_circuit()
    {
        Outcome knockout = Tool.Demo(
            "knockout", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--dst", "-1", "--src", "2", "--by", "layer,head",
            "--json");
        Assert.Equal([(1, 1)], knockout.Rows.Where(r => Effect(r) < -1).Select(Head));
        Outcome path = Tool.Demo("path", [.. Pair, "--from", "heads", "--to", "1.1.q,1.1.k", "--by", "from,to", "--json"]);
        JsonElement found = Assert.Single(path.Rows, r => Effect(r) > 0.5);
        Assert.Equal(("L0H2", "L1H1.k"), (found.GetProperty("src").GetString(), found.GetProperty("dst").GetString()));
        Tool.Refuses(["path", "--model", "demo", .. Pair, "--from", "1.1", "--to", "0.2.q"], "nothing arrives");
        Tool.Refuses(["path", "--model", "demo", .. Pair, "--from", "1.1", "--to", "logits", "--freeze", "none,heads"], "freeze 'none'");
        Tool.Refuses(
            ["knockout", "--model", "demo", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--dst", "0", "--src", "2"],
            "no destination asked for can attend");
    }

    [Fact]
    public void A_summary_has_one_row_per_cell()
    {
        Outcome outcome = Tool.Demo("patch", [.. Pair, "--summary", "--json"]);
        Assert.Equal(8, outcome.Rows.Length);
        Assert.Equal(["n", "mean", "ci_low", "ci_high", "p", "q", "d"], outcome.Columns[^7..]);
    }

    [Fact]
    public void A_span_of_the_data_is_noised_and_restored()
    {
        using var work = new Workspace();
        string data = work.At("d.jsonl");
        File.WriteAllText(data, $$"""{"clean": "{{Tool.Clean}}", "answer": "met", "wrong": "saw", "subject": "Mary met"}""" + "\n");
        Outcome outcome = Tool.Demo(
            "ablate", "--data", data, "--with", "noise", "--noise-span", "subject", "--draws", "2", "--sites", "resid_pre0", "--spans",
            "subject", "--by", "layer,span", "--json");
        Assert.Equal(1, Effect(Assert.Single(outcome.Rows)), 1e-9);
        Tool.Refuses(["ablate", "--model", "demo", "--data", data, "--draws", "3"], "--draws: not read --with zero");
    }

    [Theory]
    [InlineData("--engine", "quick", "engine 'quick': expected one of lanes, naive")]
    [InlineData("--metric", "cross", "metric 'cross': expected one of logit-diff")]
    [InlineData("--heads", "5.0", "head L5H0: out of range")]
    [InlineData("--heads", "1.9", "head L1H9: out of range")]
    [InlineData("--memory", "much", "--memory 'much': expected a size such as 4GB")]
    [InlineData("--neurons", "3", "--neurons: expected --by layer,neuron")]
    [InlineData("--spans", "subject", "span 'subject': no prompt has it")]
    [InlineData("--positions", "40", "position 40: the longest prompt has 9 tokens")]
    [InlineData("--by", "pos", "expected layer,pos")]
    [InlineData("--by", "layer,token", "by 'token'")]
    [InlineData("--sites", "mlp_out", "mlp_out")]
    [InlineData("--direction", "sideways", "--direction: expected one of denoise, noise, found 'sideways'")]
    [InlineData("--pos", "9", "position 9")]
    public void What_a_sweep_cannot_do_is_refused(string option, string value, string words) =>
        Tool.Refuses(["patch", "--model", "demo", .. Pair, option, value], words);

    [Theory]
    [InlineData("one", "expected one of zero, mean, mean-pos, resample")]
    [InlineData("mean-group", "prompt 0: expected a group, found none")]
    public void What_an_ablation_cannot_take_is_refused(string with, string words) => Tool.Refuses(
        ["ablate", "--model", "demo", "--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw", "--with", with], words);

    private static double Effect(JsonElement row) => row.GetProperty("effect").GetDouble();

    private static (int, int) Head(JsonElement row) => (row.GetProperty("layer").GetInt32(), row.GetProperty("head").GetInt32());
}
