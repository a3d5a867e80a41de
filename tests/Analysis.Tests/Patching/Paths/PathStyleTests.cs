using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching.Paths;

/// <summary>
/// Path patching in models of every style against its definition, carried out by hand: whole plain runs in which code of the test
/// writes rows of the plain runs over what the model computes. Such runs have the same bits as the engine's (P3), so patched values
/// are the same to the bit; only the end of the stream beside other receivers is added up in another order (tolerance 1e-5).
/// </summary>
public sealed class PathStyleTests
{
    private static readonly PromptPair Pair = new()
    {
        Clean = RandomModel.Tokens(6, 1),
        Corrupted = RandomModel.Tokens(6, 2),
        Answers = [3],
        Wrongs = [11],
    };

    private static readonly Dictionary<string, ModelConfig> Styles = new(StringComparer.Ordinal)
    {
        ["parallel"] = RandomModel.Config(BlockStyle.Parallel),
        ["parallel, shared norm, one key head"] = RandomModel.Config(BlockStyle.ParallelSharedNorm, keyHeads: 1),
        ["post-norm"] = RandomModel.Config(BlockStyle.PostNorm),
        ["rotary, gated, RMS, grouped keys"] = RandomModel.Config(
            norm: NormKind.Rms, positions: PositionKind.Rotary, keyHeads: 2, gated: true, activation: ActivationFunction.Silu),
        ["ALiBi, window"] = RandomModel.Config(positions: PositionKind.Alibi, window: 3),
        ["bidirectional post-norm"] = RandomModel.Config(BlockStyle.PostNorm, causal: false),
        ["norms before and after"] = RandomModel.Config(norm: NormKind.Rms, gated: true) with { BranchNorms = BranchNorms.BeforeAndAfter },
    };

    private static readonly (string From, string To, PathFreeze Freeze)[] Paths =
    [
        ("0.1", "2.0.q", PathFreeze.Heads),
        ("0.1,1.3,m0", "2.0.k,2.0.v,2.1.q", PathFreeze.Heads | PathFreeze.Mlps),
        ("embed", "1.0.v,m1", PathFreeze.Heads | PathFreeze.Norms),
        ("m0", "m2", PathFreeze.All),
        ("0.0", "m1,m2,2.3.q", PathFreeze.None),
        ("0.2,m1", "logits", PathFreeze.Heads),
        ("0.2,m0", "1.0.q,m2,logits", PathFreeze.Heads | PathFreeze.Mlps),
    ];

    public static TheoryData<string> Names => [.. Styles.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_three_steps_are_those_of_whole_runs_changed_by_hand(string style)
    {
        TransformerModel model = RandomModel.Create(Styles[style], 7);
        foreach (PatchDirection direction in Enum.GetValues<PatchDirection>())
        {
            foreach ((string from, string to, PathFreeze freeze) in Paths)
            {
                var query = new PathQuery([.. from.Split(',').Select(PathNode.Parse)], [.. to.Split(',').Select(PathNode.Parse)]);
                var options = new PathOptions { Freeze = freeze, Direction = direction };
                double found = (double)PathPatching.Run(model, [Pair], [query], options).Values("patched").Single()!;
                var byHand = new PathByHand(model, direction == PatchDirection.Noise ? Pair : Pair with { Clean = Pair.Corrupted, Corrupted = Pair.Clean });
                double expected = byHand.Patched(query, freeze);
                bool exact = !to.Contains(",logits", StringComparison.Ordinal);
                Assert.True(
                    Math.Abs(expected - found) <= (exact ? 0 : 1e-5 * Math.Max(1, Math.Abs(expected))),
                    $"{style}, {from} to {to}, {freeze}, {direction}: expected {expected:R}, found {found:R}");
                Assert.NotEqual(byHand.Base, found);
            }
        }
    }

    // With everything frozen the logits see the change of z through W_O, over the base run's final scale: computed in float64.
    [Theory]
    [InlineData("parallel")]
    [InlineData("parallel, shared norm, one key head")]
    [InlineData("rotary, gated, RMS, grouped keys")]
    [InlineData("ALiBi, window")]
    public void The_linear_estimate_is_the_write_of_the_sender_through_the_frozen_norm(string style)
    {
        TransformerModel model = RandomModel.Create(Styles[style], 7);
        ModelConfig config = model.Config;
        ActivationCache a = Cache(Pair.Clean), b = Cache(Pair.Corrupted);
        int last = Pair.Clean.Count - 1, d = config.DModel;
        var change = new double[d];
        var row = new float[d];
        for (int i = 0; i < config.DHead; i++)
        {
            model.Weights.Blocks[1].Attention.Output.CopyInput((2 * config.DHead) + i, row);
            double by = (double)b.Row(Hook.Z(1), last, 2)[i] - a.Row(Hook.Z(1), last, 2)[i];
            for (int j = 0; j < d; j++)
            {
                change[j] += by * row[j];
            }
        }

        double mean = config.Norm == NormKind.LayerNorm ? change.Average() : 0, scale = a.Row(Hook.FinalScale, last)[0], effect = 0;
        var logits = new float[config.DVocab];
        for (int j = 0; j < d; j++)
        {
            model.Weights.Unembed.CopyInput(j, logits);
            effect += (change[j] - mean) / scale * model.Weights.FinalNorm!.Gain[j] * (logits[3] - (double)logits[11]);
        }

        ResultTable table = PathPatching.Run(model, [Pair], [new PathQuery([PathNode.OfHead(1, 2)], [PathNode.Logits])]);

        // 1e-4: a difference of two float32 runs.
        Assert.Equal(effect, (double)table.Values("linear").Single()! - (double)table.Values("clean").Single()!, 1e-4 + (1e-4 * Math.Abs(effect)));

        ActivationCache Cache(IReadOnlyList<int> tokens) => model.Run(tokens, new RunOptions { Observe = ["z1", "ln_final.hook_scale"] }).Cache();
    }
}
