using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

/// <summary>Means by position are taken over positions that correspond: where they do not by number, the call says how they do.</summary>
public sealed class AlignmentTests
{
    // The second prompt is two tokens longer, and its subject stands two tokens later.
    private const string Short =
        """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met", "wrong": "saw", "subject": "John"}""";

    private const string Long =
        """{"clean": "Tom saw Anna . then Mary Tom", "corrupted": "John saw Anna . then Mary Tom", "answer": "saw", "wrong": "met", "subject": "then"}""";

    private static readonly string[] Sites = ["--sites", "resid_pre", "--layers", "0"];

    [Theory]
    [InlineData("patch", "--summary", "--json")]
    [InlineData("patch", "", "")]
    [InlineData("patch", "--out", "results")]
    [InlineData("patch", "--report", "page.html")]
    [InlineData("ablate", "--summary", "--json")]
    [InlineData("knockout", "--summary", "--json")]
    public void A_mean_over_positions_that_do_not_correspond_is_refused(string command, string option, string value)
    {
        using var work = new Workspace();
        string[] axes = command == "knockout" ? ["--by", "layer,pos"] : Sites;
        string[] output = [.. new[] { option, value is "results" or "page.html" ? work.At(value) : value }.Where(w => w.Length > 0)];
        Tool.Refuses(
            [command, "--model", "demo", "--data", Data(work), .. axes, .. output],
            "positions are told apart, and the prompts have 6 to 8 tokens", "--align end", "--align span", "--align start");
        Assert.Equal(["d.jsonl"], work.Entries);
    }

    [Fact]
    public void Rows_of_single_prompts_are_as_they_are_and_a_remark_says_so()
    {
        using var work = new Workspace();
        Outcome plain = Tool.Demo("patch", ["--data", Data(work), .. Sites, "--json"]).Succeeded();
        Assert.Contains("patching: positions are told apart, and the prompts have 6 to 8 tokens", plain.Error, StringComparison.Ordinal);
        Assert.Equal([6, 8], plain.Rows.GroupBy(r => r.GetProperty("prompt").GetInt32()).Select(g => g.Count()));
        foreach (string align in new[] { "start", "end", "span" })
        {
            Outcome aligned = Tool.Demo("patch", ["--data", Data(work), .. Sites, "--align", align, "--json"]).Succeeded();
            Assert.Equal(Effects(plain), Effects(aligned));
            Assert.Empty(aligned.Error);
        }

        static object[] Effects(Outcome outcome) =>
            [.. outcome.Rows.Select(r => (r.GetProperty("prompt").GetInt32(), r.GetProperty("pos").GetInt32(), r.GetProperty("effect").GetDouble())).Order()];
    }

    // The means are computed here from the rows of single prompts.
    [Theory]
    [InlineData("start")]
    [InlineData("end")]
    [InlineData("span")]
    public void Means_are_over_positions_that_are_aligned(string align)
    {
        using var work = new Workspace();
        string data = Data(work);
        Outcome rows = Tool.Demo("patch", ["--data", data, .. Sites, "--json"]);
        Outcome summary = Tool.Demo("patch", ["--data", data, .. Sites, "--align", align, "--summary", "--json"]).Succeeded();

        // Positions are those of 6 and 8 tokens with <bos>; the subjects are single tokens at 3 and 5.
        int[] lengths = [6, 8], subjects = [3, 5];
        Dictionary<string, double[]> expected = rows.Rows
            .GroupBy(r => Name(r.GetProperty("prompt").GetInt32(), r.GetProperty("pos").GetInt32()))
            .ToDictionary(g => g.Key, g => g.Select(r => r.GetProperty("effect").GetDouble()).ToArray());
        Assert.Equal(expected.Count, summary.Rows.Length);
        foreach (JsonElement row in summary.Rows)
        {
            string name = row.GetProperty("span").GetString() ?? row.GetProperty("pos").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(align == "start", row.GetProperty("pos").ValueKind == JsonValueKind.Number);
            Assert.Equal(expected[name].Length, row.GetProperty("n").GetInt32());
            Assert.Equal(expected[name].Average(), row.GetProperty("mean").GetDouble(), 1e-12);
        }

        string Name(int prompt, int position) => align switch
        {
            "start" => $"{position}",
            "end" => $"{position - lengths[prompt]}",
            _ => (position - subjects[prompt]) switch
            {
                0 => "subject:0",
                < 0 and var before => $"subject{before}",
                var behind => $"subject+{behind}",
            },
        };
    }

    [Fact]
    public void Sources_are_aligned_as_destinations_are()
    {
        using var work = new Workspace();
        Outcome summary = Tool.Demo(
            "ablate", "--data", Data(work), "--sites", "pattern", "--by", "layer,pos,src_pos", "--layers", "0", "--align", "end", "--summary", "--json");
        Assert.All(summary.Rows, r => Assert.Equal(JsonValueKind.Null, r.GetProperty("src_pos").ValueKind));

        // Causal: of 8 destinations from the end each sees those before it; both prompts have the last six.
        Assert.Equal(8 * 9 / 2, summary.Rows.Length);
        Assert.Equal(6 * 7 / 2, summary.Rows.Count(r => r.GetProperty("n").GetInt32() == 2));
        Assert.Contains(summary.Rows, r => (r.GetProperty("span").GetString(), r.GetProperty("src_span").GetString()) == ("-1", "-8"));
    }

    [Fact]
    public void Prompts_of_one_length_whose_spans_stand_elsewhere_do_not_line_up()
    {
        using var work = new Workspace();
        string data = work.Put("d.jsonl", $"{Short}\n{Short.Replace("\"subject\": \"John\"", "\"subject\": \".\"", StringComparison.Ordinal)}");
        Tool.Refuses(
            ["patch", "--model", "demo", "--data", data, .. Sites], "span 'subject' is at positions 3 of prompt 0 and at 4 of prompt 1");
        Tool.Demo("patch", ["--data", data, .. Sites, "--by", "layer"]).Succeeded();
        Tool.Demo("patch", ["--data", data, "--sites", "z"]).Succeeded();
        Assert.Empty(Tool.Demo("patch", ["--data", work.Put("e.jsonl", $"{Short}\n{Short}"), .. Sites, "--summary", "--json"]).Succeeded().Error);
    }

    [Fact]
    public void Groups_may_be_templates_and_are_told()
    {
        using var work = new Workspace();
        string[] rows = [.. new[] { "ABBA", "BABA" }.Select(g => Short.Replace("\"subject\": \"John\"", $"\"group\": \"{g}\"", StringComparison.Ordinal))];
        string data = work.Put("d.jsonl", string.Join('\n', rows));
        Assert.Contains(
            "positions are told apart over prompts of 2 groups (ABBA, BABA)", Tool.Demo("patch", ["--data", data, .. Sites]).Succeeded().Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sites z --align end", "align end: expected positions among what is told apart (--by layer,pos), found none")]
    [InlineData("--sites resid_pre --positions -1 --align end", "align: expected all positions, or positions that are listed")]
    [InlineData("--sites resid_pre --spans object --align span", "span 'object': no prompt has it; expected one of subject")]
    [InlineData("--sites resid_pre --align middle", "--align: expected one of start, end, span, found 'middle'")]
    public void An_alignment_that_says_nothing_is_refused(string options, string words)
    {
        using var work = new Workspace();
        Tool.Refuses(["patch", "--model", "demo", "--data", Data(work), .. options.Split(' ')], words);
    }

    private static string Data(Workspace work) => work.Put("d.jsonl", $"{Short}\n{Long}");
}
