using System.Runtime.InteropServices;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Variants;

/// <summary>Compares what the engines compute, byte for byte.</summary>
internal static class Engines
{
    /// <summary>The lanes, with 1 thread and 2, against one full forward pass per variant: logits and what is recorded.</summary>
    public static void Same(
        TransformerModel model, int[][] prompts, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        Dictionary<int, Result> expected = Run(new NaiveEngine(), model, prompts, variants, options with { MemoryBudget = null });
        foreach (int threads in new[] { 1, 2 })
        {
            Dictionary<int, Result> found = Run(new LaneEngine(), model, prompts, variants, options with { Threads = threads });
            Assert.Equal(variants.Count, found.Count);
            for (int i = 0; i < variants.Count; i++)
            {
                string what = $"{model.Config.Block} {model.Config.Positions} causal {model.Config.Causal}: variant {i} of sequence "
                    + $"{variants[i].Sequence}, {string.Join(" + ", variants[i].Interventions)}";
                SameBits(expected[i].Logits, found[i].Logits, what);
                Assert.Equal(expected[i].Recorded.Keys, found[i].Recorded.Keys);
                foreach ((HookPoint point, float[] values) in expected[i].Recorded)
                {
                    SameBits(values, found[i].Recorded[point], $"{what}, recorded {point}");
                }
            }
        }
    }

    private static Dictionary<int, Result> Run(
        IVariantEngine engine, TransformerModel model, int[][] prompts, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        Dictionary<int, Result> results = [];
        engine.Run(model, new TokenBatch(prompts), variants, options, (in VariantResult r) =>
        {
            ActivationCache? cache = r.Recorded;
            Dictionary<HookPoint, float[]> recorded = cache?.Points.ToDictionary(p => p, p => cache.Values(p)) ?? [];
            results.Add(r.Index, new Result(r.Logits.ToArray(), recorded));
        });
        return results;
    }

    /// <summary>The same bytes; undefined numbers are the same whatever their payload.</summary>
    private static void SameBits(float[] expected, float[] found, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        ReadOnlySpan<int> a = MemoryMarshal.Cast<float, int>(expected), b = MemoryMarshal.Cast<float, int>(found);
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i] && !(float.IsNaN(expected[i]) && float.IsNaN(found[i])))
            {
                Assert.Fail($"{what}: value {i} of {a.Length}: expected {expected[i]:R}, found {found[i]:R}");
            }
        }
    }

    private sealed record Result(float[] Logits, Dictionary<HookPoint, float[]> Recorded);
}
