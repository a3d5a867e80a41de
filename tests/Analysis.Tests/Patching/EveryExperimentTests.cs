using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>
/// Each row of a sweep is one whole run in which code of the test writes the part that the row names. Such runs have the same bits
/// as the engine's (P3), so values are compared without tolerance; means, which are summed in another order, to 1e-6.
/// </summary>
public sealed class EveryExperimentTests
{
    // Rotary, gated, two key-value heads for four heads.
    private static readonly TransformerModel Model = RandomModel.Create(RandomModel.Config(
        norm: NormKind.Rms, positions: PositionKind.Rotary, keyHeads: 2, gated: true, activation: ActivationFunction.Silu));

    private static readonly PromptPair[] Pairs =
    [
        .. new[] { 6, 4, 6, 5 }.Select((length, i) => new PromptPair
        {
            Clean = RandomModel.Tokens(length, i),
            Corrupted = RandomModel.Tokens(length, 10 + i),
            Answers = [3],
            Wrongs = [11],
            Group = i % 2 == 0 ? "even" : "odd",
        }),
    ];

    private static readonly ActivationCache[] Clean = [.. Pairs.Select(p => Record(p.Clean))];
    private static readonly ActivationCache[] Corrupted = [.. Pairs.Select(p => Record(p.Corrupted))];

    [Theory]
    [InlineData("resid_pre", "layer,pos")]
    [InlineData("resid_mid", "layer,pos")]
    [InlineData("resid_post", "layer,pos")]
    [InlineData("attn_out", "layer,pos")]
    [InlineData("mlp_out", "layer,pos")]
    [InlineData("mlp_out", "layer")]
    [InlineData("z", "layer,head")]
    [InlineData("z", "layer,head,pos")]
    [InlineData("q", "layer,head")]
    [InlineData("q", "layer,head,pos")]
    [InlineData("k", "layer,head")]
    [InlineData("k", "layer,head,pos")]
    [InlineData("v", "layer,head")]
    [InlineData("v", "layer,head,pos")]
    [InlineData("result", "layer,head")]
    [InlineData("result", "layer,head,pos")]
    [InlineData("pattern", "layer,head")]
    [InlineData("pattern", "layer,head,pos")]
    [InlineData("pattern", "layer,head,pos,src_pos")]
    [InlineData("post", "layer,neuron")]
    public void A_cell_of_patching_is_the_run_with_that_part_of_the_other_run(string site, string by)
    {
        foreach (PatchDirection direction in Enum.GetValues<PatchDirection>())
        {
            bool denoise = direction == PatchDirection.Denoise;
            var options = new SweepOptions { Sites = [site], By = [.. by.Split(',').Select(SweepAxes.Parse)], Neurons = NeuronChoice.Of(0, 7, 39) };
            ResultTable table = PatchingSweep.Run(Model, Pairs[..2], options, direction);
            int heads = site is "k" or "v" ? 2 : 4;
            int expected = by switch
            {
                "layer" => 3 * 2,
                "layer,pos" => 3 * (6 + 4),
                "layer,head" => 3 * heads * 2,
                "layer,head,pos" => 3 * heads * (6 + 4),
                "layer,neuron" => 3 * 3 * 2,
                _ => 3 * heads * ((6 * 7 / 2) + (4 * 5 / 2)),
            };
            Assert.Equal(expected, table.Rows.Count);
            Cells(table, (prompt, point, head, position) =>
                (denoise ? Clean : Corrupted)[prompt].Row(point, position, head), denoise, exact: true);
        }
    }

    [Theory]
    [InlineData("resid_mid", "layer,pos")]
    [InlineData("z", "layer,head")]
    [InlineData("v", "layer,head,pos")]
    [InlineData("post", "layer,neuron")]
    public void A_cell_of_ablation_is_the_run_with_that_part_replaced(string site, string by)
    {
        var options = new SweepOptions { Sites = [site], By = [.. by.Split(',').Select(SweepAxes.Parse)], Neurons = NeuronChoice.Of(0, 7, 39) };
        foreach (string with in new[] { "zero", "mean", "mean-pos", "mean-group" })
        {
            ResultTable table = AblationSweep.Run(Model, Pairs, options, AblationOptions.Parse(with));
            Assert.True(table.Rows.Count >= 3);
            Cells(table, (prompt, point, head, position) =>
            {
                int width = Clean[0].Row(point, 0, head).Length;
                float[][] rows = with == "zero" ? [new float[width]] :
                [
                    .. from other in Enumerable.Range(0, Pairs.Length)
                       where with != "mean-group" || Pairs[other].Group == Pairs[prompt].Group
                       from p in Enumerable.Range(0, Pairs[other].Clean.Count)
                       where with == "mean" || p == position
                       select Clean[other].Row(point, p, head).ToArray(),
                ];
                return Enumerable.Range(0, width).Select(i => (float)rows.Average(r => (double)r[i])).ToArray();
            }, corrupted: false, exact: with == "zero");
        }
    }

    [Theory]
    [InlineData("resample")]
    [InlineData("resample-group")]
    public void A_resampled_cell_has_the_values_of_another_prompt(string with)
    {
        ResultTable table = AblationSweep.Run(
            Model, Pairs, new SweepOptions { Sites = ["z"], By = [SweepAxis.Layer, SweepAxis.Head] }, AblationOptions.Parse(with) with { Seed = 3 });
        int columns = table.Columns.Count;
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            int prompt = (int)row[0]!, head = (int)row[table.IndexOf("head")]!;
            HookPoint point = Hook.Z((int)row[table.IndexOf("layer")]!);
            IEnumerable<int> donors = Enumerable.Range(0, Pairs.Length).Where(o => o != prompt && Pairs[o].Clean.Count >= Pairs[prompt].Clean.Count
                && (with == "resample" || Pairs[o].Group == Pairs[prompt].Group));
            Assert.Contains(
                (double)row[table.IndexOf("patched")]!,
                donors.Select(o => Run(Pairs[prompt].Clean, point, (in Activation a) =>
                {
                    for (int p = 0; p < a.Positions; p++)
                    {
                        Clean[o].Row(point, p, head).CopyTo(a.Row(p, head));
                    }
                })));
        }

        // The second prompt of the group "odd" is longer than the first: it has no donor there, and no row.
        Assert.Equal(with == "resample" ? [0, 1, 2, 3] : [0, 1, 2], table.Values("prompt").Cast<int>().Distinct().Order());
    }

    [Fact]
    public void Positions_that_are_listed_are_replaced_together()
    {
        ResultTable table = PatchingSweep.Run(
            Model, Pairs[..2], new SweepOptions { Sites = ["resid_mid"], By = [SweepAxis.Layer], Positions = [1, -1] });
        Assert.Equal(6, table.Rows.Count);
        Assert.All(table.Rows, row =>
        {
            int prompt = (int)row[0]!;
            var point = Hook.ResidMid((int)row[table.IndexOf("layer")]!);
            Assert.Equal(
                Run(Pairs[prompt].Corrupted, point, (in Activation a) =>
                {
                    foreach (int p in new[] { 1, a.Positions - 1 })
                    {
                        Clean[prompt].Row(point, p).CopyTo(a.Row(p));
                    }
                }),
                row[table.IndexOf("patched")]);
        });
    }

    [Theory]
    [InlineData(MetricKind.LogitDiff)]
    [InlineData(MetricKind.Logit)]
    [InlineData(MetricKind.LogProb)]
    [InlineData(MetricKind.Prob)]
    [InlineData(MetricKind.Kl)]
    [InlineData(MetricKind.Rank)]
    [InlineData(MetricKind.Accuracy)]
    [InlineData(MetricKind.ProbDiff)]
    public void A_metric_of_a_sweep_is_that_of_the_logits_of_the_run(MetricKind kind)
    {
        var metric = Metric.Of(kind);
        ResultTable table = PatchingSweep.Run(Model, Pairs[..1], new SweepOptions { Sites = ["z"], By = [SweepAxis.Layer, SweepAxis.Head], Metric = metric });
        float[] reference = Logits(Pairs[0].Clean, Hook.Z(0), (in Activation _) => { });
        double clean = metric.Evaluate(reference, Pairs[0], reference);
        double corrupted = metric.Evaluate(Logits(Pairs[0].Corrupted, Hook.Z(0), (in Activation _) => { }), Pairs[0], reference);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            HookPoint point = Hook.Z((int)row[table.IndexOf("layer")]!);
            int head = (int)row[table.IndexOf("head")]!;
            double patched = metric.Evaluate(
                Logits(Pairs[0].Corrupted, point, (in Activation a) => Write(in a, head, p => Clean[0].Row(point, p, head))), Pairs[0], reference);
            Assert.Equal(patched, row[table.IndexOf("patched")]);
            object? effect = row[table.IndexOf("effect")];
            if (clean == corrupted)
            {
                Assert.Null(effect);
            }
            else
            {
                Assert.Equal((patched - corrupted) / (clean - corrupted), effect);
            }
        }
    }

    private delegate ReadOnlySpan<float> Rows(int prompt, HookPoint point, int head, int position);

    private delegate ReadOnlySpan<float> RowAt(int position);

    private static void Cells(ResultTable table, Rows other, bool corrupted, bool exact)
    {
        string[] names = [.. table.Columns.Select(c => c.Name)];
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            int prompt = (int)row[0]!;
            HookPoint point = Model.Hooks.Match([(string)Of("hook")!]).Single();
            IReadOnlyList<int> tokens = corrupted ? Pairs[prompt].Corrupted : Pairs[prompt].Clean;
            double expected = Run(tokens, point, (in Activation a) =>
            {
                for (int h = 0; h < a.Heads; h++)
                {
                    for (int p = 0; p < a.Positions; p++)
                    {
                        if (Of("head") is int head && head != h || Of("pos") is int pos && pos != p)
                        {
                            continue;
                        }

                        ReadOnlySpan<float> from = other(prompt, point, h, p);
                        int? only = (int?)(Of("neuron") ?? Of("src_pos"));
                        for (int i = only ?? 0; i < (only + 1 ?? from.Length); i++)
                        {
                            a.Row(p, h)[i] = from[i];
                        }
                    }
                }
            });
            Assert.Equal(expected, (double)Of("patched")!, exact ? 0 : 1e-6 * Math.Max(1, Math.Abs(expected)));

            object? Of(string column) => row[Array.IndexOf(names, column)];
        }
    }

    private static void Write(in Activation activation, int head, RowAt row)
    {
        for (int p = 0; p < activation.Positions; p++)
        {
            row(p).CopyTo(activation.Row(p, head));
        }
    }

    private static double Run(IReadOnlyList<int> tokens, HookPoint point, ActivationEdit edit)
    {
        float[] logits = Logits(tokens, point, edit);
        return (double)logits[3] - logits[11];
    }

    private static float[] Logits(IReadOnlyList<int> tokens, HookPoint point, ActivationEdit edit) =>
        Model.Run(tokens, new RunOptions { Interventions = [new Custom(point, "by hand", edit, Scope.Everything)] }).LogitsAt(0, -1).ToArray();

    private static ActivationCache Record(IReadOnlyList<int> tokens) =>
        Model.Run(tokens, new RunOptions { Observe = [.. Model.Hooks.AllPoints.Select(p => (HookQuery)p)] }).Cache();
}
