using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

/// <summary>Mixtures of experts, soft-caps and norms of heads at their hook points.</summary>
public sealed class MixtureTests
{
    private static readonly ModelConfig Config = RandomModel.Config(gated: true) with { Experts = 4, ExpertsPerToken = 2 };

    // One rounding for the renormalised shares, one for the sum of two products: 1e-6 of values near 1.
    [Fact]
    public void The_FFN_writes_the_chosen_experts_outputs_by_their_renormalised_weights()
    {
        TransformerModel model = RandomModel.Create(Config);
        ActivationCache cache = model.Run(
            RandomModel.Tokens(6, 1), new RunOptions { Observe = ["blocks.1.mlp.*", "mlp_out1"] }).Cache();
        for (int p = 0; p < 6; p++)
        {
            float[] weights = cache.Row(Point(HookKind.ExpertWeights), p).ToArray();
            int[] chosen = [.. cache.Values(Point(HookKind.ExpertIndices)).Skip(2 * p).Take(2).Select(i => (int)i)];
            Assert.Equal(1, weights.Sum(), 1e-6f);
            Assert.Equal(weights.Index().OrderByDescending(w => w.Item).Take(2).Select(w => w.Index), chosen);
            for (int i = 0; i < Config.DModel; i++)
            {
                double expected = 0;
                for (int slot = 0; slot < 2; slot++)
                {
                    Linear output = model.Weights.Blocks[1].Mixture!.Experts[chosen[slot]].Out;
                    var column = new float[Config.DMlp];
                    output.CopyOutput(i, column);
                    ReadOnlySpan<float> neurons = cache.Row(Point(HookKind.ExpertPost), p, slot);
                    double sum = output.Bias[i];
                    for (int n = 0; n < neurons.Length; n++)
                    {
                        sum += (double)neurons[n] * column[n];
                    }

                    expected += weights[chosen[slot]] / (weights[chosen[0]] + weights[chosen[1]]) * sum;
                }

                Assert.Equal(expected, cache.Row(Hook.MlpOut(1), p)[i], 1e-5 * Math.Max(1, Math.Abs(expected)));
            }
        }
    }

    [Fact]
    public void Zero_weights_of_all_experts_write_nothing()
    {
        TransformerModel model = RandomModel.Create(Config);
        ActivationCache cache = model.Run(RandomModel.Tokens(4, 1), new RunOptions
        {
            Observe = ["mlp_out1"],
            Interventions = [Ablate.Zero(Point(HookKind.ExpertWeights))],
        }).Cache();
        Assert.All(cache.Values(Hook.MlpOut(1)), x => Assert.Equal(0, x));
    }

    [Theory]
    [InlineData(4f)]
    [InlineData(-1f)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void An_index_that_names_no_expert_is_an_error(float index)
    {
        TransformerModel model = RandomModel.Create(Config);
        var values = new TensorValue([3, 2], [0, 1, 2, index, 0, 1]);
        string message = Assert.Throws<InvalidInputException>(() => model.Run(RandomModel.Tokens(3, 1), new RunOptions
        {
            Interventions = [new Patch(Point(HookKind.ExpertIndices), values)],
        })).Message;
        Assert.Contains("blocks.1.mlp.hook_expert_indices: expected whole numbers 0..3", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_router_weights_choose_the_lower_index_first()
    {
        var indices = new float[2];
        ExpertRouting.Choose([0.1f, 0.3f, 0.3f, 0.3f], indices);
        Assert.Equal([1, 2], indices);
    }

    // tanh is within 2e-7 of the exact one; the caps are 4 and 6.
    [Fact]
    public void Scores_and_logits_stay_within_their_soft_caps()
    {
        ModelConfig plain = RandomModel.Config(), capped = plain with { ScoreSoftCap = 4, LogitSoftCap = 6 };
        int[] tokens = RandomModel.Tokens(6, 1);
        RunOptions options = new() { Observe = [Hook.AttnScores(0), Hook.UnembedOut] };
        RunResult without = RandomModel.Create(plain).Run(tokens, options), with = RandomModel.Create(capped).Run(tokens, options);
        float[] scores = without.Cache().Values(Hook.AttnScores(0)), cappedScores = with.Cache().Values(Hook.AttnScores(0));
        for (int i = 0; i < scores.Length; i++)
        {
            Assert.Equal(
                float.IsFinite(scores[i]) ? 4 * Math.Tanh(scores[i] / 4.0) : scores[i], cappedScores[i], 1e-6);
        }

        // The point is before the cap, as in TransformerLens; the logits of the run are after it.
        float[] before = with.Cache().Row(Hook.UnembedOut, 5).ToArray();
        for (int t = 0; t < before.Length; t++)
        {
            Assert.Equal(6 * Math.Tanh(before[t] / 6.0), with.LogitsAt(0, 5)[t], 2e-6);
        }
    }

    [Fact]
    public void A_norm_over_the_whole_projection_shows_one_scale_for_all_heads_and_each_head_obeys_its_own()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config() with { QkNorm = QkNorm.WholeProjection });
        var point = new HookPoint(HookKind.QNormScale, 0);
        RunOptions options = new() { Observe = [point, new HookPoint(HookKind.QNormNormalized, 0)] };
        ActivationCache cache = model.Run([1, 2, 3], options).Cache();
        Assert.All(cache.Values(point).Chunk(4), scales => Assert.Single(scales.Distinct()));
        var doubled = new TensorValue([3, 4, 1], [.. cache.Values(point).Select((s, i) => i % 4 == 2 ? 2 * s : s)]);
        ActivationCache frozen = model.Run(
            [1, 2, 3], options with { Interventions = [new Freeze(point, doubled, Scope.Everything)] }).Cache();
        var normalized = new HookPoint(HookKind.QNormNormalized, 0);
        Assert.Equal(
            cache.Values(normalized).Select((x, i) => i / 8 % 4 == 2 ? x / 2 : x), frozen.Values(normalized));
    }

    private static HookPoint Point(HookKind kind) => new(kind, 1);
}
