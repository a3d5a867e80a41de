// Ablation: which heads does the answer need? Zero ablation, then resampling from another prompt.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    PromptPair pair = example.Pair;
    var options = new SweepOptions { Sites = [HookKind.Z] };
    ResultTable<AblationRow> zero = AblationSweep.Run(example.Model, [pair], options);
    Show("zero ablation", zero);

    // Resampling draws from the other prompts of the data: here, the corrupted one.
    PromptPair other = pair with { Clean = pair.Corrupted, Corrupted = [] };
    Show("resample ablation", AblationSweep.Run(example.Model, [pair, other], options, new AblationOptions { Kind = AblationKind.Resample }));
    example.Show(zero);
});

static void Show(string title, ResultTable<AblationRow> table)
{
    Console.WriteLine($"{title}: change of the logit difference of the first prompt");
    foreach (AblationRow row in table.Where(row => row.Prompt == 0).OrderByDescending(row => Math.Abs(row.Effect ?? 0)).Take(3))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  L{row.Layer}H{row.Head}  {row.Effect:F3}"));
    }
}
