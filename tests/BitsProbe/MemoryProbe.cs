using Interp.Hooks;
using Interp.Runtime;
using Interp.Tests;

/// <summary>
/// Runs sweeps of two sizes with several memory budgets and prints for each the budget, the number of variants and how far the
/// memory of the process rose above what it was before, in bytes. Linux only.
/// </summary>
internal static class MemoryProbe
{
    private const int Length = 64;
    private const int Prompts = 6;

    public static void Run()
    {
        ModelConfig config = RandomModel.Config(heads: 8, keyHeads: 8, head: 32) with
        {
            NLayers = 6,
            DModel = 256,
            DMlp = 1024,
            DVocab = 1000,
            NCtx = Length,
        };
        TransformerModel model = RandomModel.Create(config, 1);
        var batch = new TokenBatch(Enumerable.Range(0, Prompts).Select(i => RandomModel.Tokens(Length, i, 1000)));
        var zeros = new TensorValue([Length, 256], new float[Length * 256]);

        // Memory that an earlier sweep left behind counts, so budgets ascend.
        Sweep(16, 1);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Reset();
        foreach (long budget in new long[] { 24 << 20, 48 << 20, 96 << 20, 192 << 20 })
        {
            foreach (int step in new[] { 4, 2 })
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
                Reset();
                int variants = Sweep(step, budget);
                Console.WriteLine($"{budget} {variants} {Status("VmHWM") - before}");
            }
        }

        int Sweep(int step, long budget)
        {
            Variant[] variants =
            [
                .. from layer in Enumerable.Range(0, config.NLayers)
                   from position in Enumerable.Range(0, Length / step)
                   from s in Enumerable.Range(0, Prompts)
                   select new Variant(s, [new Patch(Hook.ResidPre(layer), zeros, Scope.At(position * step))]),
            ];
            var options = new VariantOptions
            {
                MemoryBudget = budget,
                Tokens = LogitTokens.Of([.. Enumerable.Repeat((IReadOnlyList<int>)[1, 2], Prompts)]),
            };
            new LaneEngine().Run(model, batch, variants, options, (in VariantResult _) => { });
            return variants.Length;
        }
    }

    /// <summary>Lets the highest memory start anew from the present one, which is returned.</summary>
    public static long Reset()
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Status("VmRSS");
    }

    /// <summary>A number of /proc/self/status in bytes.</summary>
    public static long Status(string name) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal),
        System.Globalization.CultureInfo.InvariantCulture);
}
