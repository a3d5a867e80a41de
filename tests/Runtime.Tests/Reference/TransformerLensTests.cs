using System.Text.Json;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Reference;

/// <summary>
/// The same hooks as TransformerLens: names, order, shapes, values. Tolerance 1e-5 + 1e-5 |x|: both sides are float32, and
/// the references' own distance from float64 is up to 1e-5.
/// </summary>
public sealed class TransformerLensTests
{
    public static TheoryData<string> Directories =>
    [
        "gpt2", "gpt2/native", "neox", "neox/native", "llama", "llama/native", "gptj", "gptj/native", "attn_only_2l",
        "attn_only_2l_shortformer", "bert", "bert/native",
    ];

    [Theory]
    [MemberData(nameof(Directories))]
    public void Names_and_firing_order_are_the_same(string name)
    {
        TransformerModel model = Load(name);
        string[] expected = [.. JsonSerializer.Deserialize<string[]>(
                File.ReadAllText(Fixtures.Require(Path.Combine("tl", Model(name), "hook_names.json"))))!
            .Where(hook => hook is not ("logits" or "loss" or "loss_per_token"))
            .Where(hook => !IsCopyOfLn1(model, hook))];
        Assert.Equal(expected, model.Hooks.Points.Select(model.Hooks.Name));

        var fired = new List<string>();
        model.Forward(TokenBatch.Of(1, 2, 3), new Log(model.Hooks, fired));
        Assert.Equal(expected, fired);
    }

    [Theory]
    [MemberData(nameof(Directories))]
    public void Shapes_and_values_are_the_same(string name)
    {
        using Expected cache = Expected.Open("tl", Model(name), "cache_raw.safetensors");
        using Expected tokens = Expected.Open("tl", Model(name), "tokens.safetensors");
        TransformerModel model = Load(name);
        RunResult run = model.Run(
            new TokenBatch(tokens.Rows("clean")), new RunOptions { Observe = [.. HuggingFaceTests.Observed(model)] });
        Compare(model, run, cache, [0, 1, 2], null);
    }

    // Reference: its model in float64. Tolerance as for transformers' float64 logits.
    [Theory]
    [MemberData(nameof(Directories))]
    public void Logits_equal_the_float64_reference(string name)
    {
        bool bert = Model(name) == "bert";
        using Expected expected = Expected.Open("tl", Model(name), bert ? "heads.safetensors" : "logits_f64.safetensors");
        using Expected tokens = Expected.Open("tl", Model(name), "tokens.safetensors");
        RunResult run = Load(name).Run(new TokenBatch(tokens.Rows("clean")));
        for (int b = 0; b < 3; b++)
        {
            Close.Assert(expected.Floats(bert ? "logits_f64" : "clean", b), HuggingFaceTests.Logits(run, b), 2e-5, 0, $"{name} logits {b}");
        }
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("bert/native")]
    public void Token_types_and_a_padding_mask_give_the_same_values_as_rows_without_padding(string name)
    {
        using Expected cache = Expected.Open("tl", "bert", "cache_raw_segments_mask.safetensors");
        using Expected tokens = Expected.Open("tl", "bert", "tokens.safetensors");
        TransformerModel model = Load(name);
        int[][] clean = tokens.Rows("clean"), types = tokens.Rows("token_type_ids"), mask = tokens.Rows("attention_mask");
        int[] lengths = [.. mask.Select(m => m.Count(x => x == 1))];
        RunResult run = model.Run(
            new TokenBatch(clean.Select((row, b) => row[..lengths[b]]), types.Select((row, b) => row[..lengths[b]])),
            new RunOptions { Observe = [.. HuggingFaceTests.Observed(model)] });
        Compare(model, run, cache, [0, 1, 2], lengths);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt2/native")]
    [InlineData("llama")]
    [InlineData("llama/native")]
    public void Split_inputs_have_the_same_values(string name)
    {
        using Expected cache = Expected.Open("tl", Model(name), "cache_raw_split_qkv.safetensors");
        using Expected tokens = Expected.Open("tl", Model(name), "tokens.safetensors");
        TransformerModel model = Load(name);
        string[] hooks = ["blocks.1.hook_q_input", "blocks.1.hook_k_input", "blocks.1.hook_v_input", "blocks.1.hook_mlp_in"];
        RunResult run = model.Run(
            new TokenBatch(tokens.Rows("clean")), new RunOptions { Observe = [.. hooks.Select(h => (HookQuery)h)] });
        foreach (string hook in hooks)
        {
            for (int b = 0; b < 3; b++)
            {
                HookPoint point = model.Hooks.Parse(hook);
                Assert.Equal(cache.Shape(hook)[1..], run.Cache(b).Shape(point));
                Close.Assert(cache.Floats(hook, b), run.Cache(b).Values(point), 1e-5, 1e-5, hook);
            }
        }
    }

    private static void Compare(TransformerModel model, RunResult run, Expected cache, int[] sequences, int[]? lengths)
    {
        foreach (string hook in cache.Names.Where(n => n is not ("logits" or "loss" or "loss_per_token")))
        {
            HookPoint point = model.Hooks.Parse(IsCopyOfLn1(model, hook) ? hook.Replace(".ln2.", ".ln1.") : hook);
            int[] shape = cache.Shape(hook);
            foreach (int b in sequences)
            {
                ActivationCache found = run.Cache(b);
                if (lengths is null)
                {
                    Assert.Equal(shape[1..], found.Shape(point));
                }

                float[] values = AffineOfLayerNorm(model, point, found.Values(point));
                Close.Assert(Cut(cache.Floats(hook, b), shape[1..], found.Shape(point)), values, 1e-5, 1e-5, $"{hook} {b}");
            }
        }

        foreach (int b in sequences)
        {
            float[] logits = HuggingFaceTests.Logits(run, b);
            Close.Assert(cache.Floats("logits", b).AsSpan(0, logits.Length), logits, 1e-5, 1e-5, $"logits {b}");
        }
    }

    // Where attention and FFN share a norm, TransformerLens loads it twice; here there is one, so no ln2 fires.
    private static bool IsCopyOfLn1(TransformerModel model, string hook) =>
        model.Config.Block == BlockStyle.ParallelSharedNorm && hook.Contains(".ln2.", StringComparison.Ordinal);

    /// <summary>
    /// These references have LayerNorm's hook_normalized after gain and bias; ours is before, as in TransformerLens 3.
    /// RMSNorm's is before the gain in both.
    /// </summary>
    private static float[] AffineOfLayerNorm(TransformerModel model, HookPoint point, float[] values)
    {
        ModelWeights weights = model.Weights;
        NormWeights? norm = point.Kind switch
        {
            HookKind.EmbedNormNormalized => weights.EmbedNorm,
            HookKind.Ln1Normalized => weights.Blocks[point.Layer].Norm1,
            HookKind.Ln2Normalized => weights.Blocks[point.Layer].Norm2,
            HookKind.FinalNormalized => weights.FinalNorm,
            HookKind.MlmNormalized => weights.MlmHead!.Norm,
            _ => null,
        };
        if (norm is null || model.Config.Norm == NormKind.Rms)
        {
            return values;
        }

        int d = model.Config.DModel;
        return [.. values.Select((x, i) => (x * norm.Gain[i % d]) + norm.Bias[i % d])];
    }

    /// <summary>The part of a padded tensor that the shorter sequence has.</summary>
    private static float[] Cut(float[] values, int[] from, int[] to)
    {
        if (from.SequenceEqual(to))
        {
            return values;
        }

        var cut = new float[to.Aggregate(1, (a, b) => a * b)];
        for (int i = 0; i < cut.Length; i++)
        {
            int rest = i, source = 0, stride = 1;
            for (int axis = to.Length - 1; axis >= 0; axis--)
            {
                source += rest % to[axis] * stride;
                rest /= to[axis];
                stride *= from[axis];
            }

            cut[i] = values[source];
        }

        return cut;
    }

    private static string Model(string directory) => directory.Split('/')[0];

    private static TransformerModel Load(string name) => TransformerModel.Load(Fixtures.Require("tl/" + name));

    private readonly struct Log(HookMap map, List<string> fired) : IForwardHooks
    {
        public bool Wants(HookPoint point) => map.Points.Contains(point);

        public bool MayChange(HookPoint point) => false;

        public void OnActivation(in Activation activation) => fired.Add(map.Name(activation.Point));

        public void OnBatch(in ActivationBatch batch)
        {
        }
    }
}
