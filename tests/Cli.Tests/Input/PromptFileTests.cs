using System.Diagnostics;
using System.Security.Cryptography;
using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli.Tests.Input;

/// <summary>Forms of prompt files: lines of text, other names of fields, several answers, files that others published.</summary>
public sealed class PromptFileTests
{
    private static readonly string[] Ablate = ["--sites", "attn_out", "--by", "layer", "--metric", "logit", "--json"];

    [Fact]
    public void Lines_of_a_text_file_are_prompts()
    {
        using var work = new Workspace();
        string expected = Tool.Demo("run", "--prompt", "Mary met John", "--prompt", "Anna saw", "--json").Succeeded().Output;
        Assert.Equal(expected, Tool.Demo("run", "--data", work.Put("d.txt", "Mary met John\r\n\nAnna saw"), "--json").Succeeded().Output);
        Tool.Refuses(["run", "--model", "demo", "--data", work.At("d.txt"), "--fields", "clean=a"], "--fields: expected a .jsonl or .csv file");
        Tool.Refuses(["patch", "--model", "demo", "--data", work.At("d.txt"), "--metric", "kl"], "d.txt, line 1: expected a corrupted prompt");
        Tool.Refuses(["run", "--model", "demo", "--data", work.Put("e.txt", "\n\n")], "e.txt: expected at least one row, found none");
    }

    [Theory]
    [InlineData("d.jsonl", "{\"prompt\": \"Mary met\"}")]
    [InlineData("d.csv", "prompt\nMary met\n")]
    public void A_prompt_is_a_name_of_the_clean_prompt(string name, string content)
    {
        using var work = new Workspace();
        Outcome outcome = Tool.Demo("run", "--data", work.Put(name, content), "--json").Succeeded();
        Assert.Equal(Tool.Demo("run", "--prompt", "Mary met", "--json").Output, outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Two_names_of_one_field_are_refused_unless_one_is_named()
    {
        using var work = new Workspace();
        string data = work.Put("d.csv", "prompt,clean\nMary met,Anna saw\n");
        Tool.Refuses(["run", "--model", "demo", "--data", data], "d.csv, line 2: expected clean or prompt", "--fields clean=COLUMN");
        Outcome outcome = Tool.Demo("run", "--data", data, "--fields", "clean=prompt", "--json").Succeeded();
        Assert.Equal(Tool.Demo("run", "--prompt", "Mary met", "--json").Output, outcome.Output);
        Assert.Contains("d.csv: fields that interp does not read: clean", outcome.Error, StringComparison.Ordinal);
    }

    // Of several answers the metric is the mean over them; the single ones are read in calls of their own. Float64 sums of two: 1e-12.
    [Theory]
    [InlineData("d.jsonl", "{\"clean\": \"Mary met John . Mary\", \"answers\": [\"met\", \"saw\", \"John\"]}")]
    [InlineData("d.csv", "clean,answers\nMary met John . Mary,\"[\"\"met\"\", \"\"saw\"\", \"\"John\"\"]\"\n")]
    public void Several_answers_are_texts_and_the_metric_is_their_mean(string name, string content)
    {
        using var work = new Workspace();
        double expected = new[] { "met", "saw", "John" }.Average(answer => Clean("--prompt", "Mary met John . Mary", "--answer", answer));
        Assert.Equal(expected, Clean("--data", work.Put(name, content)), 1e-12);

        static double Clean(params string[] input) => Tool.Demo("ablate", [.. input, .. Ablate]).Rows[0].GetProperty("clean").GetDouble();
    }

    [Theory]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"answers\": \"met\"}", "answers: expected an array of texts")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"answers\": []}", "answers: expected an array of texts")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"answers\": [\"met\", 5]}", "answers: expected an array of texts")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"answers\": [\"met\", \"met saw\"]}", "answer 'met saw' is 2 tokens")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"answers\": [\"met\"], \"answer\": \"met\"}", "expected answer or answers, found both")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"wrongs\": [\"met\"], \"wrong_tokens\": [5]}", "expected wrongs or wrong_tokens, found both")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary\", \"above\": 5, \"answers\": [\"met\"]}", "expected above or answers, found both")]
    [InlineData("d.csv", "clean,answers\nMary,met|saw\n", "line 2: answers: expected a JSON array of texts", "found 'met|saw'")]
    [InlineData("d.csv", "clean,answer_token\nMary,5 6\n", "line 2: answer_token: expected one id, found 2")]
    public void Answers_of_another_form_are_refused(string name, string content, params string[] words)
    {
        using var work = new Workspace();
        Tool.Refuses(["ablate", "--model", "demo", "--data", work.Put(name, content)], words);
    }

    [Theory]
    [InlineData(",clean,corrupted,corrupted_hard,correct_idx,incorrect_idx\n1,Mary met,Anna met,Tom met,5,6\n", "--fields answer_token=correct_idx,wrong_token=incorrect_idx")]
    [InlineData("clean,corrupted,label\nMary met,Anna met,52\n", "--fields above=label")]
    public void Answers_in_columns_of_others_are_refused_with_what_reads_them(string content, string fields)
    {
        using var work = new Workspace();
        string data = work.Put("d.csv", content);
        foreach (string command in new[] { "patch", "ablate", "knockout", "decompose", "lens", "flow" })
        {
            Tool.Refuses([command, "--model", "demo", "--data", data], "d.csv: expected answers", fields);
        }

        // What needs no answers reads the prompts, and says what it leaves.
        Assert.Contains("fields that interp does not read", Tool.Demo("run", "--data", data).Succeeded().Error, StringComparison.Ordinal);
        Tool.Demo("patch", "--data", data, "--metric", "kl").Succeeded();
    }

    [Fact]
    public void Ids_of_named_columns_are_told_as_words_of_this_model()
    {
        using var work = new Workspace();
        string data = work.Put("d.csv", "clean,corrupted,correct_idx,incorrect_idx\nMary met,Anna met,5,6\n");
        Outcome outcome = Tool.Demo("patch", "--data", data, "--fields", "answer_token=correct_idx,wrong_token=incorrect_idx", "--json").Succeeded();
        string[] words = [.. new[] { 5, 6 }.Select(Runtime.DemoModel.Create().TokenText)];
        Assert.Contains($"the first row's answer is '{words[0]}' (id 5) and its wrong token '{words[1]}' (id 6)", outcome.Error, StringComparison.Ordinal);
    }

    // A pipe can be read once: whoever hashes the file again finds another one, or waits for ever.
    [Fact]
    public async Task The_recorded_hash_is_of_the_bytes_that_were_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are no files there");
        using var work = new Workspace();
        string pipe = work.At("d.jsonl"), file = work.At("a.arrow");
        using (var made = Process.Start("mkfifo", pipe))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string source = work.Put("source", "{\"clean\": \"Mary met\", \"answer\": \"met\"}\n");
        using var writer = Process.Start("sh", ["-c", $"cat '{source}' > '{pipe}'"]);
        Outcome outcome = await Task.Run(() => Tool.Demo("ablate", "--data", pipe, "--out", file))
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        outcome.Succeeded();
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(source))), ResultFile.Read(file).Metadata[ResultMetadata.DataSha256]);
    }
}
