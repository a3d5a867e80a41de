using CsCheck;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

/// <summary>
/// What interventions do to a whole forward pass: the value that everything after a point reads is the one that was put there.
/// Tolerance 1e-5 where a sum of at most 9 float32 terms below 1 or of the size of v is computed again in float64.
/// </summary>
public sealed class InterventionTests
{
    private const int Length = 7, Destination = 5, Source = 2, Head = 1, Layer = 1;

    [Fact]
    public void A_knock_out_leaves_nothing_of_the_source_and_renormalises_the_rest_or_not() => Property((model, tokens) =>
    {
        RunOptions observe = new() { Observe = ["pattern1", "v1", "z1"] };
        ActivationCache plain = model.Run(tokens, observe).Cache();
        float[] before = plain.Row(Hook.Pattern(Layer), Destination, Head).ToArray();
        foreach (bool renormalize in new[] { true, false })
        {
            ActivationCache cut = model.Run(tokens, observe with
            {
                Interventions = [new KnockOut(Layer, Destination, Source, Head, renormalize)],
            }).Cache();
            float[] after = cut.Row(Hook.Pattern(Layer), Destination, Head).ToArray();
            Assert.Equal(0, after[Source]);
            double rest = 1 - before[Source];
            if (rest > 1e-3)
            {
                for (int source = 0; source < Length; source++)
                {
                    double expected = source == Source ? 0 : before[source] / (renormalize ? rest : 1);
                    Assert.Equal(expected, after[source], 1e-5 / rest);
                }
            }

            // The head writes what the changed pattern says; all other rows and heads are untouched, bit for bit.
            float[] values = cut.Values(Hook.V(Layer));
            int width = model.Config.DHead, keys = model.Config.NKeyValueHeads, key = Head * keys / model.Config.NHeads;
            ReadOnlySpan<float> z = cut.Row(Hook.Z(Layer), Destination, Head);
            for (int i = 0; i < width; i++)
            {
                double mixed = Enumerable.Range(0, Length).Sum(s => (double)after[s] * values[(((s * keys) + key) * width) + i]);
                Assert.Equal(mixed, z[i], 1e-5 * Math.Max(1, values.Max(Math.Abs)));
            }

            for (int position = 0; position < Length; position++)
            {
                for (int head = 0; head < model.Config.NHeads; head++)
                {
                    Assert.True((position, head) == (Destination, Head) || cut.Row(Hook.Pattern(Layer), position, head)
                        .SequenceEqual(plain.Row(Hook.Pattern(Layer), position, head)));
                }
            }
        }
    }, config => config.Causal && config.Windows is null);

    [Fact]
    public void A_frozen_pattern_stays_while_queries_and_keys_change() => Property((model, tokens) =>
    {
        RunOptions observe = new() { Observe = ["q1", "k1", "pattern1"] };
        ActivationCache plain = model.Run(tokens, observe).Cache();
        ActivationCache frozen = model.Run(tokens, observe with
        {
            Interventions =
            [
                Ablate.Zero(Hook.ResidPre(1), Scope.At(0)),
                new Freeze(Hook.Pattern(1), plain.Value("pattern1"), Scope.Everything),
            ],
        }).Cache();
        Assert.NotEqual(plain.Values(Hook.Q(1)), frozen.Values(Hook.Q(1)));
        Assert.Equal(plain.Values(Hook.Pattern(1)), frozen.Values(Hook.Pattern(1)));
    });

    [Fact]
    public void A_frozen_scale_is_what_the_norm_divides_by() => Property((model, tokens) =>
    {
        HookPoint scale = new(HookKind.Ln1Scale, 1), normalized = new(HookKind.Ln1Normalized, 1);
        RunOptions observe = new() { Observe = [scale, normalized] };
        ActivationCache plain = model.Run(tokens, observe).Cache();
        float[] doubled = [.. plain.Values(scale).Select(s => 2 * s)];
        ActivationCache frozen = model.Run(tokens, observe with
        {
            Interventions = [new Freeze(scale, new TensorValue([Length, 1], doubled), Scope.Everything)],
        }).Cache();
        Assert.Equal(doubled, frozen.Values(scale));

        // Twice the scale halves every value exactly.
        Assert.Equal(plain.Values(normalized).Select(x => x / 2), frozen.Values(normalized));
    }, config => config.Norm != NormKind.None && config.BranchNorms != BranchNorms.After && config.Block != BlockStyle.PostNorm);

    [Fact]
    public void A_vector_is_added_where_it_was_asked_for_and_read_by_the_next_block() => Property((model, tokens) =>
    {
        RunOptions observe = new() { Observe = ["resid_post0", "resid_pre1"] };
        float[] vector = [.. Enumerable.Range(0, model.Config.DModel).Select(i => (i % 5) - 2f)];
        ActivationCache plain = model.Run(tokens, observe).Cache();
        ActivationCache steered = model.Run(tokens, observe with
        {
            Interventions = [new Steer(Hook.ResidPost(0), new TensorValue([model.Config.DModel], vector), 0.5f, Scope.At(3))],
        }).Cache();
        for (int position = 0; position < Length; position++)
        {
            float[] expected = [.. plain.Row(Hook.ResidPost(0), position).ToArray().Select(
                (x, i) => position == 3 ? float.FusedMultiplyAdd(0.5f, vector[i], x) : x)];
            float[] found = steered.Row(Hook.ResidPost(0), position).ToArray();
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * Math.Max(1, Math.Abs(pair.First))));
        }

        if (model.Config.Block != BlockStyle.PostNorm)
        {
            Assert.Equal(steered.Values(Hook.ResidPost(0)), steered.Values(Hook.ResidPre(1)));
        }
    });

    [Fact]
    public void Interventions_apply_in_their_order_and_observers_see_what_is_left() => Property((model, tokens) =>
    {
        float[] ones = [.. Enumerable.Repeat(1f, model.Config.DModel)];
        Intervention zero = Ablate.Zero(Hook.MlpOut(0), Scope.Everything);
        Intervention add = new Steer(Hook.MlpOut(0), new TensorValue([model.Config.DModel], ones), 1, Scope.Everything);
        Assert.All(Values(zero, add), x => Assert.Equal(1, x));
        Assert.All(Values(add, zero), x => Assert.Equal(0, x));

        float[] Values(params Intervention[] interventions) => model.Run(
            tokens, new RunOptions { Observe = ["mlp_out0"], Interventions = interventions }).Cache().Values(Hook.MlpOut(0));
    }, config => !config.AttnOnly);

    private static void Property(Action<TransformerModel, int[]> holds, Func<ModelConfig, bool>? where = null) =>
        Gen.Select(RandomModel.Configs.Where(c => where?.Invoke(c) ?? true), Gen.Int[0, 1000]).Sample(
            (config, seed) => holds(RandomModel.Create(config, seed), RandomModel.Tokens(Length, seed)), iter: 40);
}
