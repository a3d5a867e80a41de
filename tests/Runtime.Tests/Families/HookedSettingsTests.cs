using System.Numerics.Tensors;
using Interp.Runtime.Families;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Families;

/// <summary>
/// Settings of TransformerLens' format against their definitions in float64, from the values at the hook points before them. Tolerance 1e-5 of scores and
/// logits around 1 to 10: a dot product of 8 or 16 numbers in float32.
/// </summary>
public sealed class HookedSettingsTests
{
    private const int Layers = 2, Heads = 2, Head = 8, Width = 16, Vocabulary = 20, Context = 24;
    private static readonly int[] Tokens = [3, 7, 1, 19, 0, 12, 7, 4, 15, 9];

    [Theory]
    [InlineData(""" "attn_scores_soft_cap":1.5 """, 1.5, false)]
    [InlineData(""" "scale_attn_by_inverse_layer_idx":true """, null, true)]
    [InlineData(""" "scale_attn_by_inverse_layer_idx":true,"attn_scores_soft_cap":0.5 """, 0.5, true)]
    public void Scores_are_scaled_by_layer_and_capped(string settings, double? cap, bool byLayer)
    {
        TransformerModel model = Create(settings);
        RunResult run = model.Run(Tokens, new RunOptions { Observe = ["blocks.*.attn.hook_q", "blocks.*.attn.hook_k", "blocks.*.attn.hook_attn_scores"] });
        for (int layer = 0; layer < Layers; layer++)
        {
            (float[] q, float[] k) = (Values(run, $"blocks.{layer}.attn.hook_q"), Values(run, $"blocks.{layer}.attn.hook_k"));
            float[] scores = Values(run, $"blocks.{layer}.attn.hook_attn_scores");
            for (int head = 0; head < Heads; head++)
            {
                for (int i = 0; i < Tokens.Length; i++)
                {
                    for (int j = 0; j <= i; j++)
                    {
                        double dot = Enumerable.Range(0, Head).Sum(x =>
                            (double)q[(((i * Heads) + head) * Head) + x] * k[(((j * Heads) + head) * Head) + x]);
                        double score = dot / Math.Sqrt(Head) / (byLayer ? layer + 1 : 1);
                        double expected = cap is { } c ? c * Math.Tanh(score / c) : score;
                        Assert.Equal(expected, scores[(((head * Tokens.Length) + i) * Tokens.Length) + j], 1e-5);
                    }
                }
            }
        }
    }

    [Fact]
    public void Logits_are_capped_and_their_number_is_d_vocab_out()
    {
        float[] plain = Logits(Create(""" "d_vocab_out":3 """, outputs: 3));
        TransformerModel capped = Create(""" "d_vocab_out":3,"output_logits_soft_cap":2 """, outputs: 3);
        Assert.Equal(3 * Tokens.Length, plain.Length);
        float[] found = Logits(capped);
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(2 * Math.Tanh(plain[i] / 2.0), found[i], 1e-6);
        }

        Assert.Equal((20, 3), (capped.Config.DVocab, capped.Config.DVocabOut));
        Refused.With(() => capped.Generate(new TokenBatch([Tokens])), "3 outputs (d_vocab_out)");
        Assert.Equal(20, Create(""" "d_vocab_out":-1 """).Config.DVocabOut);
    }

    // The unembedding's columns one by one: what is asked of some outputs are the bits of all.
    [Fact]
    public void More_outputs_than_tokens_are_outputs_too()
    {
        TransformerModel model = Create(""" "d_vocab_out":31 """, outputs: 31);
        RunResult run = model.Run(Tokens, new RunOptions { Observe = ["unembed.hook_in"] });
        float[] stream = Values(run, "unembed.hook_in"), column = new float[Width];
        for (int output = 0; output < 31; output++)
        {
            model.Weights.Unembed.CopyOutput(output, column);
            for (int p = 0; p < Tokens.Length; p++)
            {
                double expected = Enumerable.Range(0, Width).Sum(x => (double)stream[(p * Width) + x] * column[x]) + model.Weights.Unembed.Bias[output];
                Assert.Equal(expected, run.LogitsAt(0, p)[output], 1e-5);
            }
        }
    }

    // Grattafiori et al. 2024: by the wavelength, frequencies are kept, divided, or between.
    [Fact]
    public void Ntk_by_parts_is_that_of_its_definition()
    {
        RotaryConfig rotary = Create(
            """
            "positional_embedding_type":"rotary","rotary_dim":8,"rotary_base":10000,"use_NTK_by_parts_rope":true,"NTK_by_parts_low_freq_factor":1.5,
            "NTK_by_parts_high_freq_factor":3,"NTK_by_parts_factor":5,"NTK_original_ctx_len":400
            """).Config.Rotary!;
        float[] found = rotary.InverseFrequencies(1);
        for (int i = 0; i < 4; i++)
        {
            double plain = Math.Pow(10000, -i / 4.0), turns = 400 * plain / (2 * Math.PI), smooth = (turns - 1.5) / 1.5;
            double expected = turns < 1.5 ? plain / 5 : turns > 3 ? plain : ((1 - smooth) * plain / 5) + (smooth * plain);
            Assert.Equal(1, found[i] / expected, 1e-6);
        }

        RotaryScaling usual = Create(""" "positional_embedding_type":"rotary","use_NTK_by_parts_rope":true """).Config.Rotary!.Scaling!;
        Assert.Equal((8, 8192, 1, 4), (usual.Factor, usual.OriginalContext, usual.LowFrequencyFactor, usual.HighFrequencyFactor));
        Refused.With(
            () => Create(""" "positional_embedding_type":"rotary","use_NTK_by_parts_rope":true,"NTK_by_parts_high_freq_factor":1 """),
            "use_NTK_by_parts_rope", "NTK_by_parts_high_freq_factor");
    }

    [Fact]
    public void Attention_sees_both_sides_or_a_window_where_the_settings_say_so()
    {
        Assert.Equal((10, 10), Seen(Create(""" "attention_dir":"bidirectional" """), 0));
        TransformerModel local = Create(""" "use_local_attn":true,"window_size":3,"attn_types":["global","local"] """);
        Assert.Equal((1, 10), Seen(local, 0));
        Assert.Equal((1, 3), Seen(local, 1));
        Refused.With(
            () => Create(""" "use_local_attn":true,"window_size":3,"attn_types":["global"] """), "use_local_attn", "2 attn_types");
    }

    // How many positions the first and the last one attend to.
    private static (int First, int Last) Seen(TransformerModel model, int layer)
    {
        string name = $"blocks.{layer}.attn.hook_pattern";
        float[] pattern = Values(model.Run(Tokens, new RunOptions { Observe = [name] }), name);
        return (pattern[..Tokens.Length].Count(p => p > 0),
            pattern[((Tokens.Length - 1) * Tokens.Length)..(Tokens.Length * Tokens.Length)].Count(p => p > 0));
    }

    private static float[] Values(RunResult run, string hook)
    {
        Tensor<float> values = run.Cache(0)[hook];
        return [.. values];
    }

    private static float[] Logits(TransformerModel model)
    {
        RunResult run = model.Run(Tokens);
        return [.. Enumerable.Range(0, Tokens.Length).SelectMany(p => run.LogitsAt(0, p).ToArray())];
    }

    private static TransformerModel Create(string settings, int outputs = Vocabulary)
    {
        var random = new Random(5);
        List<NamedTensor> tensors =
        [
            Tensor("embed.W_E", Vocabulary, Width), Tensor("unembed.W_U", Width, outputs), Tensor("unembed.b_U", outputs),
            Tensor("ln_final.w", Width), Tensor("ln_final.b", Width),
        ];
        if (!settings.Contains("rotary", StringComparison.Ordinal))
        {
            tensors.Add(Tensor("pos_embed.W_pos", Context, Width));
        }

        for (int l = 0; l < Layers; l++)
        {
            string at = $"blocks.{l}.";
            tensors.AddRange(
            [
                Tensor(at + "ln1.w", Width), Tensor(at + "ln1.b", Width), Tensor(at + "attn.W_Q", Heads, Width, Head),
                Tensor(at + "attn.W_K", Heads, Width, Head), Tensor(at + "attn.W_V", Heads, Width, Head), Tensor(at + "attn.W_O", Heads, Head, Width),
                Tensor(at + "attn.b_Q", Heads, Head), Tensor(at + "attn.b_K", Heads, Head), Tensor(at + "attn.b_V", Heads, Head),
                Tensor(at + "attn.b_O", Width),
            ]);
        }

        var config = ConfigReader.Parse("config.json", $$"""
            {"model_type":"hooked_transformer","n_layers":{{Layers}},"d_model":{{Width}},"n_ctx":{{Context}},"d_head":{{Head}},"n_heads":{{Heads}},
            "d_vocab":{{Vocabulary}},"attn_only":true,"act_fn":"relu","normalization_type":"LN",{{settings}}}
            """);
        return TransformerModel.Create(config, new InMemoryWeights("test", tensors));

        NamedTensor Tensor(string name, params int[] shape) => NamedTensor.Float(
            name, shape, Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => (float)((2 * random.NextDouble()) - 1)).ToArray());
    }
}
