using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

/// <summary>What the sweeps refuse of data and options, with the row and the reason, and what they remark on.</summary>
public sealed class SweepDataTests
{
    private const string Good =
        $$"""{"clean": "{{Tool.Clean}}", "corrupted": "{{Tool.Corrupted}}", "answer": "met", "wrong": "saw", "subject": "John"}""";

    private static readonly Dictionary<string, string[]> Commands = new()
    {
        ["patch"] = ["patch"],
        ["ablate"] = ["ablate"],
        ["knockout"] = ["knockout"],
        ["path"] = ["path", "--from", "heads", "--to", "logits"],
    };

    [Theory]
    [InlineData("patch")]
    [InlineData("path")]
    public void Prompts_of_different_length_without_a_map_are_refused_by_line(string command) => RefusesData(
        command, [Good, Good.Replace("Anna met", "Anna", StringComparison.Ordinal)], "line 2", "the clean prompt has 9 tokens and the corrupted one 8",
        "a positions map");

    [Theory]
    [InlineData("patch")]
    [InlineData("ablate")]
    [InlineData("knockout")]
    [InlineData("path")]
    public void An_answer_of_several_tokens_is_refused_by_line(string command) => RefusesData(
        command, [Good, Good, Good.Replace("\"met\"", "\"met saw\"", StringComparison.Ordinal)], "line 3",
        "answer 'met saw' is 2 tokens ('met', 'saw'); expected one");

    [Theory]
    [InlineData("patch")]
    [InlineData("ablate")]
    [InlineData("knockout")]
    [InlineData("path")]
    public void Data_without_a_row_is_refused(string command)
    {
        RefusesData(command, [], "d.jsonl", "expected at least one row, found none");
        RefusesData(command, ["", "  "], "d.jsonl", "expected at least one row, found none");
    }

    [Theory]
    [InlineData("patch", "--sites", "resid_prre", "hook 'resid_prre': no such hook point", "nearest: resid_pre0")]
    [InlineData("ablate", "--sites", "zz", "hook 'zz': no such hook point", "nearest: z0")]
    [InlineData("path", "--from", "headz", "node 'headz': expected embed", "a head such as 9.6")]
    [InlineData("path", "--to", "1.1.w", "node '1.1.w'", "10.7.q")]
    [InlineData("patch", "--heads", "0.7", "head L0H7: out of range", "heads 0..3")]
    [InlineData("ablate", "--heads", "L9H0", "head L9H0: out of range", "layers 0..1")]
    [InlineData("path", "--from", "0.4", "node L0H4: head 4 is out of range", "heads 0..3")]
    [InlineData("path", "--to", "2.0.q", "node L2H0.q: layer 2 is out of range", "0..1")]
    public void What_the_model_does_not_have_is_refused(string command, string option, string value, params string[] words)
    {
        using var work = new Workspace();
        string[] others = command == "path" ? [option == "--from" ? "--to" : "--from", option == "--from" ? "logits" : "heads"] : [];
        Tool.Refuses([command, "--model", "demo", "--data", work.Put("d.jsonl", Good), option, value, .. others], words);
    }

    [Theory]
    [InlineData("patch", "--positions 3 --spans subject", "expected positions or spans, found both")]
    [InlineData("patch", "--by layer,pos --spans subject --sites resid_pre", "by pos: a span is replaced as a whole")]
    [InlineData("patch", "--heads 0.1 --sites resid_pre", "head L0H1: blocks.0.hook_resid_pre has no heads")]
    [InlineData("patch", "--explain --summary", "--summary: not read with --explain")]
    [InlineData("patch", "--resume", "--resume: expected --out FILE beside it")]
    [InlineData("ablate", "--with mean --noise-level 2", "--noise-level: not read --with mean")]
    [InlineData("ablate", "--with noise --reference-data X", "--reference-data: not read --with noise")]
    [InlineData("ablate", "--with noise --noise-span subject --noise-positions 1", "noise: expected a span or positions, found both")]
    [InlineData("knockout", "--src subject --by layer,src_pos", "the span 'subject' is cut as a whole")]
    [InlineData("knockout", "--dst 0 --src 3", "no destination asked for can attend")]
    [InlineData("path", "--freeze none,heads", "freeze 'none': expected some of heads, mlps, norms, or none alone")]
    public void Options_that_contradict_each_other_are_refused(string command, string options, string words)
    {
        using var work = new Workspace();
        Tool.Refuses([.. Commands[command], "--model", "demo", "--data", work.Put("d.jsonl", Good), .. options.Split(' ')], words);
    }

    [Theory]
    [InlineData("patch")]
    [InlineData("path")]
    public void A_prompt_that_measures_the_same_in_both_runs_has_no_effect_and_is_named(string command)
    {
        // A token after the one that the head attends to changes nothing that the answer depends on.
        using var work = new Workspace();
        string data = work.Put("d.jsonl", $"{Good}\n{Good.Replace("Anna met John", "Mary met Tom", StringComparison.Ordinal)}");
        Outcome outcome = Tool.Run([.. Commands[command], "--model", "demo", "--data", data, "--metric", "logit", "--json"]);
        Assert.Equal(
            [0, 1], outcome.Rows.Select(r => r.GetProperty("effect").ValueKind == JsonValueKind.Null ? 1 : 0).Distinct());
        Assert.All(outcome.Rows, r => Assert.Equal(r.GetProperty("prompt").GetInt32() == 1, r.GetProperty("effect").ValueKind == JsonValueKind.Null));
        Assert.Contains("effect is null where both plain runs measure the same (prompt 1)", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("patch", "--sites resid_pre --spans subject --by layer,span")]
    [InlineData("ablate", "--sites resid_pre --spans subject --by layer,span")]
    [InlineData("knockout", "--dst subject")]
    [InlineData("knockout", "--src subject")]
    public void A_prompt_without_a_span_that_was_asked_for_is_named_and_not_counted(string command, string options)
    {
        using var work = new Workspace();
        string without = Good.Replace(", \"subject\": \"John\"", "", StringComparison.Ordinal);
        string data = work.Put("d.jsonl", string.Join('\n', Good, without, Good, without));
        Outcome outcome = Tool.Demo(command, ["--data", data, .. options.Split(' '), "--summary", "--json"]);
        Assert.All(outcome.Rows, r => Assert.Equal(2, r.GetProperty("n").GetInt32()));
        Assert.Contains("span 'subject': prompts 1, 3 left out there (2 of 4 are without that span)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_is_too_short_for_a_position_is_named_and_not_counted()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", $"{Good}\n{Good.Replace(" in Paris", "", StringComparison.Ordinal)}");
        Outcome outcome = Tool.Demo("patch", "--data", data, "--sites", "resid_pre", "--positions", "7,1", "--summary", "--json");
        Assert.All(outcome.Rows, r => Assert.Equal(r.GetProperty("pos").GetInt32() == 7 ? 1 : 2, r.GetProperty("n").GetInt32()));
        Assert.Contains("position 7: prompt 1 left out there (1 of 2 are shorter)", outcome.Error, StringComparison.Ordinal);
    }

    private static void RefusesData(string command, string[] lines, params string[] words)
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", string.Join('\n', lines));
        Tool.Refuses([.. Commands[command], "--model", "demo", "--data", data, "--out", work.At("o.csv")], words);
        Assert.Equal(["d.jsonl"], work.Entries);
    }
}
