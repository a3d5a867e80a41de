using System.Text.Json;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// Families, and settings of families, that no reference checkpoint has, against <see cref="PlainModel"/>. Tolerance 2e-5 +
/// 2e-5 |x|, as for Hugging Face's float64 values: float32 rounding through all layers.
/// </summary>
public sealed class PlainModelTests
{
    private const int Width = 24, Mlp = 40, Vocabulary = 37, Layers = 3, Heads = 4, KeyHeads = 2;

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public void Qwen3_gives_the_logits_of_the_plain_model(int? window) => Compare(
        "qwen3",
        10,
        new() { ["head_dim"] = 10, ["use_sliding_window"] = window is not null, ["sliding_window"] = window ?? 4, ["max_window_layers"] = 1 },
        [.. Dense(10), ("self_attn.q_norm.weight", [10]), ("self_attn.k_norm.weight", [10]), .. NormsBefore],
        w => new PlainModel(w)
        {
            Layers = Layers,
            Heads = Heads,
            KeyValueHeads = KeyHeads,
            HeadDim = 10,
            Rotary = 10,
            Theta = 5000,
            Epsilon = 1e-5,
            NormOfOneHead = true,
            Window = l => l >= 1 ? window : null,
        });

    [Fact]
    public void Olmo2_gives_the_logits_of_the_plain_model() => Compare(
        "olmo2",
        6,
        [],
        [
            .. Dense(6), ("self_attn.q_norm.weight", [Heads * 6]), ("self_attn.k_norm.weight", [KeyHeads * 6]),
            ("post_attention_layernorm.weight", [Width]), ("post_feedforward_layernorm.weight", [Width]),
        ],
        w => new PlainModel(w)
        {
            Layers = Layers,
            Heads = Heads,
            KeyValueHeads = KeyHeads,
            HeadDim = 6,
            Rotary = 6,
            Theta = 5000,
            Epsilon = 1e-5,
            NormOfOneHead = false,
            NormsAfter = true,
        });

    [Theory]
    [InlineData(4, 2, null)]
    [InlineData(3, 1, 4)]
    [InlineData(3, 3, null)]
    public void Mixtral_gives_the_logits_of_the_plain_model(int experts, int chosen, int? window) => Compare(
        "mixtral",
        6,
        new() { ["num_local_experts"] = experts, ["num_experts_per_tok"] = chosen, ["sliding_window"] = window },
        [
            .. Attention(6), .. NormsBefore, ("block_sparse_moe.gate.weight", [experts, Width]),
            .. Enumerable.Range(0, experts).SelectMany(e => new (string, int[])[]
            {
                ($"block_sparse_moe.experts.{e}.w1.weight", [Mlp, Width]), ($"block_sparse_moe.experts.{e}.w2.weight", [Width, Mlp]),
                ($"block_sparse_moe.experts.{e}.w3.weight", [Mlp, Width]),
            }),
        ],
        w => new PlainModel(w)
        {
            Layers = Layers,
            Heads = Heads,
            KeyValueHeads = KeyHeads,
            HeadDim = 6,
            Rotary = 6,
            Theta = 5000,
            Epsilon = 1e-5,
            ExpertsPerToken = chosen,
            Window = _ => window,
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StableLm_with_norms_of_heads_and_parallel_blocks_gives_the_logits_of_the_plain_model(bool parallel) => Compare(
        "stablelm",
        6,
        new() { ["qk_layernorm"] = true, ["use_parallel_residual"] = parallel, ["partial_rotary_factor"] = 0.7, ["layer_norm_eps"] = 1e-5 },
        [
            .. Dense(6), ("input_layernorm.weight", [Width]), ("input_layernorm.bias", [Width]),
            .. parallel ? [] : new[] { ("post_attention_layernorm.weight", new[] { Width }), ("post_attention_layernorm.bias", [Width]) },
            .. Enumerable.Range(0, Heads).Select(h => ($"self_attn.q_layernorm.norms.{h}.weight", new[] { 6 })),
            .. Enumerable.Range(0, KeyHeads).Select(h => ($"self_attn.k_layernorm.norms.{h}.weight", new[] { 6 })),
        ],
        w => new PlainModel(w)
        {
            Layers = Layers,
            Heads = Heads,
            KeyValueHeads = KeyHeads,
            HeadDim = 6,
            Rotary = 4,
            Theta = 5000,
            Epsilon = 1e-5,
            NormOfOneHead = true,
            LayerNorms = true,
            Parallel = parallel,
        },
        ("model.norm.bias", [Width]));

    private static (string, int[])[] NormsBefore =>
        [("input_layernorm.weight", [Width]), ("post_attention_layernorm.weight", [Width])];

    private static (string, int[])[] Attention(int head) =>
    [
        ("self_attn.q_proj.weight", [Heads * head, Width]), ("self_attn.k_proj.weight", [KeyHeads * head, Width]),
        ("self_attn.v_proj.weight", [KeyHeads * head, Width]), ("self_attn.o_proj.weight", [Width, Heads * head]),
    ];

    private static (string, int[])[] Dense(int head) =>
    [
        .. Attention(head), ("mlp.gate_proj.weight", [Mlp, Width]), ("mlp.up_proj.weight", [Mlp, Width]),
        ("mlp.down_proj.weight", [Width, Mlp]),
    ];

    private static void Compare(
        string family,
        int head,
        Dictionary<string, object?> settings,
        (string Name, int[] Shape)[] block,
        Func<IReadOnlyDictionary<string, (int[] Shape, float[] Values)>, PlainModel> plain,
        params (string, int[])[] more)
    {
        Dictionary<string, object?> config = new()
        {
            ["model_type"] = family,
            ["hidden_size"] = Width,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KeyHeads,
            ["num_hidden_layers"] = Layers,
            ["intermediate_size"] = Mlp,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = 64,
            ["rope_theta"] = 5000,
            ["rms_norm_eps"] = 1e-5,
        };
        foreach ((string name, object? value) in settings)
        {
            config[name] = value;
        }

        if (settings.ContainsKey("layer_norm_eps"))
        {
            config.Remove("rms_norm_eps");
        }

        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            (string Name, int[] Shape)[] tensors =
            [
                ("model.embed_tokens.weight", [Vocabulary, Width]), ("model.norm.weight", [Width]),
                ("lm_head.weight", [Vocabulary, Width]), .. more,
                .. Enumerable.Range(0, Layers).SelectMany(l => block.Select(t => ($"model.layers.{l}.{t.Name}", t.Shape))),
            ];
            Dictionary<string, (int[] Shape, float[] Values)> weights =
                tensors.ToDictionary(t => t.Name, t => (t.Shape, Values(random, t.Shape)));
            TransformerModel model = TransformerModel.Create(
                ConfigReader.Parse(family, JsonSerializer.Serialize(config)),
                new InMemoryWeights(family, weights.Select(w => NamedTensor.Float(w.Key, w.Value.Shape, w.Value.Values))));
            Assert.Equal(head, model.Config.DHead);
            int[] tokens = RandomModel.Tokens(14, seed, Vocabulary);
            double[][] expected = plain(weights).Logits(tokens);
            RunResult run = model.Run(tokens);
            for (int p = 0; p < tokens.Length; p++)
            {
                Close.Assert([.. expected[p].Select(x => (float)x)], run.LogitsAt(0, p), 2e-5, 2e-5, $"{family} {seed} at {p}");
            }

            OnnxExportTests.Compare(model, [tokens, tokens[..5]]);
            CheckReimport(model, JsonSerializer.Serialize(config));
        }
    }

    private static void CheckReimport(TransformerModel model, string config)
    {
        using var work = new TemporaryDirectory();
        string path = work.At("model.onnx");
        OnnxExport.Write(model, path);
        work.Put("config.json", config);
        Same.Bits(model, TransformerModel.Load(path), model.Config.Family);
    }

    /// <summary>Matrices that keep the size of what passes through; gains around 1.</summary>
    private static float[] Values(Random random, int[] shape)
    {
        double size = shape.Length == 1 ? 0.3 : 1.5 / Math.Sqrt(shape[1]), around = shape.Length == 1 ? 1 : 0;
        return [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b))
            .Select(_ => (float)(around + (size * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1))))];
    }
}
