using System.Text.Json;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Readings;

/// <summary>
/// Every tensor of TransformerLens' analysis files, on raw and on processed weights. Tolerance 1e-4 relative plus 1e-5: both sides are
/// float32 sums of a few hundred terms of size 1 in different orders, and a sum can be near 0. Circuits, composition and the detector's shares are compared in
/// <c>TransformerLensWeightTests</c>; a key that neither knows fails here.
/// <para>
/// Where TransformerLens' convention differs: its logit attributions leave out gain and bias of the last norm, its layers hold their
/// output biases, and accumulated_resid(apply_ln=True) and the lens recompute the norm of each vector. What is compared is then put
/// together here from our rows, or computed from our numbers by the formula.
/// </para>
/// </summary>
public sealed class TransformerLensAnalysisTests
{
    private static readonly string[] Names = ["gpt2", "neox", "llama", "gptj", "attn_only_2l", "attn_only_2l_shortformer"];
    private static readonly string[] Elsewhere = ["OV_", "QK_", "fullOV_", "composition_"];

    public static TheoryData<string, bool> Models => new(Names.SelectMany(n => new[] { (n, false), (n, true) }));

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_number_agrees(string name, bool processed)
    {
        var subject = new Subject(name, processed);
        using (subject.Expected)
        {
            string[] keys = [.. subject.Expected.Names.Where(k => !Elsewhere.Any(e => k.StartsWith(e, StringComparison.Ordinal)))];
            Assert.NotEmpty(keys);
            foreach (string key in keys)
            {
                for (int s = 0; s < 3; s++)
                {
                    Check(subject, key, s);
                }
            }
        }
    }

    private static void Check(Subject subject, string key, int s)
    {
        string[] labels = key switch
        {
            _ when key.Contains("accumulated", StringComparison.Ordinal) || key == "logit_lens_last" => subject.Labels["accumulated_resid"],
            _ when key.Contains("decompose", StringComparison.Ordinal) => subject.Labels["decompose_resid"],
            _ when key.Contains("full", StringComparison.Ordinal) => subject.Labels["full_resid_decomposition"],
            _ => subject.Labels["stack_head_results"],
        };
        Assert.True(!Stacked(key) || labels.Length == subject.Expected.Shape(key)[0], key);
        for (int i = 0; i < labels.Length && Stacked(key); i++)
        {
            foreach (int p in subject.Expected.Shape(key).Length == 4 || key == "head_result_norms" ? new[] { 0, 5, 15 } : [15])
            {
                float[] vector = subject.Vector(key, labels[i], s, p);
                string what = $"{key} {labels[i]} prompt {s} position {p}";
                switch (key)
                {
                    case "head_result_norms":
                        subject.Near(subject.Expected.Floats(key, i, s, p), [(float)Math.Sqrt(vector.Sum(x => (double)x * x))], what);
                        break;
                    case "logit_lens_last":
                        subject.Near(subject.Expected.Floats(key, i, s), subject.Unembedded(Recomputed(subject, vector, p)), what);
                        break;
                    case "accumulated_resid_ln_last":
                        subject.Near(subject.Expected.Floats(key, i, s), Recomputed(subject, vector, p), what);
                        break;
                    case "accumulated_resid_cachedscale_last" or "decompose_resid_ln_last":
                        subject.Near(subject.Expected.Floats(key, i, s), subject.Frozen(vector, s, p), what);
                        break;
                    case "accumulated_resid" or "decompose_resid":
                        subject.Near(subject.Expected.Floats(key, i, s, p), vector, what);
                        break;
                    case "stack_head_results_last" or "full_resid_decomposition_last":
                        subject.Near(subject.Expected.Floats(key, i, s), vector, what);
                        break;
                    default:
                        double[] direction = subject.Direction(s, key == "logit_attrs_decompose_last_correct_only");
                        double ours = subject.Frozen(vector, s, p).Zip(direction, (x, d) => x * d).Sum();
                        subject.Near(subject.Expected.Floats(key, i, s), [(float)ours], what);
                        break;
                }
            }
        }

        if (!Stacked(key))
        {
            Single(subject, key, s);
        }
    }

    private static bool Stacked(string key) => key is "head_result_norms" or "logit_lens_last"
        || key.StartsWith("accumulated_", StringComparison.Ordinal) || key.StartsWith("decompose_", StringComparison.Ordinal)
        || key.StartsWith("stack_", StringComparison.Ordinal) || key.StartsWith("full_", StringComparison.Ordinal)
        || (key.StartsWith("logit_attrs_", StringComparison.Ordinal) && key != "logit_attrs_neurons_last");

    private static void Single(Subject subject, string key, int s)
    {
        if (key == "logit_diff")
        {
            subject.Near(subject.Expected.Floats(key), [(float)Enumerable.Range(0, 3).Average(subject.LogitDiff)], key);
        }
        else if (key == "logit_diff_directions")
        {
            subject.Near(subject.Expected.Floats(key, s), [.. subject.Direction(s, false).Select(x => (float)x)], key);
        }
        else if (key == "logit_attrs_neurons_last")
        {
            float[] expected = subject.Expected.Floats(key);
            double[] ours = subject.Neurons(s);
            subject.Near([.. ours.Select((_, i) => expected[(i * 3) + s])], [.. ours.Select(x => (float)x)], key);
        }
        else
        {
            HeadPattern pattern = Enum.GetValues<HeadPattern>().Single(p => key.Contains(HeadScores.NameOf(p), StringComparison.Ordinal));
            if (key.StartsWith("detection_pattern_", StringComparison.Ordinal))
            {
                float[] ours = [.. from i in Enumerable.Range(0, 16)
                                   from j in Enumerable.Range(0, 16)
                                   select HeadScores.Counts(pattern, subject.Clean[s], i, j) ? 1f : 0];
                Assert.Equal(subject.Expected.Floats(key, s), ours);
            }
            else if (key.EndsWith("_abs", StringComparison.Ordinal))
            {
                // TransformerLens rounds its scores to three digits: ours, rounded as well, are the same up to the last float32 digits.
                double[] ours = HeadScores.Distances(subject.Model, subject.Run.Cache(s), subject.Clean[s], pattern);
                float[] expected = subject.Expected.Floats(key, s);
                Assert.All(expected.Zip(ours), pair => Assert.True(
                    new[] { -1e-5, 0, 1e-5 }.Any(d => Math.Abs(Math.Round(pair.Second + d, 3) - pair.First) < 1e-6), $"{key}: {pair}"));
            }
            else
            {
                Assert.Matches("^head_detector_.*_head_mul(_nobos)?(_nocur)?$", key);
            }
        }
    }

    private static float[] Recomputed(Subject subject, float[] vector, int p)
    {
        // The whole norm, written out; the library's own stack is compared with it where it has the vector.
        NormWeights norm = subject.Model.Weights.FinalNorm!;
        bool layer = subject.Model.Config.Norm == NormKind.LayerNorm;
        double mean = layer ? vector.Average(x => (double)x) : 0;
        double scale = Math.Sqrt(vector.Average(x => (x - mean) * (x - mean)) + subject.Model.Config.NormEpsilon);
        return
        [
            .. vector.Select((x, i) => (float)(((x - mean) / scale * (norm.Gain.Length > 0 ? norm.Gain[i] : 1))
                + (norm.Bias.Length > 0 ? norm.Bias[i] : 0))),
        ];
    }

    private sealed class Subject
    {
        private readonly string _what;
        private readonly int[] _correct;
        private readonly int[] _wrong;

        public Subject(string name, bool processed)
        {
            _what = $"{name} {(processed ? "processed" : "raw")}";
            string folder = Fixtures.Require($"tl/{name}");
            string native = Path.Combine(folder, "native");
            Model = TransformerModel.Load(Directory.Exists(native) ? native : folder);
            if (processed)
            {
                // TransformerLens' script folded the value biases only where positions are added behind the norm.
                ProcessStep[] steps = name.Contains("shortformer", StringComparison.Ordinal)
                    ? [ProcessStep.FoldValueBiases]
                    : [.. Enum.GetValues<ProcessStep>().Where(step => WeightProcessing.Refusal(Model, step) is null)];
                Model = WeightProcessing.Apply(Model, steps, 1).Model;
            }

            using var tokens = Expected.Open("tl", name, "tokens.safetensors");
            (Clean, _correct, _wrong) = (tokens.Rows("clean"), tokens.Rows("correct")[0], tokens.Rows("wrong")[0]);
            Run = Model.Run(
                new TokenBatch(Clean),
                new RunOptions { Observe = [.. ResidualLedger.Needs(Model, LedgerDetail.Source).Append((HookQuery)Hook.FinalScale).Distinct()] });
            Labels = JsonSerializer.Deserialize<Dictionary<string, string[]>>(File.ReadAllText(Path.Combine(folder, "labels.json")))!;
            Expected = Expected.Open("tl", name, processed ? "analysis_processed.safetensors" : "analysis_raw.safetensors");
        }

        public TransformerModel Model { get; }

        public RunResult Run { get; }

        public int[][] Clean { get; }

        public Expected Expected { get; }

        public Dictionary<string, string[]> Labels { get; }

        public double LogitDiff(int s) => (double)Run.LogitsAt(s, -1)[_correct[s]] - Run.LogitsAt(s, -1)[_wrong[s]];

        public double[] Direction(int s, bool correctOnly)
        {
            float[] correct = new float[Model.Config.DModel], wrong = new float[Model.Config.DModel];
            Model.Weights.Unembed.CopyOutput(_correct[s], correct);
            Model.Weights.Unembed.CopyOutput(_wrong[s], wrong);
            return [.. correct.Zip(wrong, (c, w) => (double)c - (correctOnly ? 0 : w))];
        }

        /// <summary>Each neuron's contribution through the norm without its gain, [layer x neuron].</summary>
        public double[] Neurons(int s)
        {
            var ledger = new ResidualLedger(Model, Run.Cache(s));
            StreamReading reading = ledger.ReadLogits(
                -1, Run.LogitsAt(s, -1), _correct[s], _wrong[s], gainRow: Model.Weights.FinalNorm is { Gain.Length: > 0 });
            return
            [
                .. ledger.Attribute(reading, new DecompositionOptions { Detail = LedgerDetail.Neuron }).Rows
                    .Where(r => r.Component.Kind == ComponentKind.Neuron).Select(r => r.Dla),
            ];
        }

        /// <summary>Our writes under a label of TransformerLens.</summary>
        public float[] Vector(string key, string label, int s, int p)
        {
            ActivationCache cache = Run.Cache(s);
            if (key.Contains("accumulated", StringComparison.Ordinal) || key == "logit_lens_last")
            {
                return StackedResidual.Accumulated(Model, cache, p).Single(e => e.Label == label).Vector;
            }

            if (label == "pos_embed" && Model.Config.Positions == PositionKind.Shortformer)
            {
                // Not in the stream; TransformerLens lists it all the same.
                return cache.Row(Hook.PosEmbed, p).ToArray();
            }

            bool byHead = label is "remainder" or "bias" || label[0] == 'L';
            IReadOnlyList<StackEntry> entries =
                StackedResidual.Decomposed(Model, cache, p, byHead ? LedgerDetail.Head : LedgerDetail.Component);
            return Sum(label switch
            {
                "remainder" => entries.Where(e => e.Label[0] != 'L'),
                "bias" => entries.Where(e => e.Label.EndsWith("_attn_bias", StringComparison.Ordinal)),
                _ => entries.Where(e => e.Label == label || e.Label == label.Replace("_out", "_bias", StringComparison.Ordinal)),
            });
        }

        /// <summary>Through the norm at the recorded scale, without gain and bias.</summary>
        public float[] Frozen(float[] vector, int s, int p)
        {
            double mean = Model.Config.Norm == NormKind.LayerNorm ? vector.Average(x => (double)x) : 0;
            float scale = Run.Cache(s).Row(Hook.FinalScale, p)[0];
            return [.. vector.Select(x => (float)((x - mean) / scale))];
        }

        public float[] Unembedded(float[] vector)
        {
            var logits = new float[Model.Config.DVocab];
            Model.Weights.Unembed.Apply(vector, 1, logits);
            return Model.Weights.Unembed.Bias.IsEmpty ? logits : [.. logits.Select((x, i) => x + Model.Weights.Unembed.Bias[i])];
        }

        public void Near(float[] expected, ReadOnlySpan<float> actual, string what) => Close.Assert(expected, actual, 1e-5, 1e-4, $"{_what} {what}");

        private float[] Sum(IEnumerable<StackEntry> entries)
        {
            var sum = new float[Model.Config.DModel];
            foreach (StackEntry entry in entries)
            {
                System.Numerics.Tensors.TensorPrimitives.Add(sum, entry.Vector, sum);
            }

            return sum;
        }
    }
}
