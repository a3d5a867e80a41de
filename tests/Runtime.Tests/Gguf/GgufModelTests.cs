using System.Text.Json;
using Interp.Runtime.Families;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Reference;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Models in GGUF files against the same models in Hugging Face directories.</summary>
public sealed class GgufModelTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void The_weights_of_stories260K_have_the_bits_of_its_safetensors()
    {
        using GgufModel file = GgufModel.Open(Fixtures.Require("gguf/tinyllm.gguf"));
        IWeightSource weights = file.Weights(new LlamaFamily("llama").ReadConfig(file.Config));
        using Checkpoint checkpoint = Checkpoint.Open(Fixtures.Require("stories260K"));
        foreach (string name in checkpoint.Names)
        {
            int[] shape = checkpoint.ShapeOf(name);
            Assert.Equal(checkpoint.Read(name, shape), weights.Read(name, shape));
        }

        // The directory ties the unembedding to the embedding, the file has it twice.
        Assert.Equal(checkpoint.Read("model.embed_tokens.weight", 512, 64), weights.Read("lm_head.weight", 512, 64));
        Assert.Empty(weights.Unused);
    }

    // The file's context is 128 tokens, the reference has 256: the number is raised in a copy.
    [Fact]
    public void Stories260K_continues_with_the_256_tokens_and_the_text_of_the_reference()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("stories260K/golden.json")));
        int[] expected = [.. golden.RootElement.GetProperty("greedy_ids").EnumerateArray().Select(i => i.GetInt32())];
        byte[] bytes = File.ReadAllBytes(Fixtures.Require("gguf/tinyllm.gguf"));
        byte[] key = [.. "llama.context_length"u8, 4, 0, 0, 0, 128];
        int at = bytes.AsSpan().IndexOf(key) + key.Length - 1;
        BitConverter.TryWriteBytes(bytes.AsSpan(at), 512);
        TransformerModel model = TransformerModel.Load(directory.Put("longer.gguf", bytes));
        IReadOnlyList<int> found = model.Generate(
            TokenBatch.Of(1), new GenerateOptions { MaxNewTokens = expected.Length - 1 })[0];
        Assert.True(expected.Length >= 256);
        Assert.Equal(expected, found);
        Assert.Equal(golden.RootElement.GetProperty("greedy_text").GetString(), model.Tokenizer!.Decode(found));
    }

    [Fact]
    public void The_file_itself_keeps_its_context_and_says_how_it_is_stored()
    {
        string path = Fixtures.Require("gguf/tinyllm.gguf");
        TransformerModel model = TransformerModel.Load(path);
        Assert.Equal(("llama", 128, 1, "2"), (
            model.Config.Family, model.Config.NCtx, model.Config.BosId, string.Join(' ', model.Config.EosIds)));
        Assert.Equal([new StoredType("F32", 48, 1_171_200)], model.Stored);
        using FileStream file = File.OpenRead(path);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)), model.Sha256);
        Refused.With(() => model.Run([.. Enumerable.Repeat(1, 129)]), "129 tokens", "context of 128");
        Assert.Equal(
            "F32", Assert.Single(TransformerModel.Load(Fixtures.Require("stories260K")).Stored).Type);
    }

    // Equal, not close: the weights are the same bits and so is everything computed from them.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("llama_bias")]
    [InlineData("llama_mha_tied")]
    [InlineData("qwen2")]
    public void A_converted_model_gives_the_logits_of_its_directory(string name) => SameLogits(name, null);

    [Fact]
    public void The_window_of_mistral_and_linear_scaling_are_kept()
    {
        SameLogits("mistral", builder => builder.With("llama.attention.sliding_window", 8u));
        SameLogits("llama_rope_linear", builder => builder
            .With("llama.rope.scaling.type", "linear").With("llama.rope.scaling.factor", 4f));
        SameLogits("llama_rope_linear", builder => builder.With("llama.rope.scale_linear", 4f));
    }

    // A file's YaRN is that of llama.cpp: transformers' with a factor on cosines and sines of its own.
    [Fact]
    public void Yarn_is_that_of_the_directory()
    {
        SameLogits("llama_rope_yarn", builder => builder
            .With("llama.rope.scaling.type", "yarn").With("llama.rope.scaling.factor", 4f)
            .With("llama.rope.scaling.original_context_length", 16u));
        RotaryConfig rotary = Load("llama", builder => builder
            .With("llama.rope.scaling.type", "yarn").With("llama.rope.scaling.factor", 4f)
            .With("llama.rope.scaling.original_context_length", 16u).With("llama.rope.scaling.attn_factor", 2f)
            .With("llama.rope.scaling.yarn_beta_fast", 8f).With("llama.rope.scaling.yarn_beta_slow", 2f)
            .With("llama.rope.scaling.yarn_ext_factor", -1f).With("llama.rope.scaling.yarn_log_multiplier", 0f)).Config.Rotary!;
        Assert.Equal((RotaryScalingKind.Yarn, 16, 8.0, 2.0),
            (rotary.Scaling!.Kind, rotary.Scaling.OriginalContext, rotary.Scaling.BetaFast, rotary.Scaling.BetaSlow));
        Assert.Equal(2 * ((0.1 * Math.Log(4)) + 1), rotary.AttentionFactor, 1e-6);
    }

    // What llama.cpp's other architectures have, written out where it changes nothing.
    [Fact]
    public void Keys_at_values_that_change_nothing_are_read() => SameLogits("llama", builder => builder
        .With("llama.logit_scale", 1f).With("llama.expert_count", 0u).With("llama.attention.clamp_kqv", 0f)
        .With("llama.use_parallel_residual", false).With("llama.pooling_type", 0u).With("llama.rope.scaling.attn_factor", 1f));

    // The tensor holds Llama 3.1's factors in float32, so that frequencies differ from the directory's by rounding. The
    // reference is float64; tolerance as for the directory.
    [Fact]
    public void Rotary_divisors_are_honoured()
    {
        float[] divisors = Llama3Divisors(8, 500000, 8, 1, 4, 32);
        TransformerModel model = Load("llama3_rope", builder => builder.Floats("rope_freqs.weight", [4], divisors));
        using Expected expected = Expected.Open("hf", "llama3_rope", "expected.safetensors");
        RunResult run = model.Run(new TokenBatch(expected.Rows("input_ids")));
        for (int b = 0; b < run.Batch.Count; b++)
            Close.Assert(expected.Floats("ref_logits", b), HuggingFaceTests.Logits(run, b), 2e-5, 0, $"logits {b}");

        TransformerModel without = Load("llama3_rope", null);
        Assert.NotEqual(HuggingFaceTests.Logits(run, 0), HuggingFaceTests.Logits(without.Run(new TokenBatch(expected.Rows("input_ids"))), 0));
        Refused.With(
            () => Load("llama3_rope", builder => builder.Floats("rope_freqs.weight", [3], [1, 1, 1])),
            "rope_freqs.weight", "expected shape [4], found [3]");
        Refused.With(
            () => Load("llama3_rope", builder => builder.Floats("rope_freqs.weight", [4], [1, 1, 0, 1])),
            "rope_freqs.weight", "expected positive numbers, found 0");
    }

    [Fact]
    public void What_a_file_asks_for_beyond_the_family_is_refused()
    {
        foreach ((string key, object value, string words) in new (string, object, string)[]
        {
            ("llama.expert_count", 8u, "expected 0, found 8"),
            ("llama.rope.scaling.type", "longrope", "'longrope' is not supported; expected none, linear or yarn"),
            ("llama.rope.scaling.attn_factor", 2f, "expected 1 without YaRN, found 2"),
            ("llama.rope.scaling.yarn_beta_quick", 2f, "the nearest known key is 'llama.rope.scaling.yarn_beta_fast'"),
            ("llama.attention.clamp_kqv", 8f, "expected 0, found 8"),
            ("llama.use_parallel_residual", true, "expected false"),
            ("llama.rope.freq_base_swa", 100f, "nothing would be right if it were ignored"),
            ("llama.attention.causal", false, "expected true"),
            ("llama.attention.value_length", 4u, "expected 8, found 4"),
            ("llama.logit_scale", 2f, "expected 1, found 2"),
            ("llama.tensor_data_layout", "other", "expected Meta AI original pth"),
            ("split.count", (ushort)3, "merge them"),
            ("general.type", "adapter", "expected model, found 'adapter'"),
            ("llama.attention.sliding_window", 0u, "expected at least 1, found 0"),
        })
        {
            Refused.With(() => Load("llama", builder => builder.With(key, value)), "x.gguf", key.Split('.')[^1], words);
        }

        Refused.With(() => Load("llama", builder => builder.Floats("blk.0.ffn_gate_inp.weight", [1], [1])),
            "1 tensor", "'blk.0.ffn_gate_inp.weight'");
        Refused.With(() => Load("gpt2", builder => builder.Floats("rope_freqs.weight", [1], [1])), "'rope_freqs.weight'");
        Refused.With(() => Load("llama", builder => builder.Floats("blk.00.attn_norm.weight", [32], new float[32])), "'blk.00.attn_norm.weight'");
        Refused.With(() => Load("llama", builder => builder.Floats("model.norm.weight", [32], new float[32])), "found two");
    }

    [Theory]
    [InlineData("general.architecture", "mamba", "'mamba' is not supported; expected one of llama, qwen2, gpt2")]
    [InlineData("general.name", "x", "'general.architecture': expected a text, found nothing")]
    public void Other_architectures_are_refused(string key, string value, string words) => Refused.With(
        () => TransformerModel.Load(directory.Put("x.gguf", new GgufBuilder().With(key, value).Build())), "x.gguf", words);

    [Fact]
    public void Wrong_sizes_are_refused_before_anything_is_allocated()
    {
        GgufBuilder Sizes(uint blocks, uint mlp) => new GgufBuilder()
            .With("general.architecture", "llama").With("llama.context_length", 64u).With("llama.embedding_length", 32u)
            .With("llama.feed_forward_length", mlp).With("llama.block_count", blocks).With("llama.attention.head_count", 4u)
            .With("llama.attention.layer_norm_rms_epsilon", 1e-5f).Floats("blk.0.attn_norm.weight", [32], new float[32])
            .Floats("blk.0.attn_q.weight", [32, 32], new float[1024]);
        GgufBuilder whole = Sizes(2_000_000_000, 64).Floats("token_embd.weight", [4, 32], new float[128]);
        Refused.With(() => Load(whole), "'llama.block_count'", "expected at most the file's 3 tensors, found 2000000000");
        Refused.With(() => Load(Sizes(1, 64)), "'token_embd.weight'", "no such tensor");
        Refused.With(() => Load(Sizes(1, uint.MaxValue).Floats("token_embd.weight", [4, 32], new float[128])),
            "'llama.feed_forward_length'", "found 4294967295");
        Refused.With(() => Load(Sizes(1, 64).Floats("token_embd.weight", [4, 32], new float[128]).With("llama.vocab_size", 5u)),
            "'llama.vocab_size'", "expected 4, found 5");

        TransformerModel Load(GgufBuilder builder) => TransformerModel.Load(directory.Put("x.gguf", builder.Build()));
    }

    private void SameLogits(string name, Action<GgufBuilder>? change)
    {
        TransformerModel expected = TransformerModel.Load(Fixtures.Require("hf/" + name));
        TransformerModel found = Load(name, change);
        Assert.Equal(expected.Config.TiedUnembedding, found.Config.TiedUnembedding);
        Assert.Equal(expected.Config.NLayers, found.Config.NLayers);
        int[] tokens = RandomModel.Tokens(40, 5, 99);
        Assert.Equal(HuggingFaceTests.Logits(expected.Run(tokens), 0), HuggingFaceTests.Logits(found.Run(tokens), 0));
    }

    private TransformerModel Load(string name, Action<GgufBuilder>? change) =>
        TransformerModel.Load(directory.Put("x.gguf", GgufConverter.Convert(Fixtures.Require("hf/" + name), change)));

    /// <summary>The factors that converters compute from <c>rope_scaling</c> of config.json.</summary>
    private static float[] Llama3Divisors(int dimension, double theta, double factor, double low, double high, double context) =>
    [
        .. Enumerable.Range(0, dimension / 2).Select(i =>
        {
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / dimension);
            double smooth = ((context / wavelength) - low) / (high - low);
            return (float)(wavelength < context / high ? 1
                : wavelength > context / low ? factor
                : 1 / (((1 - smooth) / factor) + smooth));
        }),
    ];
}
