using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Tests.Reference;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Families;

/// <summary>
/// Falcon's variants that have no reference numbers, against families and variants that do: the same weights under the other
/// names have to give the same logits.
/// </summary>
public sealed class FalconVariantsTests
{
    private const int Width = 32, Heads = 4, Vocabulary = 19, Mlp = 4 * Width;

    [Fact]
    public void Heads_of_their_own_one_part_after_the_other_are_gpt_neox_with_whole_rotary()
    {
        TransformerModel falcon = Create(
            Settings(""" "multi_query": false, "parallel_attn": false, "bias": true, "tie_word_embeddings": false """),
            Tensors(3 * Width, ["input_layernorm", "post_attention_layernorm"], biases: true));
        TransformerModel neox = Create(
            $$"""
            {"model_type": "gpt_neox", "hidden_size": {{Width}}, "num_attention_heads": {{Heads}}, "num_hidden_layers": 2,
             "intermediate_size": {{Mlp}}, "vocab_size": {{Vocabulary}}, "max_position_embeddings": 2048, "rotary_pct": 1.0,
             "use_parallel_residual": false}
            """,
            Tensors(3 * Width, ["input_layernorm", "post_attention_layernorm"], biases: true).Select(t => (NeoxName(t.Name), t.Shape)));
        SameLogits(falcon, neox);
    }

    [Fact]
    public void The_second_design_with_one_norm_and_one_key_value_head_is_the_first_with_multi_query()
    {
        const int Fused = Width + (2 * (Width / Heads));
        SameLogits(
            Create(
                Settings(""" "new_decoder_architecture": true, "num_kv_heads": 1, "num_ln_in_parallel_attn": 1 """),
                Tensors(Fused, ["input_layernorm"], biases: false)),
            Create(Settings(""" "multi_query": true """), Tensors(Fused, ["input_layernorm"], biases: false)));
    }

    // Slope 2^-0.5 is 0.70703125 in bfloat16, position 259 is 260, their product 183.828 is 184; a quarter of it is 46.
    [Fact]
    public void Alibi_is_rounded_to_bfloat16_as_falcon_does()
    {
        float[] biases = PositionTables.RoundedAlibi(16, 260, 0.25f);
        Assert.Equal((0f, 0.70703125f / 4, 46f), (biases[0], biases[1], biases[259]));
    }

    // The reference is (q k + bias) / sqrt(d_head) in float64; slopes of 4 heads and positions below 256 are exact in bfloat16.
    // Tolerance 1e-5: a float32 product of 8 terms, and a score of up to 40.
    [Fact]
    public void Alibi_is_scaled_like_the_product_of_query_and_key()
    {
        TransformerModel model = Create(
            Settings(""" "alibi": true, "multi_query": false, "parallel_attn": false """),
            Tensors(3 * Width, ["input_layernorm", "post_attention_layernorm"], biases: false));
        ActivationCache cache = model.Run(
            RandomModel.Tokens(40, 2, Vocabulary), new RunOptions { Observe = [Hook.Q(0), Hook.K(0), Hook.AttnScores(0)] }).Cache();
        for (int h = 0; h < Heads; h++)
        {
            ReadOnlySpan<float> found = cache.Row(Hook.AttnScores(0), 39, h);
            for (int key = 0; key < 40; key++)
            {
                double score = key * Math.Pow(2, -2 * (h + 1));
                for (int i = 0; i < Width / Heads; i++)
                {
                    score += (double)cache.Row(Hook.Q(0), 39, h)[i] * cache.Row(Hook.K(0), key, h)[i];
                }

                Assert.Equal(score / Math.Sqrt(Width / Heads), found[key], 1e-5);
            }
        }
    }

    [Fact]
    public void Alibi_continues_from_the_cache_with_the_logits_of_the_whole_run()
    {
        TransformerModel model = Create(
            Settings(""" "alibi": true """), Tensors(Width + (2 * (Width / Heads)), ["input_layernorm"], biases: false));
        int[] tokens = RandomModel.Tokens(12, 3, Vocabulary);
        var cache = new KeyValueCache(model.Config, 1);
        float[] first = model.Forward(new TokenBatch([tokens[..7]]), default(NoHooks), cache);
        float[] second = model.Forward(new TokenBatch([tokens[7..]]), default(NoHooks), cache);
        float[] continued = [.. first, .. second];
        Assert.Equal(model.Forward(new TokenBatch([tokens]), default(NoHooks)), continued);
    }

    private static void SameLogits(TransformerModel one, TransformerModel other)
    {
        int[] tokens = RandomModel.Tokens(11, 1, Vocabulary);
        Assert.Equal(HuggingFaceTests.Logits(one.Run(tokens), 0), HuggingFaceTests.Logits(other.Run(tokens), 0));
    }

    private static string Settings(string setting) =>
        $$"""
        {"model_type": "falcon", "hidden_size": {{Width}}, "num_attention_heads": {{Heads}}, "num_hidden_layers": 2,
         "vocab_size": {{Vocabulary}}, {{setting}}}
        """;

    private static TransformerModel Create(string settings, IEnumerable<(string Name, int[] Shape)> tensors)
    {
        var random = new Random(5);
        return TransformerModel.Create(
            ConfigReader.Parse("config.json", settings),
            new InMemoryWeights("falcon variant", tensors.Select(t => NamedTensor.Float(
                t.Name, t.Shape, Enumerable.Range(0, t.Shape.Aggregate(1, (a, b) => a * b))
                    .Select(_ => (random.NextSingle() - 0.5f) * 0.8f).ToArray())).ToArray()));
    }

    private static IEnumerable<(string Name, int[] Shape)> Tensors(int fused, string[] norms, bool biases)
    {
        (string Name, int Outputs, int Inputs)[] maps =
        [
            ("self_attention.query_key_value", fused, Width), ("self_attention.dense", Width, Width),
            ("mlp.dense_h_to_4h", Mlp, Width), ("mlp.dense_4h_to_h", Width, Mlp),
        ];
        yield return ("transformer.word_embeddings.weight", [Vocabulary, Width]);
        foreach (string norm in norms.SelectMany(n => new[] { "h.0." + n, "h.1." + n }).Append("ln_f"))
        {
            yield return ($"transformer.{norm}.weight", [Width]);
            yield return ($"transformer.{norm}.bias", [Width]);
        }

        foreach ((string name, int outputs, int inputs) in maps.SelectMany(
            m => new[] { m with { Name = "h.0." + m.Name }, m with { Name = "h.1." + m.Name } }))
        {
            yield return ($"transformer.{name}.weight", [outputs, inputs]);
            if (biases)
            {
                yield return ($"transformer.{name}.bias", [outputs]);
            }
        }

        if (biases)
        {
            yield return ("lm_head.weight", [Vocabulary, Width]);
        }
    }

    private static string NeoxName(string name) => name
        .Replace("transformer.word_embeddings", "gpt_neox.embed_in", StringComparison.Ordinal)
        .Replace("transformer.ln_f", "gpt_neox.final_layer_norm", StringComparison.Ordinal)
        .Replace("transformer.h.", "gpt_neox.layers.", StringComparison.Ordinal)
        .Replace("self_attention", "attention", StringComparison.Ordinal)
        .Replace("lm_head", "embed_out", StringComparison.Ordinal);
}
