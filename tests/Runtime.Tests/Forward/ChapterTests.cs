using CsCheck;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

/// <summary>
/// The chapter's arithmetic and theorems on the one block implementation. Worked examples are given to 6 digits: tolerance
/// 1e-6, half a unit in the last of them plus float32 rounding.
/// </summary>
public sealed class ChapterTests
{
    private static readonly float[] W1 = [.1f, .2f, -.1f, .3f, -.2f, .1f, .4f, -.1f, .3f, -.1f, .2f, .1f, .1f, .4f, -.2f, .2f];
    private static readonly float[] W2 = [.2f, -.1f, .3f, -.2f, .1f, .3f, -.1f, .2f, -.2f, .1f, .2f, .3f, .3f, -.2f, .1f, -.1f];

    [Fact]
    public void The_feedforward_example_has_its_figures()
    {
        // FFN(t) = W2 ReLU(W1 t + b1) + b2 with rows of W1 and W2 as outputs.
        var feedForward = new FeedForwardWeights(
            Linear.FromOutputsByInputs(W1, 4, 4, [.1f, .2f, .1f, 0]), null, Linear.FromOutputsByInputs(W2, 4, 4, [0, .1f, .2f, 0]), []);
        TransformerModel model = Block([0.8f, -0.2f, 0.5f, 0.2f], BlockStyle.PreNorm, NormKind.None, feedForward);
        ActivationCache cache = model.Run([0], new RunOptions { Observe = ["pre0", "post0", "mlp_out0"] }).Cache();
        Equal([0.15f, 0.20f, 0.48f, -0.06f], cache.Values(Hook.Pre(0)));
        Equal([0.15f, 0.20f, 0.48f, 0], cache.Values(Hook.Post(0)));
        Equal([0.154f, 0.127f, 0.286f, 0.053f], cache.Values(Hook.MlpOut(0)));
    }

    [Fact]
    public void The_norm_example_has_its_figures()
    {
        TransformerModel model = Block([1.2f, 0.4f, 0.1f, 0.9f], BlockStyle.PreNorm, NormKind.LayerNorm, null);
        ActivationCache cache = model.Run([0], new RunOptions { Observe = ["blocks.0.ln1.*"] }).Cache();
        Equal([0.427200f], cache.Values(new HookPoint(HookKind.Ln1Scale, 0)));
        Equal([1.287453f, -0.585206f, -1.287453f, 0.585206f], cache.Values(new HookPoint(HookKind.Ln1Normalized, 0)));
    }

    [Fact]
    public void The_post_norm_example_has_its_figures()
    {
        float[] x = [0.5f, 0.2f, -0.1f, 0.3f], t1 = [0.2f, -0.1f, 0.3f, 0.1f], t4 = [0.1f, -0.3f, 0.2f, -0.1f];
        TransformerModel model = Block(x, BlockStyle.PostNorm, NormKind.LayerNorm, Constant(t4), attentionBias: t1);
        ActivationCache cache = model.Run(
            [0], new RunOptions { Observe = ["blocks.0.*", "blocks.0.ln1.*"] }).Cache();
        Equal(t1, cache.Values(Hook.AttnOut(0)));
        Equal(t4, cache.Values(Hook.MlpOut(0)));
        Equal([1.527525f, -1.091089f, -0.654654f, 0.218218f], cache.Values(new HookPoint(HookKind.Ln1Normalized, 0)));
        Equal([1.627525f, -1.391089f, -0.454654f, 0.118218f], cache.Values(Hook.ResidPost(0)));
        Equal(
            [1.508204f, -1.246784f, -0.392130f, 0.130710f], cache.Values(new HookPoint(HookKind.NormalizedResidPost, 0)));
    }

    [Fact]
    public void The_feedforward_layer_maps_d_to_d_and_acts_on_each_token_alone() =>
        Gen.Select(RandomModel.Configs.Where(c => !c.AttnOnly), Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                int[] tokens = RandomModel.Tokens(7, seed);
                ActivationCache all = model.Run(tokens, Everything(model)).Cache();
                Assert.Equal([7, config.DModel], all.Shape(Hook.MlpOut(0)));

                // Attention cut off, so that a token's FFN sees the same stream alone and in company; learned positions and
                // the own position keep the streams comparable only for the first token, so compare it.
                RunOptions cut = Everything(model) with
                {
                    Interventions = [.. Enumerable.Range(0, config.NLayers).Select(l => Ablate.Zero(Hook.AttnOut(l), Scope.Everything))],
                };
                ActivationCache first = model.Run([tokens[0]], cut).Cache(), company = model.Run(tokens, cut).Cache();
                for (int l = 0; l < config.NLayers; l++)
                {
                    Assert.True(first.Row(Hook.MlpOut(l), 0).SequenceEqual(company.Row(Hook.MlpOut(l), 0)));
                }
            },
            iter: 40);

    [Fact]
    public void Only_attention_moves_information_between_tokens() =>
        Gen.Select(RandomModel.Configs, Gen.Int[0, 1000], Gen.Int[0, 6]).Sample(
            (config, seed, changed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                int[] tokens = RandomModel.Tokens(7, seed), other = [.. tokens];
                other[changed] = (other[changed] + 1) % config.DVocab;
                RunOptions without = Everything(model) with
                {
                    Interventions = [.. Enumerable.Range(0, config.NLayers).Select(l => Ablate.Zero(Hook.AttnOut(l), Scope.Everything))],
                };
                ActivationCache a = model.Run(tokens, without).Cache(), b = model.Run(other, without).Cache();
                for (int p = 0; p < 7; p++)
                {
                    bool equal = a.Row(Hook.ResidPost(config.NLayers - 1), p).SequenceEqual(b.Row(Hook.ResidPost(config.NLayers - 1), p));
                    Assert.Equal(p != changed, equal);
                }
            },
            iter: 40);

    [Fact]
    public void Norms_keep_the_dimension_and_a_residual_connection_is_a_sum() =>
        Gen.Select(RandomModel.Configs, Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                ActivationCache cache = model.Run(RandomModel.Tokens(5, seed), Everything(model)).Cache();
                foreach (HookPoint point in cache.Points.Where(p => p.Site.StartsWith("ln", StringComparison.Ordinal)
                    && p.Site.EndsWith("normalized", StringComparison.Ordinal)))
                {
                    Assert.Equal([5, config.DModel], cache.Shape(point));
                }

                // The stream after a sum is the float32 sum of what was recorded, bit for bit.
                float[] mid = Sum(cache.Values(Hook.ResidPre(0)), cache.Values(Hook.AttnOut(0)));
                if (model.Hooks.Contains(Hook.ResidMid(0)))
                {
                    Assert.Equal(mid, cache.Values(Hook.ResidMid(0)));
                }

                // Post-norm blocks put a norm between the two sums.
                if (config.Block != BlockStyle.PostNorm)
                {
                    Assert.Equal(
                        config.AttnOnly ? mid : Sum(mid, cache.Values(Hook.MlpOut(0))), cache.Values(Hook.ResidPost(0)));
                }
            },
            iter: 40);

    private static float[] Sum(float[] x, float[] y) => [.. x.Zip(y, (a, b) => a + b)];

    private static RunOptions Everything(TransformerModel model) =>
        new() { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] };

    private static FeedForwardWeights Constant(float[] output) => new(
        Linear.FromOutputsByInputs(new float[16], 4, 4), null, Linear.FromOutputsByInputs(new float[16], 4, 4, output), []);

    /// <summary>One block on one token whose embedding is x; attention writes only its bias.</summary>
    private static TransformerModel Block(
        float[] x, BlockStyle style, NormKind norm, FeedForwardWeights? feedForward, float[]? attentionBias = null)
    {
        Linear zero = Linear.FromOutputsByInputs(new float[16], 4, 4);
        NormWeights? plain = norm == NormKind.None ? null : NormWeights.Plain;
        return TransformerModel.Create(
            new ModelConfig
            {
                Family = "chapter",
                NLayers = 1,
                DModel = 4,
                NHeads = 1,
                NKeyValueHeads = 1,
                DHead = 4,
                DMlp = feedForward is null ? 0 : 4,
                DVocab = 1,
                NCtx = 4,
                Block = style,
                Norm = norm,
                NormEpsilon = 0,
                Positions = PositionKind.None,
                AttentionScale = 0.5f,
                Activation = ActivationFunction.Relu,
                FinalNorm = false,
            },
            new ModelWeights
            {
                TokenEmbedding = new EmbeddingTable(x, 4),
                Blocks = [new BlockWeights(
                    plain,
                    new AttentionWeights(zero, zero, zero, Linear.FromOutputsByInputs(new float[16], 4, 4, attentionBias)),
                    plain,
                    feedForward)],
                Unembed = Linear.FromOutputsByInputs(new float[4], 1, 4),
            },
            "chapter");
    }

    private static void Equal(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-6f);
        }
    }
}
