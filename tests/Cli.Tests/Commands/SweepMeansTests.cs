using System.Text.Json;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli.Tests.Commands;

/// <summary>What no table depends on, plans, and what is understood without being said.</summary>
public sealed class SweepMeansTests
{
    private static readonly string[] Pair =
        ["--clean", Tool.Clean, "--corrupted", Tool.Corrupted, "--answer", "met", "--wrong", "saw"];

    private static readonly string[] Ids =
    [
        "--clean-tokens", "1 403 407 261 378", "--corrupted-tokens", "1 403 410 261 378", "--answer-token", "400", "--wrong-token", "411",
    ];

    public static TheoryData<string> Sweeps => new()
    {
        "patch --sites resid_pre,z,q,k,v,pattern", "patch --sites z --by layer,head,pos --direction noise --metric kl",
        "path --from heads --to logits --by from", "path --from 0.1 --to 1.1.q,1.2.k --freeze none",
    };

    public static TheoryData<string> Ablations => new()
    {
        "ablate --sites z,resid_pre --with zero", "ablate --sites z --with mean",
        "ablate --with noise --sites resid_pre --by layer,pos --draws 3 --noise-positions 1",
        "knockout --dst -1 --by layer,head", "knockout --by layer,pos,src_pos --renormalize false",
    };

    [Theory]
    [MemberData(nameof(Sweeps))]
    [MemberData(nameof(Ablations))]
    public void Engines_and_threads_give_the_bytes_of_the_same_file(string sweep)
    {
        using var work = new Workspace();
        bool pairs = Sweeps.Any(s => s.Data == sweep);
        string[] demo = pairs ? Pair : ["--prompt", Tool.Clean, "--answer", "met", "--wrong", "saw"];
        string[] ids = pairs ? Ids : ["--tokens", "1 403 407 261 378", "--answer-token", "400", "--wrong-token", "411"];
        foreach ((string model, string[] input) in new[] { ("demo", demo), (Fixtures.Require("stories260K"), ids) })
        {
            string expected = Written("--engine", "naive", "--threads", "1");
            Assert.Equal(expected, Written("--engine", "lanes", "--threads", "1"));
            Assert.Equal(expected, Written("--engine", "lanes", "--threads", "2", "--memory", "200KB"));

            string Written(params string[] means)
            {
                string[] words = sweep.Split(' ');
                Tool.Run([words[0], "--model", model, .. input, .. words[1..], .. means, "--out", work.At("t.csv")]).Succeeded();
                return File.ReadAllText(work.At("t.csv"));
            }
        }
    }

    [Fact]
    public void Statistics_are_the_same_for_one_and_two_threads()
    {
        using var work = new Workspace();
        string data = work.At("d.jsonl");
        Tool.Demo("data", "induction", "--count", "12", "--out", data).Succeeded();
        string one = Tool.Demo("patch", "--data", data, "--summary", "--json", "--threads", "1").Output;
        Assert.Equal(one, Tool.Demo("patch", "--data", data, "--summary", "--json", "--threads", "2").Output);
        Outcome people = Tool.Demo("patch", "--data", data).Succeeded();
        Assert.Contains("95 % from", people.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("src_pos", people.Output, StringComparison.Ordinal);
    }

    // A sweep that was stopped leaves a journal of what it measured; half of it stands for a stop half-way.
    [Fact]
    public void A_sweep_stopped_half_way_goes_on_to_the_same_table()
    {
        using var work = new Workspace();
        string path = work.At("p.csv"), journal = path + ".partial";
        Tool.Demo("patch", [.. Pair, "--out", path]).Succeeded();
        string whole = File.ReadAllText(path);
        Stop(3, path);
        Assert.True(File.Exists(journal));
        Outcome resumed = Tool.Demo("patch", [.. Pair, "--out", path, "--resume"]).Succeeded();
        Assert.Contains("3 runs were taken over from the stopped call", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllText(path));
        Assert.False(File.Exists(journal));
        Stop(3, path);
        Tool.Refuses(
            ["patch", "--model", "demo", .. Pair, "--out", path, "--resume", "--metric", "prob"], "it belongs to another run, which differs from this one in metric (logit-diff at -1 there, prob at -1 here)");
        byte[] left = File.ReadAllBytes(journal);
        Tool.Refuses(["patch", "--model", "demo", .. Pair, "--out", path, "--sites", "q"], "it belongs to another run", "in cells");
        Assert.Equal(left, File.ReadAllBytes(journal));
        Tool.Refuses(["patch", "--model", "demo", .. Pair, "--resume"], "--resume: expected --out FILE beside it");
    }

    private static void Stop(int after, string path)
    {
        TransformerModel model = DemoModel.Create();
        using var source = new CancellationTokenSource();
        var pair = new PromptPair
        {
            Clean = model.Tokenize(Tool.Clean),
            Corrupted = model.Tokenize(Tool.Corrupted),
            Answers = [model.Tokenize("met")[^1]],
            Wrongs = [model.Tokenize("saw")[^1]],
        };
        var options = new SweepOptions { Sites = ["z"] };
        var execution = new ExecutionOptions
        {
            MemoryBudget = 1,
            Journal = new SweepJournal(path + ".partial", resume: false),
            Progress = new After(after, source),
        };
        Assert.Throws<SweepStoppedException>(() => PatchingSweep.Run(model, [pair], options, execution: execution, cancellation: source.Token));
    }

    private sealed class After(int runs, CancellationTokenSource source) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value)
        {
            if (value.Done == runs)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public void A_span_on_the_command_line_is_that_of_a_file()
    {
        using var work = new Workspace();
        string[] sweep = ["--sites", "resid_pre", "--by", "layer,span", "--spans", "subject", "--json"];
        string data = work.Put(
            "d.jsonl",
            $$"""{"clean": "{{Tool.Clean}}", "corrupted": "{{Tool.Corrupted}}", "answer": "met", "wrong": "saw", "subject": "met John"}""");
        string expected = Tool.Demo("patch", ["--data", data, .. sweep]).Succeeded().Output;
        Assert.Equal(expected, Tool.Demo("patch", [.. Pair, "--span", "subject=met John", .. sweep]).Output);
        Assert.Equal(expected, Tool.Demo("patch", [.. Pair, "--span", "subject=2,3", .. sweep]).Output);
        Tool.Refuses(["patch", "--model", "demo", .. Pair, "--span", "subject"], "--span: expected NAME=LIST or NAME=TEXT");
        Tool.Refuses(["patch", "--model", "demo", .. Pair, "--span", "subject=Mary"], "--span subject 'Mary': expected a text that the clean prompt has once");
        Tool.Refuses(["patch", "--model", "demo", .. Pair, "--span", "subject=40"], "--span subject: expected positions 0..8, found 40");
        Tool.Refuses(["patch", "--model", "demo", "--data", data, "--span", "subject=1"], "--span: with --data");
    }

    [Fact]
    public void An_answer_alone_is_measured_by_its_logit()
    {
        string[] prompt = ["--prompt", Tool.Clean, "--answer", "met", "--json"];
        Outcome alone = Tool.Demo("ablate", prompt);
        Assert.Equal(Tool.Demo("ablate", [.. prompt, "--metric", "logit"]).Output, alone.Output);
        Assert.Contains("metric: the logit of the answer", alone.Error, StringComparison.Ordinal);
        Tool.Refuses(["ablate", "--model", "demo", .. prompt, "--metric", "logit-diff"], "needs a wrong token");
        Tool.Refuses(["ablate", "--model", "demo", "--prompt", Tool.Clean], "--answer or --answer-token", "--metric kl needs none");
    }

    [Theory]
    [MemberData(nameof(Sweeps))]
    public void A_plan_counts_the_runs_and_makes_none(string sweep)
    {
        string[] words = sweep.Split(' ');
        JsonElement plan = Assert.Single(Tool.Demo(words[0], [.. Pair, .. words[1..], "--explain", "--json"]).Rows);
        int rows = Tool.Demo(words[0], [.. Pair, .. words[1..], "--json"]).Rows.Length;
        // A path is two runs: what is measured and the linear estimate.
        Assert.Equal(rows * (words[0] == "path" ? 2 : 1), Count("variants"));
        Assert.Equal(Count("variants"), Count("unchanged") + Count("lanes") + Count("whole"));
        Assert.True(Count("multiply_adds") < Count("naive_multiply_adds") || words[0] == "path");
        string people = Tool.Demo(words[0], [.. Pair, .. words[1..], "--explain"]).Succeeded().Output;
        Assert.Contains("with --engine naive", people, StringComparison.Ordinal);

        double Count(string column) => plan.GetProperty(column).GetDouble();
    }

    [Theory]
    [InlineData("--summary")]
    [InlineData("--resume")]
    public void What_a_plan_has_not_is_refused_beside_it(string other) => Tool.Refuses(
        ["patch", "--model", "demo", .. Pair, "--explain", other, "--out", "x.csv"], $"{other}: not read with --explain");
}
