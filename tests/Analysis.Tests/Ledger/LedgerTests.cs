using System.Numerics.Tensors;
using CsCheck;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Ledger;

/// <summary>
/// P1: it adds up. Tolerance 1e-5 relative: writes are float32 vectors summed in float64, the stream is a float32 sum of the
/// same vectors, so they differ by the rounding of a few dozen additions.
/// </summary>
public sealed class LedgerTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Models =>
    [
        "hf/gpt2", "hf/gpt2_invidx", "hf/gpt2_hubstyle", "hf/llama", "hf/llama_bias", "hf/llama_mha_tied", "hf/llama_rope_linear",
        "hf/llama_rope_dynamic", "hf/llama_rope_yarn", "hf/llama3_rope", "hf/llama_bf16", "hf/llama_sharded", "hf/mistral",
        "hf/qwen2", "hf/gemma", "hf/gemma2", "hf/phi3", "hf/stablelm", "hf/gpt_neox", "hf/gpt_neox_seq",
        "hf/gpt_neox_hubstyle", "hf/gpt_neo", "hf/gptj", "hf/opt", "hf/opt_350m_style", "hf/phi", "hf/phi_gqa", "hf/falcon",
        "hf/falcon_new", "hf/bloom", "hf/bloom_h6", "hf/bert", "hf/bert_hubstyle", "hf/gpt2_onnx", "hf/llama_onnx", "hf/roberta", "hf/distilbert", "tl/gpt2",
        "tl/gpt2/native", "tl/neox", "tl/neox/native", "tl/llama", "tl/llama/native", "tl/gptj", "tl/gptj/native", "tl/attn_only_2l",
        "tl/attn_only_2l_shortformer", "tl/bert", "tl/bert/native", "stories260K",
    ];

    [Theory]
    [MemberData(nameof(Models))]
    public void Writes_sum_to_the_stream_and_contributions_to_the_logits_of_every_reference_model(string path)
    {
        TransformerModel model = TransformerModel.Load(Fixtures.Require(path));
        int[] tokens = RandomModel.Tokens(12, 5, model.Config.DVocab);
        AddsUp(model, tokens);

        // At every position the difference of two logits that are far apart, relative to that difference itself.
        RunResult run = Record(model, tokens, LedgerDetail.Head);
        var ledger = new ResidualLedger(model, run.Cache());
        for (int position = 0; position < tokens.Length; position++)
        {
            ReadOnlySpan<float> logits = run.LogitsAt(0, position);
            int top = TensorPrimitives.IndexOfMax(logits), bottom = TensorPrimitives.IndexOfMin(logits);
            Decomposition parts = ledger.Attribute(position, logits, top, bottom);
            Assert.Equal((double)logits[top] - logits[bottom], parts.Actual);
            Assert.True(Math.Abs(parts.Error) <= Tolerance * Math.Abs(parts.Actual), $"{path} at {position}: {parts}");
            Assert.All(ledger.Check(position), check => Assert.True(check.RelativeError <= Tolerance, $"{path} at {position}: {check}"));
        }
    }

    // Gates and squared ReLU without norms are left out: they multiply activations, the stream grows to 1e10 and logits are
    // differences of such numbers, which float32 does not hold to 1e-5.
    [Fact]
    public void Writes_sum_to_the_stream_and_contributions_to_the_logits_of_random_models() =>
        Gen.Select(
            RandomModel.Configs.Where(c => c.Norm != NormKind.None || !(c.Gated || c.Activation == ActivationFunction.ReluSquared)),
            Gen.Int[0, 1000], Gen.Bool).Sample(
            (config, seed, biases) => AddsUp(RandomModel.Create(config, seed, biases), RandomModel.Tokens(9, seed)), iter: 150);

    [Fact]
    public void Rows_are_labelled_as_the_field_does()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        RunResult run = Record(model, RandomModel.Tokens(5, 1), LedgerDetail.Head);
        string[] labels = [.. new ResidualLedger(model, run.Cache()).Writes(-1).Select(w => w.Component.Label)];
        Assert.Equal(
            ["embed", "pos_embed", "L0H0", "L0H1", "L0H2", "L0H3", "0_attn_bias", "0_mlp_out", "0_mlp_bias", "L1H0"], labels[..10]);
    }

    [Fact]
    public void Experts_and_biases_of_norms_after_the_branches_are_rows()
    {
        ModelConfig config = RandomModel.Config() with { BranchNorms = BranchNorms.After, Experts = 3, ExpertsPerToken = 2 };
        TransformerModel model = RandomModel.Create(config);
        RunResult run = Record(model, RandomModel.Tokens(5, 1), LedgerDetail.Neuron);
        var ledger = new ResidualLedger(model, run.Cache());
        int[] chosen = [.. run.Cache().Values(new HookPoint(HookKind.ExpertIndices, 0))[^2..].Select(i => (int)i)];
        Assert.Equal(
            [
                "embed", "pos_embed", "L0H0", "L0H1", "L0H2", "L0H3", "0_attn_bias", "0_ln1_post_bias", $"0_E{chosen[0]}_out",
                $"0_E{chosen[1]}_out", "0_mlp_bias", "0_ln2_post_bias", "L1H0",
            ],
            ledger.Writes(-1).Select(w => w.Component.Label).Take(13));
        Assert.Contains($"L0E{chosen[0]}N39", ledger.Writes(-1, LedgerDetail.Neuron).Select(w => w.Component.Label));
        Assert.Contains("0_mlp_out", ledger.Writes(-1, LedgerDetail.Component).Select(w => w.Component.Label));
        Assert.Equal("expert", new Component(ComponentKind.Expert).KindName);
    }

    // Interventions that are recorded stay inside the ledger: a changed choice of experts is the choice that wrote.
    [Fact]
    public void The_ledger_of_a_run_with_other_experts_and_frozen_scales_adds_up()
    {
        ModelConfig config = RandomModel.Config(norm: NormKind.Rms, gated: true) with
        {
            BranchNorms = BranchNorms.BeforeAndAfter,
            Experts = 3,
            ExpertsPerToken = 2,
            LogitSoftCap = 6,
        };
        TransformerModel model = RandomModel.Create(config);
        int[] tokens = RandomModel.Tokens(5, 1);
        HookPoint scale = new(HookKind.Ln2PostScale, 1);
        RunResult run = model.Run(tokens, new RunOptions
        {
            Observe = ResidualLedger.Needs(model, LedgerDetail.Neuron),
            Interventions =
            [
                Ablate.Zero(new HookPoint(HookKind.ExpertIndices, 0)),
                Ablate.Zero(new HookPoint(HookKind.ExpertWeights, 2), Scope.At(3)),
                new Freeze(scale, new TensorValue([5, 1], [2, 3, 4, 5, 6]), Scope.Everything),
            ],
        });
        var ledger = new ResidualLedger(model, run.Cache());
        Assert.Equal([2, 3, 4, 5, 6], run.Cache().Values(scale));
        for (int position = 0; position < 5; position++)
        {
            Assert.All(ledger.Check(position, LedgerDetail.Neuron), check => Assert.True(check.RelativeError < Tolerance));
            Assert.True(ledger.Attribute(position, run.LogitsAt(0, position), 3, 7).RelativeError < Tolerance);
        }
    }

    [Fact]
    public void What_an_intervention_changed_is_a_write_of_its_own_and_the_ledger_still_adds_up()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        int[] tokens = RandomModel.Tokens(5, 1);
        IReadOnlyList<HookQuery> needs = ResidualLedger.Needs(model, LedgerDetail.Head);
        RunResult plain = model.Run(tokens, new RunOptions { Observe = needs });
        RunResult run = model.Run(tokens, new RunOptions
        {
            Observe = needs,
            Interventions = [Ablate.Zero(Hook.AttnOut(1), Scope.Everything)],
        });
        var ledger = new ResidualLedger(model, run.Cache());
        Assert.All(ledger.Check(-1), check => Assert.True(check.RelativeError < Tolerance, $"{check}"));

        // What the ablation took away is what attention would have written: its input is that of the plain run.
        float[] taken = ledger.Writes(-1, LedgerDetail.Head, Hook.ResidMid(1)).Single(w => w.Component.Kind == ComponentKind.Intervention).Vector;
        float[] written = plain.Cache().Row(Hook.ResidMid(1), -1).ToArray();
        TensorPrimitives.Subtract(written, plain.Cache().Row(Hook.ResidPre(1), -1), written);
        Assert.All(taken.Zip(written), pair => Assert.Equal(-pair.Second, pair.First, 1e-5f));

        Decomposition parts = ledger.Attribute(-1, run.LogitsAt(0, -1), 3, 7);
        Assert.True(parts.RelativeError < Tolerance, $"{parts}");
        Assert.Equal("1_resid_mid_intervention", parts.Rows.Single(r => r.Component.Kind == ComponentKind.Intervention).Component.Label);
    }

    private static void AddsUp(TransformerModel model, int[] tokens)
    {
        RunResult run = Record(model, tokens, LedgerDetail.Source);
        var ledger = new ResidualLedger(model, run.Cache());
        foreach (LedgerDetail detail in Enum.GetValues<LedgerDetail>())
        {
            foreach (int position in new[] { 0, tokens.Length / 2, -1 })
            {
                foreach (LedgerCheck check in ledger.Check(position, detail))
                {
                    Assert.True(
                        check.RelativeError <= Tolerance,
                        $"{model.Name}, {detail}, {model.Hooks.Name(check.Point)} at {position}: {check.RelativeError}");
                }

                Closes(ledger.Attribute(position, run.LogitsAt(0, position), 3, 7, detail));
                Closes(ledger.Attribute(position, run.LogitsAt(0, position), 5, null, detail));

                void Closes(Decomposition decomposition) => Assert.True(
                    decomposition.RelativeError <= Tolerance
                    || Math.Abs(decomposition.Error) <= Rounding(model, run.Cache(), decomposition),
                    $"{model.Name}, {detail}: {decomposition}");
            }
        }
    }

    /// <summary>
    /// How far a float32 product of the stream with the unembedding may be from the exact one: d 2^-24 sum |x w| for each
    /// logit (Higham 2002, section 3.1). It matters where a logit is a small difference of large terms.
    /// </summary>
    private static double Rounding(TransformerModel model, ActivationCache cache, Decomposition decomposition)
    {
        var column = new float[model.Config.DModel];
        double terms = 0;
        foreach (int token in new[] { decomposition.Answer!.Value, decomposition.Wrong ?? decomposition.Answer!.Value })
        {
            model.Weights.Unembed.CopyOutput(token, column);
            ReadOnlySpan<float> x = cache.Row(Hook.UnembedIn, decomposition.Position);
            for (int i = 0; i < column.Length; i++)
            {
                terms += Math.Abs((double)x[i] * column[i]);
            }
        }

        return model.Config.DModel * Math.Pow(2, -24) * terms;
    }

    private static RunResult Record(TransformerModel model, int[] tokens, LedgerDetail detail) =>
        model.Run(tokens, new RunOptions { Observe = [.. ResidualLedger.Needs(model, detail), Hook.UnembedIn] });
}
