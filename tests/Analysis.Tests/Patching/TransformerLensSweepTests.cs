using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>
/// Patching and zero-ablation tables as TransformerLens computes them: corrupted runs with clean activations patched in,
/// metric = mean over prompts of the logit difference at the last position. Tolerance 1e-5 + 1e-5 |x|: both are float32.
/// </summary>
public sealed class TransformerLensSweepTests
{
    private static readonly (string Tensor, string Site, string[] By)[] Sweeps =
    [
        ("resid_pre", "resid_pre", ["layer", "pos"]),
        ("resid_mid", "resid_mid", ["layer", "pos"]),
        ("attn_out", "attn_out", ["layer", "pos"]),
        ("mlp_out", "mlp_out", ["layer", "pos"]),
        ("attn_head_out_all_pos", "z", ["layer", "head"]),
        ("attn_head_q_all_pos", "q", ["layer", "head"]),
        ("attn_head_k_all_pos", "k", ["layer", "head"]),
        ("attn_head_v_all_pos", "v", ["layer", "head"]),
        ("attn_head_pattern_all_pos", "pattern", ["layer", "head"]),
        ("attn_head_out_by_pos", "z", ["layer", "pos", "head"]),
        ("attn_head_pattern_by_pos", "pattern", ["layer", "head", "pos"]),
    ];

    public static TheoryData<string> Directories =>
    [
        "gpt2", "gpt2/native", "neox", "neox/native", "llama", "llama/native", "gptj", "gptj/native", "attn_only_2l",
        "attn_only_2l_shortformer", "bert", "bert/native",
    ];

    [Theory]
    [MemberData(nameof(Directories))]
    public void Patching_tables_are_the_same(string directory)
    {
        TransformerModel model = Load(directory, out PromptPair[] pairs, out Expected expected);
        using (expected)
        {
            int compared = 0;
            foreach ((string tensor, string site, string[] by) in Sweeps.Where(s => expected.Has(s.Tensor)))
            {
                ResultTable table = PatchingSweep.Run(model, pairs, new SweepOptions { Sites = [site], By = [.. by.Select(SweepAxes.Parse)] });
                Close.Assert(expected.Floats(tensor), Means(table, by, expected.Shape(tensor), model), 1e-5, 1e-5, $"{directory} {tensor}");
                Assert.Equal(expected.Floats("clean_metric")[0], table.Values("clean").Cast<double>().Take(pairs.Length).Average(), 1e-5);
                Assert.Equal(expected.Floats("corrupt_metric")[0], table.Values("corrupted").Cast<double>().Take(pairs.Length).Average(), 1e-5);
                compared++;
            }

            Assert.True(compared >= 8, $"{directory}: only {compared} tables compared");
        }
    }

    [Theory]
    [MemberData(nameof(Directories))]
    public void Tables_of_several_sites_are_the_same(string directory)
    {
        TransformerModel model = Load(directory, out PromptPair[] pairs, out Expected expected);
        using (expected)
        {
            foreach ((string name, string[] by) in new[]
                     {
                         ("block_every", new[] { "layer", "pos" }), ("attn_head_all_pos_every", ["layer", "head"]),
                         ("attn_head_by_pos_every", ["layer", "pos", "head"]),
                     })
            {
                if (!expected.Has(name))
                {
                    Assert.True(model.Config.AttnOnly || model.Config.Block != BlockStyle.PreNorm, $"{directory}: no {name}");
                    continue;
                }

                int[] shape = expected.Shape(name)[1..];
                ResultTable table = PatchingSweep.Run(model, pairs, new SweepOptions { Sites = [name] });
                string[] sites = [.. table.Values("site").Cast<string>().Distinct()];
                Assert.Equal(expected.Shape(name)[0], sites.Length);
                for (int s = 0; s < sites.Length; s++)
                {
                    Close.Assert(
                        expected.Floats(name, s), Means(Only(table, sites[s]), by, shape, model), 1e-5, 1e-5,
                        $"{directory} {name} {sites[s]}");
                }
            }
        }
    }

    private static ResultTable Only(ResultTable table, string site)
    {
        var only = new ResultTable(table.Name, table.Columns);
        int column = table.IndexOf("site");
        foreach (IReadOnlyList<object?> row in table.Rows.Where(r => (string)r[column]! == site))
        {
            only.Add([.. row]);
        }

        return only;
    }

    [Theory]
    [MemberData(nameof(Directories))]
    public void Sweeps_over_every_site_are_the_same(string directory)
    {
        TransformerModel model = Load(directory, out PromptPair[] pairs, out Expected expected);
        using (expected)
        {
            foreach ((string tensor, string[] sites, string[] by) in new (string, string[], string[])[]
                     {
                         ("attn_head_all_pos_every", ["z", "q", "k", "v", "pattern"], ["layer", "head"]),
                         ("attn_head_by_pos_every", ["z", "q", "k", "v", "pattern"], ["layer", "pos", "head"]),
                         ("block_every", ["resid_pre", "attn_out", "mlp_out"], ["layer", "pos"]),
                     })
            {
                if (!expected.Has(tensor))
                {
                    Assert.True(model.Config.AttnOnly);
                    continue;
                }

                for (int s = 0; s < sites.Length; s++)
                {
                    ResultTable table = PatchingSweep.Run(model, pairs, new SweepOptions { Sites = [sites[s]], By = [.. by.Select(SweepAxes.Parse)] });
                    Close.Assert(
                        expected.Floats(tensor, s), Means(table, by, expected.Shape(tensor)[1..], model), 1e-5, 1e-5,
                        $"{directory} {tensor} {sites[s]}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Directories))]
    public void Zero_ablation_tables_are_the_same(string directory)
    {
        TransformerModel model = Load(directory, out PromptPair[] pairs, out Expected expected);
        using (expected)
        {
            foreach ((string tensor, string site, string[] by) in new[]
                     {
                         ("zero_ablate_head_z", "z", new[] { "layer", "head" }),
                         ("zero_ablate_attn_out", "attn_out", ["layer"]),
                         ("zero_ablate_mlp_out", "mlp_out", ["layer"]),
                     })
            {
                if (!expected.Has(tensor))
                {
                    Assert.True(model.Config.AttnOnly);
                    continue;
                }

                ResultTable table = AblationSweep.Run(model, pairs, new SweepOptions { Sites = [site], By = [.. by.Select(SweepAxes.Parse)] });
                Close.Assert(expected.Floats(tensor), Means(table, by, expected.Shape(tensor), model), 1e-5, 1e-5, $"{directory} {tensor}");
            }
        }
    }

    /// <summary>Means over prompts, in the axes of the reference; zero where the reference pads key-value heads.</summary>
    private static float[] Means(ResultTable table, string[] by, int[] shape, TransformerModel model)
    {
        var sums = new double[shape.Aggregate(1, (a, b) => a * b)];
        var counts = new int[sums.Length];
        int[][] columns = [.. by.Select(axis => table.Values(axis).Select(v => (int)v!).ToArray())];
        double[] patched = [.. table.Values("patched").Select(v => (double)v!)];
        for (int row = 0; row < patched.Length; row++)
        {
            int index = 0;
            for (int axis = 0; axis < by.Length; axis++)
            {
                index = (index * shape[axis]) + columns[axis][row];
            }

            sums[index] += patched[row];
            counts[index]++;
        }

        Assert.All(counts, n => Assert.True(n == 3 || (n == 0 && model.Config.NKeyValueHeads < model.Config.NHeads)));
        return [.. sums.Zip(counts, (sum, n) => n == 0 ? 0f : (float)(sum / n))];
    }

    private static TransformerModel Load(string directory, out PromptPair[] pairs, out Expected expected)
    {
        string name = directory.Split('/')[0];
        using Expected tokens = Expected.Open("tl", name, "tokens.safetensors");
        int[][] clean = tokens.Rows("clean"), corrupt = tokens.Rows("corrupt");
        int[] correct = tokens.Rows("correct")[0], wrong = tokens.Rows("wrong")[0];
        pairs = [.. clean.Select((row, i) => new PromptPair
        {
            Clean = row,
            Corrupted = corrupt[i],
            Answers = [correct[i]],
            Wrongs = [wrong[i]],
        })];
        expected = Expected.Open("tl", name, "patching_raw.safetensors");
        return TransformerModel.Load(Fixtures.Require("tl/" + directory));
    }
}
