using System.Security.Cryptography;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli.Tests.Input;

/// <summary>Files of prompts in the library: the same prompts as on the command line.</summary>
public sealed class PromptDataTests
{
    private static readonly TransformerModel Model = DemoModel.Create();

    private const string Row = """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met", "wrong": "saw", "subject": "John", "pos": -1}""";

    [Fact]
    public void A_file_gives_the_pairs_that_a_program_would_write()
    {
        PromptData data = PromptData.Read(File("a.jsonl", Row), Model);
        PromptPair pair = Assert.Single(data.Pairs);
        Assert.Equal(Model.Tokenize("Mary met John . Mary"), pair.Clean);
        Assert.Equal(Model.Tokenize("Anna met John . Mary"), pair.Corrupted);
        Assert.Equal([Model.Tokenize("met")[^1]], pair.Answers);
        Assert.Equal([Model.Tokenize("saw")[^1]], pair.Wrongs);
        Assert.Equal([-1], pair.MetricPositions);
        Assert.Equal("John", Model.TokenText(pair.Clean[Assert.Single(pair.Spans["subject"])]));
        Assert.Empty(data.LeftOut);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Row))), data.Sha256);
        Assert.NotEmpty(PatchingSweep.Run(Model, data.Pairs, new SweepOptions { Sites = ["z"] }));
    }

    [Fact]
    public void Corrupted_prompts_are_read_where_some_row_has_one()
    {
        string clean = """{"clean": "Mary met John . Mary", "answer": "met"}""";
        Assert.Empty(Assert.Single(PromptData.Read(File("a.jsonl", clean), Model).Pairs).Corrupted);
        Assert.Contains("line 2: expected a corrupted prompt", Error(File("b.jsonl", $"{Row}\n{clean}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_cannot_be_used_are_refused_or_left_out_by_name()
    {
        string path = File("a.jsonl", $"{Row}\n{{\"clean\": \"Mary met Zzz\", \"corrupted\": \"Anna met John\"}}");
        Assert.Contains("line 2", Error(path), StringComparison.Ordinal);
        PromptData data = PromptData.Read(path, Model, new PromptDataOptions { SkipBadRows = true });
        Assert.Single(data.Pairs);
        Assert.Contains("line 2", Assert.Single(data.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_of_other_names_are_named()
    {
        string path = File("a.csv", "text,next,other\nMary met John . Mary,met,1\n");
        PromptData data = PromptData.Read(path, Model, new PromptDataOptions { Fields = new Dictionary<string, string> { ["clean"] = "text", ["answer"] = "next" } });
        Assert.Equal([Model.Tokenize("met")[^1]], Assert.Single(data.Pairs).Answers);
        Assert.Equal(["other"], data.Unread);
    }

    private static string Error(string path) => Assert.Throws<InvalidInputException>(() => PromptData.Read(path, Model)).Message;

    private static string File(string name, string content)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }
}
