using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Model;

/// <summary>What generation_config.json says: end tokens, rules that are obeyed, rules that are refused where something is generated.</summary>
public sealed class GenerationRulesTests : IDisposable
{
    private const string Fixture = "llama_mha_tied";
    private static readonly int[] Prompt = [3, 14, 15, 9, 2, 6];

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("""{"eos_token_id": 7}""", new[] { 7 })]
    [InlineData("""{"eos_token_id": [7, 29]}""", new[] { 7, 29 })]
    [InlineData("""{"eos_token_id": null}""", new[] { 2 })]
    [InlineData("""{"transformers_version": "4.44.2"}""", new[] { 2 })]
    [InlineData(null, new[] { 2 })]
    [InlineData("""{"eos_token_id": [7], "a_new_rule": 1}""", new[] { 7 })]
    public void The_end_tokens_are_those_of_the_file_or_else_of_config_json(string? settings, int[] expected) =>
        Assert.Equal(expected, Load(settings).Config.EosIds);

    [Fact]
    public void What_the_caller_chooses_is_not_taken_from_the_file()
    {
        IReadOnlyList<int> free = Generate(Load(null));
        Assert.Equal(free, Generate(Load("""
            {"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.8,"max_length":3,"max_new_tokens":2,"num_beams":4,"_from_model_config":true,
            "cache_implementation":"hybrid","repetition_penalty":1.0,"no_repeat_ngram_size":0,"bad_words_ids":null,"suppress_tokens":[],
            "forced_eos_token_id":null,"guidance_scale":1.0,"stop_strings":[],"bos_token_id":1,"pad_token_id":0,"eos_token_id":2}
            """)));
    }

    // Each rule once more, written from its definition: the greedy choice among the tokens that it leaves.
    [Theory]
    [InlineData("""{"suppress_tokens":[$]}""")]
    [InlineData("""{"begin_suppress_tokens":[$]}""")]
    [InlineData("""{"bad_words_ids":[[$],[6,11]]}""")]
    [InlineData("""{"repetition_penalty":1.7}""")]
    [InlineData("""{"no_repeat_ngram_size":1}""")]
    [InlineData("""{"no_repeat_ngram_size":2,"repetition_penalty":0.6}""")]
    [InlineData("""{"min_new_tokens":4,"eos_token_id":[$]}""")]
    [InlineData("""{"min_length":9,"eos_token_id":[$]}""")]
    public void Rules_are_obeyed(string settings)
    {
        int first = Generate(Load(null))[Prompt.Length];
        string file = settings.Replace("$", $"{first}", StringComparison.Ordinal);
        TransformerModel model = Load(file);
        List<int> expected = [.. Prompt];
        for (int step = 0; step < 12; step++)
        {
            double[] logits = [.. model.Run(expected).LogitsAt(0, expected.Count - 1).ToArray().Select(x => (double)x)];
            foreach (int token in expected.Distinct())
            {
                double penalty = file.Contains("1.7", StringComparison.Ordinal) ? 1.7 : file.Contains("0.6", StringComparison.Ordinal) ? 0.6 : 1;
                logits[token] = logits[token] < 0 ? logits[token] * penalty : logits[token] / penalty;
            }

            HashSet<int> forbidden = [];
            int size = file.Contains("size\":1", StringComparison.Ordinal) ? 1 : file.Contains("size\":2", StringComparison.Ordinal) ? 2 : 0;
            for (int i = 0; size > 0 && i + size <= expected.Count; i++)
            {
                if (expected.Skip(i).Take(size - 1).SequenceEqual(expected.TakeLast(size - 1)))
                {
                    forbidden.Add(expected[i + size - 1]);
                }
            }

            bool early = (file.Contains("min_new", StringComparison.Ordinal) && step < 4) || (file.Contains("min_length", StringComparison.Ordinal) && expected.Count < 9);
            if (early || file.Contains("\"suppress", StringComparison.Ordinal) || file.Contains("bad_words", StringComparison.Ordinal)
                || (file.Contains("begin", StringComparison.Ordinal) && step == 0))
            {
                forbidden.Add(first);
            }

            if (file.Contains("bad_words", StringComparison.Ordinal) && expected[^1] == 6)
            {
                forbidden.Add(11);
            }

            int next = Enumerable.Range(0, logits.Length).Where(t => !forbidden.Contains(t)).MaxBy(t => logits[t]);
            if (model.Config.EosIds.Contains(next))
            {
                break;
            }

            expected.Add(next);
        }

        IReadOnlyList<int> found = Generate(model);
        Assert.Equal(expected, found);
        Assert.NotEqual(Generate(Load(null)), found);
        Assert.NotEmpty(model.Generation.InForce);

        // A caller's own rules go before the file's; the end tokens are the caller's in any case.
        Assert.Equal(file.Contains("eos", StringComparison.Ordinal) ? Prompt : Generate(Load(null)), Generate(model, new GenerationRules()));
    }

    [Theory]
    [InlineData("""{"sequence_bias":[[[1],2.0]]}""", "sequence_bias", "not supported")]
    [InlineData("""{"forced_bos_token_id":3}""", "forced_bos_token_id")]
    [InlineData("""{"forced_eos_token_id":3}""", "forced_eos_token_id")]
    [InlineData("""{"guidance_scale":1.5}""", "guidance_scale")]
    [InlineData("""{"stop_strings":["x"]}""", "stop_strings")]
    [InlineData("""{"token_healing":true}""", "token_healing")]
    [InlineData("""{"encoder_no_repeat_ngram_size":2}""", "encoder_no_repeat_ngram_size")]
    [InlineData("""{"exponential_decay_length_penalty":[3,1.1]}""", "exponential_decay_length_penalty")]
    [InlineData("""{"repetition_penalty":0}""", "repetition_penalty: expected a number above 0, found 0")]
    [InlineData("""{"bad_words_ids":[3]}""", "bad_words_ids: expected a list of lists")]
    [InlineData("""{"repetition_penaltie":1.2}""", "'repetition_penaltie'", "nearest", "'repetition_penalty'")]
    [InlineData("""{"eos_token_id":"x"}""", "eos_token_id: expected an integer")]
    [InlineData("""{""", "generation_config.json: not valid JSON")]
    public void Rules_that_are_not_built_are_refused_where_something_is_generated(string settings, params string[] words)
    {
        TransformerModel model = Load(settings);
        model.Run(Prompt);
        Refused.With(() => Generate(model), ["generation_config.json", .. words]);
    }

    [Fact]
    public void Old_checkpoints_have_their_rules_in_config_json()
    {
        string config = File.ReadAllText(Path.Combine(Fixtures.Require("hf/" + Fixture), "config.json"));
        directory.Put("config.json", config.TrimEnd()[..^1] + ",\"repetition_penalty\":1.3,\"task_specific_params\":{\"x\":{\"min_length\":9}}}");
        Assert.Equal(["repetition_penalty 1.3"], Load(null, config: false).Generation.InForce);
        Assert.Empty(Load("""{"eos_token_id":2}""", config: false).Generation.InForce);
    }

    private static IReadOnlyList<int> Generate(TransformerModel model, GenerationRules? rules = null) => model.Generate(
        new TokenBatch([Prompt]), new GenerateOptions { MaxNewTokens = 12, StopTokens = model.Config.EosIds, Rules = rules })[0];

    private TransformerModel Load(string? settings, bool config = true)
    {
        string folder = Fixtures.Require("hf/" + Fixture);
        if (!File.Exists(directory.At("model.safetensors")))
        {
            File.Copy(Path.Combine(folder, "model.safetensors"), directory.At("model.safetensors"));
        }

        if (config)
        {
            File.Copy(Path.Combine(folder, "config.json"), directory.At("config.json"), overwrite: true);
        }

        File.Delete(directory.At("generation_config.json"));
        if (settings is not null)
        {
            directory.Put("generation_config.json", settings);
        }

        return TransformerModel.Load(directory.FullPath);
    }
}
