using Interp.Tests;

namespace Interp.Cli.Tests.Input;

/// <summary>Token types and pairs of sentences, against logits that transformers recorded for BERT.</summary>
public sealed class TokenTypeTests
{
    // What transformers and interp may differ by in float32, relative to the largest logit (P2).
    private const double Tolerance = 1e-5;

    private static string Bert => Fixtures.Require("hf/bert");

    [Fact]
    public void Logits_are_those_of_the_reference_with_these_types()
    {
        using var expected = Expected.Open("hf", "bert", "expected.safetensors");
        int[][] tokens = expected.Rows("input_ids"), types = expected.Rows("token_type_ids");
        string[] input = [.. tokens.Zip(types).SelectMany(p => new[] { "--tokens", Ids(p.First), "--token-types", Ids(p.Second) })];
        using var work = new Workspace();
        string lines = work.Put("d.jsonl", string.Join('\n', tokens.Zip(types).Select(p =>
            $$"""{"clean_tokens": [{{string.Join(',', p.First)}}], "clean_token_types": [{{string.Join(',', p.Second)}}]}""")));
        string table = work.Put("d.csv", "clean_tokens,clean_token_types\n" + string.Concat(tokens.Zip(types).Select(p => $"{Ids(p.First)},{Ids(p.Second)}\n")));
        foreach (string[] given in new[] { input, ["--data", lines], ["--data", table] })
        {
            Outcome outcome = Tool.Run(["run", "--model", Bert, .. given, "--pos", "-1", "--top-k", "5", "--json"]);
            Assert.Equal(3 * 5, outcome.Rows.Length);
            foreach (var row in outcome.Rows)
            {
                float[] logits = expected.Floats("ref_logits", row.GetProperty("prompt").GetInt32(), 15);
                Assert.Equal(
                    logits[row.GetProperty("top_id").GetInt32()], row.GetProperty("logit").GetDouble(), Tolerance * logits.Max(Math.Abs));
            }
        }

        // Without its types the first prompt is another one.
        Outcome plain = Tool.Run("run", "--model", Bert, "--tokens", Ids(tokens[0]), "--top-k", "1", "--json");
        float[] other = expected.Floats("ref_logits", 0, 15);
        Assert.NotInRange(
            plain.Rows[0].GetProperty("logit").GetDouble() - other[plain.Rows[0].GetProperty("top_id").GetInt32()], -0.001, 0.001);
    }

    [Theory]
    [InlineData("lanes")]
    [InlineData("naive")]
    public void Sweeps_run_prompts_with_their_types(string engine)
    {
        using var expected = Expected.Open("hf", "bert", "expected.safetensors");
        string tokens = Ids(expected.Rows("input_ids")[0]), types = Ids(expected.Rows("token_type_ids")[0]);
        float[] logits = expected.Floats("ref_logits", 0, 15);
        string zeros = string.Join(' ', Enumerable.Repeat(0, 16));

        // The corrupted prompt has the same tokens, all in one segment.
        Outcome outcome = Tool.Run(
            "patch", "--model", Bert, "--clean-tokens", tokens, "--token-types", types, "--corrupted-tokens", tokens, "--corrupted-token-types", zeros,
            "--answer-token", "7", "--wrong-token", "9", "--sites", "resid_pre", "--layers", "0", "--by", "layer", "--engine", engine, "--json");
        var row = Assert.Single(outcome.Rows);
        double clean = (double)logits[7] - logits[9];
        Assert.Equal(clean, row.GetProperty("clean").GetDouble(), 2 * Tolerance * logits.Max(Math.Abs));
        Assert.Equal(row.GetProperty("clean").GetDouble(), row.GetProperty("patched").GetDouble());
        Assert.NotEqual(row.GetProperty("clean").GetDouble(), row.GetProperty("corrupted").GetDouble());
    }

    [Fact]
    public void Two_sentences_are_framed_and_typed_as_BERT_reads_them()
    {
        using var work = new Workspace();
        string model = PutBert(work);

        // [CLS] = 2, [SEP] = 3, then the words.
        string byIds = Run("--tokens", "2 10 11 3 12 13 14 3", "--token-types", "0 0 0 0 1 1 1 1");
        Assert.Equal(byIds, Run("--prompt", "w10 w11", "--pair", "w12 w13 w14"));
        Assert.Equal(byIds, Run("--data", work.Put("d.jsonl", """{"prompt": "w10 w11", "clean_pair": "w12 w13 w14"}""")));
        Assert.Equal(byIds, Run("--data", work.Put("d.csv", "clean,clean_pair\nw10 w11,w12 w13 w14\n")));
        Assert.NotEqual(byIds, Run("--tokens", "2 10 11 3 12 13 14 3"));

        string Run(params string[] input) => Tool.Run(["run", "--model", model, .. input, "--json"]).Succeeded().Output;
    }

    [Fact]
    public void Every_command_that_reads_prompts_takes_types()
    {
        using var work = new Workspace();
        string model = PutBert(work), data = work.Put(
            "d.jsonl",
            """{"clean": "w10 w11", "clean_pair": "w12", "corrupted": "w10 w15", "corrupted_pair": "w12", "answer_token": 20, "wrong_token": 21}""");
        string types = work.Put(
            "t.jsonl",
            """{"clean_tokens": [2, 10, 11, 3, 12, 3], "clean_token_types": [0, 0, 0, 0, 1, 1], "corrupted_tokens": [2, 10, 15, 3, 12, 3], """
            + "\"corrupted_token_types\": [0, 0, 0, 0, 1, 1], \"answer_token\": 20, \"wrong_token\": 21}");
        string none = work.Put(
            "n.jsonl", """{"clean_tokens": [2, 10, 11, 3, 12, 3], "corrupted_tokens": [2, 10, 15, 3, 12, 3], "answer_token": 20, "wrong_token": 21}""");
        foreach (string[] command in new[]
                 {
                     ["run"], ["decompose"], ["lens"], ["flow"], ["heads"], ["patch"], ["ablate"], ["knockout"],
                     new[] { "path", "--from", "heads", "--to", "logits" },
                 })
        {
            string paired = Rows(data);
            Assert.Equal(paired, Rows(types));
            Assert.NotEqual(paired, Rows(none));

            string Rows(string file) => Tool.Run([.. command, "--model", model, "--data", file, "--json"]).Succeeded().Output;
        }
    }

    [Fact]
    public void The_prompts_that_are_kept_have_their_types()
    {
        using var work = new Workspace();
        string folder = work.At("results");
        Tool.Run("lens", "--model", PutBert(work), "--prompt", "w10", "--pair", "w12", "--out", folder).Succeeded();
        var prompts = Export.ResultFile.Read(Path.Combine(folder, "prompts.arrow"));
        Assert.Equal([0, 0, 0, 1, 1], prompts.Values("token_type"));
    }

    [Theory]
    [InlineData("demo", "--token-types", "0 0 0", "--token-types: this model has no token types")]
    [InlineData("demo", "--pair", "John", "--pair: this model has no token types (segments) to tell a second sentence by")]
    [InlineData("bert", "--token-types", "0 0 0", "--token-types: expected one for each of the 4 tokens, found 3")]
    [InlineData("bert", "--token-types", "0 0 2 0", "--token-types: expected 0..1, found 2")]
    [InlineData("bert", "--token-types", "0 0 x 0", "--token-types: expected a whole number, found 'x'")]
    public void What_a_model_does_not_have_is_refused_by_name(string model, string option, string value, string words)
    {
        using var work = new Workspace();
        string path = model == "bert" ? PutBert(work) : model;
        Tool.Refuses(["run", "--model", path, "--prompt", model == "bert" ? "w10 w11" : "Mary met", option, value], words);
    }

    [Fact]
    public void What_does_not_belong_together_is_refused()
    {
        using var work = new Workspace();
        string model = PutBert(work);
        Tool.Refuses(["run", "--model", model, "--tokens", "2 3", "--pair", "w10"], "--pair", "--tokens");
        Tool.Refuses(["run", "--model", model, "--prompt", "w10", "--pair", "w10", "--token-types", "0"], "--pair", "--token-types");
        Tool.Refuses(["run", "--model", model, "--prompt", "w10", "--prompt", "w11", "--pair", "w10"], "--pair: expected 2 of them");
        Tool.Refuses(["run", "--model", model, "--data", work.Put("d.txt", "w10"), "--pair", "w10"], "--pair: with --data");
        Tool.Refuses(
            ["run", "--model", model, "--data", work.Put("d.jsonl", """{"clean_tokens": [2, 3], "clean_pair": "w10"}""")],
            "d.jsonl, line 1: expected clean_pair or clean_tokens");
    }

    // The fixture's weights with a vocabulary of words; ids as in Google's files.
    private static string PutBert(Workspace work)
    {
        string folder = Directory.CreateDirectory(work.At("bert")).FullName;
        foreach (string name in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(Bert, name), Path.Combine(folder, name));
        }

        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(5, 94).Select(i => $"w{i}")];
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', words) + "\n");
        return folder;
    }

    private static string Ids(int[] ids) => string.Join(' ', ids);
}
