using System.Text.Json;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Readings;

/// <summary>
/// Stacks and attributions against TransformerLens. Tolerance 1e-4 relative plus 1e-5: both sides are float32 sums of a few
/// hundred terms of size 1 in different orders. "processed" is the checkpoint that TransformerLens itself processed and saved.
/// </summary>
public sealed class TransformerLensStackTests
{
    private static readonly string[] Names = ["gpt2", "neox", "llama", "gptj", "attn_only_2l"];

    public static TheoryData<string> Models => [.. Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Accumulated_and_decomposed_stacks_agree(string name)
    {
        (TransformerModel model, RunResult run, Expected expected, Dictionary<string, string[]> labels) = Open(name);
        using (expected)
        {
            for (int s = 0; s < 3; s++)
            {
                for (int p = 0; p < 16; p += 5)
                {
                    ActivationCache cache = run.Cache(s);
                    Compare(StackedResidual.Accumulated(model, cache, p), labels["accumulated_resid"], "accumulated_resid", s, p);
                    Compare(
                        WithBiases(StackedResidual.Decomposed(model, cache, p)), labels["decompose_resid"], "decompose_resid", s, p);
                }

                CompareLast(StackedResidual.Accumulated(model, run.Cache(s), -1, norm: StackNorm.Recomputed), "accumulated_resid_ln_last", s);
                CompareLast(
                    StackedResidual.Accumulated(model, run.Cache(s), -1, norm: StackNorm.Frozen),
                    "accumulated_resid_cachedscale_last", s);
                CompareLast(
                    Heads(StackedResidual.Decomposed(model, run.Cache(s), -1, LedgerDetail.Head)), "stack_head_results_last", s);
            }
        }

        void Compare(IReadOnlyList<StackEntry> entries, string[] order, string key, int s, int p)
        {
            Assert.Equal(order, entries.Select(e => e.Label));
            for (int i = 0; i < order.Length; i++)
            {
                Close.Assert(expected.Floats(key, i, s, p), entries[i].Vector, 1e-5, 1e-4, $"{name} {key} {order[i]} {s} {p}");
            }
        }

        void CompareLast(IReadOnlyList<StackEntry> entries, string key, int s)
        {
            if (!expected.Has(key))
            {
                return;
            }

            for (int i = 0; i < entries.Count; i++)
            {
                Close.Assert(expected.Floats(key, i, s), entries[i].Vector, 1e-5, 1e-4, $"{name} {key} {entries[i].Label} {s}");
            }
        }
    }

    // TransformerLens' logit_attrs leave the gain and bias of the last norm out: our rows with the gain as a row of its own.
    [Theory]
    [MemberData(nameof(Models))]
    public void Head_and_layer_attributions_agree(string name)
    {
        (TransformerModel model, RunResult run, Expected expected, Dictionary<string, string[]> labels) = Open(name);
        using (expected)
        {
            using var tokens = Expected.Open("tl", name, "tokens.safetensors");
            int[] correct = tokens.Rows("correct")[0], wrong = tokens.Rows("wrong")[0];
            float[] heads = expected.Floats("logit_attrs_heads_last"), layers = expected.Floats("logit_attrs_decompose_last");
            for (int s = 0; s < 3; s++)
            {
                var ledger = new ResidualLedger(model, run.Cache(s));
                bool gain = model.Weights.FinalNorm is { Gain.Length: > 0 };
                StreamReading reading = ledger.ReadLogits(-1, run.LogitsAt(s, -1), correct[s], wrong[s], gainRow: gain);
                Decomposition byHead = ledger.Attribute(reading, new DecompositionOptions());
                foreach ((DecompositionRow row, int i) in byHead.Rows.Where(r => r.Component.Kind == ComponentKind.Head).Select((r, i) => (r, i)))
                {
                    Near(heads[(i * 3) + s], row.Dla, $"{name} {row.Component}");
                }

                Decomposition byLayer = ledger.Attribute(reading, new DecompositionOptions { Detail = LedgerDetail.Component });
                for (int i = 0; i < labels["decompose_resid"].Length; i++)
                {
                    string label = labels["decompose_resid"][i];
                    double ours = byLayer.Rows.Where(r => r.Component.Label == label || Layer(r.Component) == label).Sum(r => r.Dla);
                    Near(layers[(i * 3) + s], ours, $"{name} {label}");
                }
            }
        }

        static void Near(float expected, double actual, string what) =>
            Assert.True(Math.Abs(expected - actual) <= 1e-5 + (1e-4 * Math.Abs(expected)), $"{what}: expected {expected}, found {actual}");
    }

    private static string Layer(Component component) => component.Kind switch
    {
        ComponentKind.AttnBias => $"{component.Layer}_attn_out",
        ComponentKind.MlpBias => $"{component.Layer}_mlp_out",
        _ => "",
    };

    private static List<StackEntry> WithBiases(IReadOnlyList<StackEntry> entries)
    {
        List<StackEntry> merged = [];
        foreach (StackEntry entry in entries)
        {
            if (entry.Label.EndsWith("_bias", StringComparison.Ordinal))
            {
                merged[^1] = merged[^1] with { Vector = [.. merged[^1].Vector.Zip(entry.Vector, (a, b) => a + b)] };
            }
            else
            {
                merged.Add(entry);
            }
        }

        return merged;
    }

    private static List<StackEntry> Heads(IReadOnlyList<StackEntry> entries) =>
        [.. entries.Where(e => e.Label[0] == 'L' && e.Label.Contains('H', StringComparison.Ordinal))];

    private static (TransformerModel Model, RunResult Run, Expected Expected, Dictionary<string, string[]> Labels) Open(string name)
    {
        string folder = Fixtures.Require($"tl/{name}");
        string weights = Directory.Exists(Path.Combine(folder, "native")) ? Path.Combine(folder, "native") : folder;
        TransformerModel model = TransformerModel.Load(weights);
        using var tokens = Expected.Open("tl", name, "tokens.safetensors");
        RunResult run = model.Run(
            new TokenBatch(tokens.Rows("clean")), new RunOptions { Observe = ResidualLedger.Needs(model, LedgerDetail.Head) });
        var labels = JsonSerializer.Deserialize<Dictionary<string, string[]>>(File.ReadAllText(Path.Combine(folder, "labels.json")))!;
        return (model, run, Expected.Open("tl", name, "analysis_raw.safetensors"), labels);
    }
}
