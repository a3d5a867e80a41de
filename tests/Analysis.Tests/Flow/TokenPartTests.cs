using CsCheck;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Flow;

/// <summary>What came from each token of the input through the whole stack.</summary>
public sealed class TokenPartTests
{
    /// <summary>Every checkpoint of the fixtures, one per variant of a family.</summary>
    public static TheoryData<string> Families =>
        [.. Fixtures.Find("hf") is { } folder ? Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)).Order().ToArray() : ["gpt2"]];

    // Parts are float32 sums, the output is one in another order: 1e-5 of the largest element of the output.
    [Theory]
    [MemberData(nameof(Families))]
    public void Alti_and_decompx_reproduce_the_output_of_every_layer_of_every_family(string name)
    {
        string folder = Fixtures.Require($"hf/{name}");
        TransformerModel model = TransformerModel.Load(folder);
        using Expected expected = Expected.Open("hf", name, "expected.safetensors");
        int[] tokens = expected.Rows("input_ids")[0];
        RunResult run = model.Run(tokens, new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
        var ledger = new ResidualLedger(model, run.Cache());
        foreach (FlowMeasure measure in new[] { FlowMeasure.ValueNorm, FlowMeasure.BlockNorm, FlowMeasure.Alti, FlowMeasure.DecompX })
        {
            ledger.Flow(measure, out double worst);
            Assert.True(worst <= 1e-5, $"{name} {measure}: {worst}");
        }
    }

    // The run itself, made linear by interventions: patterns and norm scales held, an identity for the nonlinearity, and the
    // embeddings of all other tokens 0. What is then in the stream is the part of the one token, computed by the engine.
    [Fact]
    public void A_tokens_part_is_what_a_run_gives_that_is_held_linear_and_has_this_token_only() =>
        Gen.Select(RandomModel.Configs.Where(c => c is { Norm: not NormKind.None, Gated: false, Experts: 0 }), Gen.Int[0, 1000], Gen.Int[0, 5])
            .Sample(
            (config, seed, token) =>
            {
                TransformerModel model = RandomModel.Create(config with { Activation = ActivationFunction.Identity }, seed, biases: false);
                int[] tokens = RandomModel.Tokens(6, seed);
                HookPoint[] held =
                [
                    .. model.Hooks.Points.Where(p => p.Kind is HookKind.Pattern or HookKind.Ln1Scale or HookKind.Ln2Scale
                        or HookKind.Ln1PostScale or HookKind.Ln2PostScale or HookKind.EmbedNormScale),
                ];
                RunResult run = model.Run(tokens, new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] });
                int[] others = [.. Enumerable.Range(0, 6).Where(p => p != token)];
                RunResult alone = model.Run(tokens, new RunOptions
                {
                    Observe = ["blocks.*.hook_resid_post", .. config.Block == BlockStyle.PostNorm ? new HookQuery[] { "blocks.*.hook_normalized_resid_post" } : []],
                    Interventions =
                    [
                        .. new[] { Hook.Embed, Hook.PosEmbed }.Where(model.Hooks.Contains)
                            .Where(p => p.Kind == HookKind.Embed || config.Positions == PositionKind.Learned)
                            .Select(p => Ablate.Zero(p, new Scope { Positions = others })),
                        .. held.Select(p => new Patch(p, run.Cache().Value(p), Scope.Everything)),
                    ],
                });
                new ResidualLedger(model, run.Cache()).PropagateTokens((layer, position, source, part) =>
                {
                    if (source == token)
                    {
                        HookPoint point = config.Block == BlockStyle.PostNorm
                            ? new HookPoint(HookKind.NormalizedResidPost, layer)
                            : Hook.ResidPost(layer);
                        float size = Math.Max(1, run.Cache().Row(point, position).ToArray().Max(Math.Abs));
                        Close.Assert(alone.Cache().Row(point, position), part, 1e-5 * size, 1e-5, $"{config} {layer} {position}");
                    }
                });
            },
            iter: 40);

    // The circuit is known: the word that the last position says came from the token that the induction head reads.
    [Fact]
    public void The_word_that_the_demo_model_says_came_from_the_token_that_was_planted()
    {
        TransformerModel model = DemoModel.Create();
        IReadOnlyList<int> prompt = model.Tokenize(DemoModel.CleanPrompt);
        var column = new float[model.Config.DModel];
        model.Weights.Unembed.CopyOutput(model.Tokenize(DemoModel.Answer)[^1], column);
        RunResult run = model.Run(prompt, new RunOptions { Observe = ResidualLedger.FlowNeeds(model, [FlowMeasure.DecompX]) });
        var logits = new double[prompt.Count];
        new ResidualLedger(model, run.Cache()).PropagateTokens((layer, position, source, part) =>
        {
            if (layer == 1 && position == 8 && source is { } token)
            {
                logits[token] = System.Numerics.Tensors.TensorPrimitives.Dot(part, column);
            }
        });
        Assert.Equal(2, Array.IndexOf(logits, logits.Max()));
        Assert.True(logits[2] > 0.99 * logits.Sum());
    }
}
