using System.Numerics;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Weights;

/// <summary>
/// Circuits, composition, detector scores and processed weights against TransformerLens. Tolerance 1e-4 relative plus 1e-5
/// (eigenvalues: 1e-4 of the largest, as those of a non-symmetric matrix move with the whole matrix, not with themselves).
/// </summary>
public sealed class TransformerLensWeightTests
{
    private static readonly string[] Names = ["gpt2", "neox", "llama", "gptj", "attn_only_2l", "attn_only_2l_shortformer"];

    public static TheoryData<string, bool> Models => new(Names.SelectMany(n => new[] { (n, false), (n, true) }));

    [Theory]
    [MemberData(nameof(Models))]
    public void Circuits_agree(string name, bool processed)
    {
        TransformerModel model = Open(name, processed);
        using var expected = Analysis(name, processed);
        var circuits = new HeadCircuits(model);
        foreach ((int l, int h) in WeightTables.All(model))
        {
            foreach ((string key, LowRank circuit) in new[] { ("OV", circuits.Ov(l, h)), ("QK", circuits.Qk(l, h)) })
            {
                string what = $"{name} {processed} {key} L{l}H{h}";
                Near(expected.Floats($"{key}_norm", l, h)[0], circuit.Norm, what + " norm");
                Close.Assert(
                    expected.Floats($"{key}_singular_values", l, h), [.. circuit.SingularValues().Select(x => (float)x)], 1e-5, 1e-4, what);
                Spectrum(expected.Floats($"{key}_eigenvalues", l, h), circuit, what);
                Near(expected.Floats($"{key}_copying_score", l, h)[0], circuit.CopyingScore(), what + " copying");
            }

            LowRank full = circuits.FullOv(l, h);
            Spectrum(expected.Floats("fullOV_eigenvalues", l, h), full, $"{name} full L{l}H{h}");
            Near(expected.Floats("fullOV_copying_score", l, h)[0], full.CopyingScore(), $"{name} full copying L{l}H{h}");
            Near(expected.Floats("fullOV_copying_score", l, h)[0], circuits.FullCopyingScore(l, h), $"{name} full copying L{l}H{h}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Composition_scores_agree(string name, bool processed)
    {
        TransformerModel model = Open(name, processed);
        using var expected = Analysis(name, processed);
        ResultTable table = WeightTables.Composition(model);
        Assert.NotEmpty(table.Rows);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            string key = "composition_" + ((string)row[4]!).ToUpperInvariant();
            float value = expected.Floats(key, (int)row[0]!, (int)row[1]!, (int)row[2]!, (int)row[3]!)[0];
            Near(value, (double)row[5]!, $"{name} {key} {string.Join(' ', row)}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Detector_scores_agree(string name, bool processed)
    {
        TransformerModel model = Open(name, processed);
        using var expected = Analysis(name, processed);
        using var tokens = Expected.Open("tl", name, "tokens.safetensors");
        int[][] clean = tokens.Rows("clean");
        RunResult run = model.Run(new TokenBatch(clean), new RunOptions { Observe = ["blocks.*.attn.hook_pattern"] });
        foreach (HeadPattern pattern in Enum.GetValues<HeadPattern>())
        {
            string key = $"head_detector_{HeadScores.NameOf(pattern)}_head_mul";
            if (!expected.Has(key))
            {
                continue;
            }

            for (int s = 0; s < clean.Length; s++)
            {
                foreach ((string ending, bool first, bool current) in new[]
                         {
                             ("", false, false), ("_nobos", true, false), ("_nocur", false, true), ("_nobos_nocur", true, true),
                         })
                {
                    double[] scores = HeadScores.Of(model, run.Cache(s), clean[s], pattern, first, current);
                    Close.Assert(expected.Floats(key + ending, s), [.. scores.Select(x => (float)x)], 1e-5, 1e-4, $"{name} {key}{ending}");
                }
            }
        }
    }

    // The weights themselves, one by one: TransformerLens' saved state after the same steps.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("attn_only_2l")]
    [InlineData("neox")]
    public void Processed_weights_agree(string name)
    {
        TransformerModel model = Open(name, processed: true);
        using var expected = Expected.Open("tl", name, "weights_tl_processed.safetensors");
        ModelConfig config = model.Config;
        int d = config.DModel, dHead = config.DHead;
        for (int l = 0; l < config.NLayers; l++)
        {
            AttentionWeights attention = model.Weights.Blocks[l].Attention;
            var row = new float[config.NHeads * dHead];
            for (int h = 0; h < config.NHeads; h++)
            {
                for (int i = 0; i < d; i++)
                {
                    attention.Query.CopyInput(i, row);
                    Close.Assert(expected.Floats($"blocks.{l}.attn.W_Q", h, i), row.AsSpan(h * dHead, dHead), 1e-5, 1e-4, $"{name} W_Q {l} {h} {i}");
                }

                var write = new float[d];
                for (int i = 0; i < dHead; i++)
                {
                    attention.Output.CopyInput((h * dHead) + i, write);
                    Close.Assert(expected.Floats($"blocks.{l}.attn.W_O", h, i), write, 1e-5, 1e-4, $"{name} W_O {l} {h} {i}");
                }
            }

            Close.Assert(expected.Floats($"blocks.{l}.attn.b_O"), attention.Output.Bias, 1e-5, 1e-4, $"{name} b_O {l}");
        }

        var column = new float[config.DVocab];
        for (int i = 0; i < d; i++)
        {
            model.Weights.Unembed.CopyInput(i, column);
            Close.Assert(expected.Floats("unembed.W_U", i), column, 1e-5, 1e-4, $"{name} W_U {i}");
        }
    }

    private static TransformerModel Open(string name, bool processed)
    {
        string folder = Fixtures.Require($"tl/{name}");
        string native = Path.Combine(folder, "native");
        TransformerModel model = TransformerModel.Load(Directory.Exists(native) ? native : folder);
        if (!processed)
        {
            return model;
        }

        // TransformerLens' script folded the value biases only where positions are added behind the norm.
        ProcessStep[] steps = name.Contains("shortformer", StringComparison.Ordinal)
            ? [ProcessStep.FoldValueBiases]
            : [.. Enum.GetValues<ProcessStep>().Where(s => WeightProcessing.Refusal(model, s) is null)];
        return WeightProcessing.Apply(model, steps, 1).Model;
    }

    private static Expected Analysis(string name, bool processed) =>
        Expected.Open("tl", name, processed ? "analysis_processed.safetensors" : "analysis_raw.safetensors");

    // Conjugates, and values of equal modulus, may be in any order: each expected value must have one of ours near it.
    private static void Spectrum(float[] expected, LowRank circuit, string what)
    {
        List<Complex> ours = [.. circuit.Eigenvalues()];
        double size = ours.Max(e => e.Magnitude);
        for (int i = 0; i < expected.Length; i += 2)
        {
            var value = new Complex(expected[i], expected[i + 1]);
            Complex nearest = ours.MinBy(e => (e - value).Magnitude);
            Assert.True((nearest - value).Magnitude <= 1e-4 * size, $"{what}: expected {value}, nearest {nearest}");
            ours.Remove(nearest);
        }
    }

    private static void Near(double expected, double actual, string what) => Assert.True(
        Math.Abs(expected - actual) <= 1e-5 + (1e-4 * Math.Abs(expected)), $"{what}: expected {expected}, found {actual}");
}
